"""Part of `driver`: where the things of the panel are on the screen, and what they show."""

from __future__ import annotations

import sys


def _opener():
    return sys.modules["pmg_tk.startup.provis_plugin.entry"].app.open_panel


def _panel():
    return _opener().dock.panel


def is_open():
    return _opener().dock is not None


def move(x, y, width, height):
    """Let the panel float somewhere on the screen, with both of its halves."""
    _panel().show_map_alone(False)  # as it opens beside a low window
    _opener().dock.setFloating(True)
    _opener().dock.setGeometry(x, y, width, height)


def show_map_alone(alone):
    _panel().show_map_alone(alone)


def close():
    _opener().dock.close()


def is_settled():
    """Whether nothing is awaited and everything is painted."""
    panel = _panel()
    return not panel.turns.is_busy and not panel.inspector.status.is_busy


def best_words():
    """What is said above the grid."""
    return _panel().grid.best.text()


def state():
    """What the user reads in the panel, and what is drawn."""
    panel, inspector = _panel(), _panel().inspector
    return {
        "head": inspector.state.head.label,
        "min_attn": inspector.state.options.min_attn,
        "n_edges": inspector.readings.edges.n_edges if inspector.readings.edges is not None else 0,
        "marks": [int(k) for k in inspector.stage.pointer.marks.nonzero()[0]],
        "message": panel.message.text(),
        "status": panel.top_bar.state.text(),
        "head_words": panel.grid.words.text(),
        "pair_words": panel.map.words.text(),
        "n_rows": panel.pairs.table.model.rowCount(),
        "chain": panel.top_bar.chain.currentText(),
        "grid_note": panel.grid.canvas._note,
        "commands": inspector.command(),
    }


def _on_screen(widget, x, y):
    from pymol.Qt import QtCore

    point = widget.mapToGlobal(QtCore.QPoint(round(x), round(y)))
    return point.x(), point.y()


def where_is_head(layer, head):
    """The middle of a cell of the grid, 0-based."""
    canvas = _panel().grid.canvas
    return _on_screen(canvas, *canvas.to_widget(canvas.drawing.axes, head, layer))


def where_is_pair(query, key):
    """The middle of a cell of the map, residue indices."""
    canvas = _panel().map.canvas
    return _on_screen(canvas, *canvas.to_widget(canvas.drawing.axes, key, query))


def where_is_threshold(place):
    """Where the handle of the slider is for one of its values."""
    slider = _panel().controls.threshold
    share = place / slider.maximum()
    return _on_screen(slider, 6 + share * (slider.width() - 12), slider.height() / 2)


def where_is(*names):
    """The middle of a widget: ``where_is("actions_bar", "clear")``."""
    widget = _panel()
    for name in names:
        widget = getattr(widget, name)
    return _on_screen(widget, widget.width() / 2, widget.height() / 2)


def where_is_check_box(*names):
    """The box itself, at the left of its words."""
    widget = _panel()
    for name in names:
        widget = getattr(widget, name)
    return _on_screen(widget, widget.height() / 2, widget.height() / 2)


def where_is_dialog(name):
    """The middle of a field of the dialog for figures."""
    field = getattr(_dialog(), name)
    return _on_screen(field, field.width() / 2, field.height() / 2)


def has_dialog():
    return _dialog() is not None


def _dialog():
    from pymol.Qt import QtWidgets

    shown = [
        one for one in _panel().findChildren(QtWidgets.QDialog) if one.isVisible() and hasattr(one, "path")
    ]
    return shown[0] if shown else None


def set_floating(floats):
    """Float, or dock into PyMOL's window."""
    _opener().dock.setFloating(floats)


def where_is_title():
    """The middle of the title bar of the docked panel."""
    dock = _opener().dock
    return _on_screen(dock, dock.width() / 2, dock.widget().y() / 2)


def sizes():
    """Widths and heights: PyMOL's window, and the panel."""
    from pymol import gui

    window, dock = gui.get_qtwindow(), _opener().dock
    return {"window": [window.width(), window.height()], "panel": [dock.width(), dock.height()]}


def is_docked():
    dock = _opener().dock
    return not dock.isFloating() and dock.window() is not dock


def threshold_place():
    return _panel().controls.threshold.value()


def n_live():
    """Panels, timers and docks of ours that are alive."""
    import gc

    gc.collect()
    names = [type(one).__name__ for one in gc.get_objects()]
    return {name: names.count(name) for name in ("Panel", "PanelDock", "Turns", "GridCanvas", "MapCanvas")}


# -- for pictures ---------------------------------------------------------------------------------------


def do(name, *args):
    """Choose something in the inspector; heads are written like ``"5-3"``, ranges like ``[4, 9]``."""
    from provis_core.attention.head_id import HeadId

    values = [HeadId.parse(one) if isinstance(one, str) and "-" in one else one for one in args]
    values = [slice(*one) if isinstance(one, list) else one for one in values]
    return getattr(_panel().inspector.choose, name)(*values)


def change(**options):
    """Options of the drawing."""
    _panel().inspector.choose.options(**options)
    _panel().inspector.settle()


def show_tab(tabs, place):
    """``show_tab("heads", 1)``."""
    getattr(_panel(), tabs).setCurrentIndex(place)


def choose(view, box, value):
    """Choose in one of the lists: ``choose("map", "scale", "log")``."""
    widget = getattr(getattr(_panel(), view), box)
    widget.setCurrentIndex(widget.findData(value))
    widget.activated.emit(widget.currentIndex())


def zoom_map(factor, across, down):
    _panel().map.canvas.zoom(factor, (across, down))


def use_dark_palette():
    """As a desktop in dark mode gives it to its programs."""
    from pymol.Qt import QtGui, QtWidgets

    dark, role = QtGui.QPalette(), QtGui.QPalette.ColorRole
    for name, color in (
        ("Window", "#2b2b2b"), ("WindowText", "#e6e6e6"), ("Base", "#1e1e1e"), ("AlternateBase", "#262626"),
        ("Text", "#e6e6e6"), ("Button", "#3a3a3a"), ("ButtonText", "#e6e6e6"), ("BrightText", "#ffffff"),
        ("Highlight", "#2a82da"), ("HighlightedText", "#ffffff"), ("ToolTipBase", "#2b2b2b"),
        ("ToolTipText", "#e6e6e6"), ("Mid", "#505050"), ("PlaceholderText", "#8a8a8a"),
    ):  # fmt: skip
        dark.setColor(getattr(role, name), QtGui.QColor(color))
    QtWidgets.QApplication.instance().setStyle("Fusion")
    QtWidgets.QApplication.instance().setPalette(dark)


def save_picture(path):
    """The panel alone, with what is painted over its pictures."""
    return _opener().dock.grab().save(path)
