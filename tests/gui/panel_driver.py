"""Part of `driver`: where the things of the panel are on the screen, and what they show."""

from __future__ import annotations

import sys


def _opener():
    return sys.modules["pmg_tk.startup.provis_plugin.entry"].explorer.open_panel


def _panel():
    return _opener().dock.panel


def is_open():
    return _opener().dock is not None


def move(x, y, width, height):
    """Put the floating panel somewhere on the screen."""
    _opener().dock.setGeometry(x, y, width, height)


def close():
    _opener().dock.close()


def is_settled():
    """Whether nothing is awaited and everything is painted."""
    panel = _panel()
    return not panel.turns.is_busy and not panel._inspector.status.is_busy


def state():
    """What the user reads in the panel, and what is drawn."""
    panel, inspector = _panel(), _panel()._inspector
    return {
        "head": inspector.head.label,
        "min_attn": inspector.options.min_attn,
        "n_edges": inspector.edges.n_edges if inspector.edges is not None else 0,
        "marks": [int(k) for k in inspector.marks.nonzero()[0]],
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


def threshold_place():
    return _panel().controls.threshold.value()


def n_live():
    """Panels, timers and docks of ours that are alive."""
    import gc

    gc.collect()
    names = [type(one).__name__ for one in gc.get_objects()]
    return {name: names.count(name) for name in ("Panel", "PanelDock", "Turns", "GridCanvas", "MapCanvas")}
