"""Part of `driver`: how long the panel holds up PyMOL's window.

PyMOL's own drawing is what its ``draw`` and ``idle`` and the paint events of its widget take, which end with
the copy of what was drawn to the screen; `watch` counts it apart.
"""

from __future__ import annotations

import importlib
import time
from functools import partial
from pathlib import Path

import panel_driver
from pymol import gui
from pymol.Qt import QtCore, QtWidgets

_TICK = 5  # ms


class _Watch:
    def __init__(self):
        self.own = 0.0  # seconds that PyMOL took for itself
        self.is_inside = False  # of what is counted as PyMOL's own
        self.ticks = []
        self.actions = []
        self.timer = QtCore.QTimer()
        self.timer.setTimerType(QtCore.Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.tick)
        self.script = QtCore.QTimer()
        self.script.timeout.connect(self.act)
        self.steps = iter(())
        self.errors = []

    def tick(self):
        self.ticks.append((time.perf_counter(), self.own, len(self.actions)))

    def act(self):
        try:
            name, step = next(self.steps)
            self.actions.append(name)
            step()
        except StopIteration:
            self.script.stop()
        except Exception as error:  # noqa: BLE001 - told at the end
            self.errors.append(repr(error))


_watch = _Watch()


def watch():
    """Count PyMOL's own drawing from now on."""
    widget = gui.get_qtwindow().pymolwidget
    for instance, name in ((widget.pymol, "draw"), (widget.pymol, "idle"), (widget, "event")):
        function = getattr(instance, name)
        if not hasattr(function, "is_watched"):
            setattr(instance, name, _count(function))


def _count(function):
    def counted(*args):
        is_other = args and isinstance(args[0], QtCore.QEvent) and args[0].type() not in _PAINTS
        if is_other or _watch.is_inside:
            return function(*args)
        _watch.is_inside = True
        started = time.perf_counter()
        try:
            return function(*args)
        finally:
            _watch.own += time.perf_counter() - started
            _watch.is_inside = False

    counted.is_watched = True
    return counted


_PAINTS = (QtCore.QEvent.Type.Paint, QtCore.QEvent.Type.UpdateRequest)


def _finish(panel):
    """Do what the panel has put off, without PyMOL's own drawing; the longest piece, in ms."""
    longest = 0.0
    while panel.turns.is_busy:
        started = time.perf_counter()
        panel.turns._run_next()
        longest = max(longest, time.perf_counter() - started)
    return 1000 * longest


def opening(selection=""):
    """Milliseconds until the panel is there and painted for the first time."""
    from pymol import cmd

    started = time.perf_counter()
    cmd.do(f"provis_panel {selection}", echo=0)
    while panel_driver._opener().dock is None:
        QtWidgets.QApplication.processEvents()
    QtWidgets.QApplication.processEvents()
    return 1000 * (time.perf_counter() - started)


def slider(n):
    """Milliseconds of each of n moves: our part until cylinders and panel are done, and PyMOL's repaint."""
    panel = panel_driver._panel()
    widget = gui.get_qtwindow().pymolwidget
    ours, theirs = [], []
    for step in range(n):
        started = time.perf_counter()
        panel.inspector.choose.options(min_attn=0.02 + 0.0005 * step)
        _finish(panel)
        ours.append(1000 * (time.perf_counter() - started))
        started = time.perf_counter()
        widget.repaint()
        theirs.append(1000 * (time.perf_counter() - started))
        QtWidgets.QApplication.processEvents()
    return ours, theirs, panel.inspector.readings.edges.n_edges


def heads(n):
    """Milliseconds of each of n switches in all, and of the longest piece of each."""
    from provis_core.attention.head_id import HeadId

    panel = panel_driver._panel()
    total, longest = [], []
    for step in range(n):
        started = time.perf_counter()
        panel.inspector.choose.head(HeadId(step % 12, step % 4))
        first = 1000 * (time.perf_counter() - started)
        longest.append(max(first, _finish(panel)))
        total.append(1000 * (time.perf_counter() - started))
        QtWidgets.QApplication.processEvents()
    return total, longest


def hover(n):
    """Milliseconds from the mouse over the map to words and cross on the screen."""
    panel = panel_driver._panel()
    canvas = panel.map.canvas
    side = len(panel.inspector.target.sequence_map.sequence) - 10
    took = []
    for step in range(n):
        place = canvas.to_widget(canvas.drawing.axes, 5 + 9.7 * step % side, 3 + 7.3 * step % side)
        started = time.perf_counter()
        canvas.hovered.emit(place)
        canvas.repaint()
        panel.map.words.repaint()
        took.append(1000 * (time.perf_counter() - started))
    assert "->" in panel.map.words.text()
    return took


def save(path):
    """Begin to save all pictures, as the button does after its dialog."""
    panel = panel_driver._panel()
    package = type(panel).__module__.rpartition(".")[0]
    saving = importlib.import_module(f"{package}.saving")
    saving.write_figure(panel, path, ("grid", "map", "profile"), "double")


def switch_chain(place):
    """Choose a chain above the pictures, as the mouse does."""
    box = panel_driver._panel().top_bar.chain
    box.setCurrentIndex(place)
    box.activated.emit(place)


def start_run(seconds, folder, pause=150):
    """Let a script of all that a user does run by itself, one action each `pause` ms."""
    _start(_steps(seconds, Path(folder)), pause)


def start_one(name, *args):
    """The same with one action, ``save`` or ``switch_chain``."""
    _start(iter([(name, partial(globals()[name], *args))]), 50)


def _start(steps, pause):
    _watch.ticks, _watch.actions, _watch.errors = [], [], []
    _watch.steps = steps
    watch()
    _watch.timer.start(_TICK)
    _watch.script.start(pause)


def is_running():
    return _watch.script.isActive()


def run_report():
    """The longest gaps between two ticks without PyMOL's own drawing, in ms, with what was done before."""
    _watch.timer.stop()
    gaps = []
    for (before, own, _), (after, own_after, n) in zip(_watch.ticks, _watch.ticks[1:]):  # noqa: B905
        name = _watch.actions[n - 1] if n else ""
        whole = 1000 * (after - before)
        gaps.append((whole - 1000 * (own_after - own), whole, name))
    gaps.sort(reverse=True)
    return {
        "gaps": gaps[:12],
        "n_actions": len(_watch.actions),
        "errors": _watch.errors,
        "n_ticks": len(gaps),
    }


def _steps(seconds, folder):
    from pymol import cmd

    from provis_core.attention.head_id import HeadId

    panel = panel_driver._panel()
    inspector, canvas = panel.inspector, panel.map.canvas
    side = len(inspector.target.sequence_map.sequence) - 10
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        count += 1
        yield "save PNG", partial(save, folder / f"{count}.png")
        yield "head", partial(inspector.choose.head, HeadId(count % 12, count % 4))
        for step in range(8):
            yield "slider", partial(panel.controls.threshold.setValue, 60 + 3 * step)
        for step in range(6):
            place = canvas.to_widget(canvas.drawing.axes, 20 + side * step / 9, side * (4 + step / 10) / 9)
            yield "hover", partial(canvas.hovered.emit, place)
        for key in (QtCore.Qt.Key.Key_Right, QtCore.Qt.Key.Key_Down, QtCore.Qt.Key.Key_Left):
            yield "arrow key", partial(_press, panel.grid.canvas, key)
        yield "second head", partial(inspector.choose.head, HeadId(0, count % 4), True)
        yield "one head", partial(inspector.choose.head, HeadId(3, count % 4))
        while panel.inspector.loader.is_awaited("figure"):
            yield "the PNG comes", _wait
        yield "save PDF", partial(save, folder / f"{count}.pdf")
        for place in (1, 0):
            yield "chain", partial(switch_chain, place)
            while panel.inspector.status.is_busy or panel.turns.is_busy:
                yield "the chain comes", _wait
        yield "box", partial(inspector.choose.box, slice(side // 10, side // 5), slice(side // 3, side // 2))
        yield "no box", inspector.choose.no_box
        for factor in (1.25, 1.25, 1.25, 0.8):
            yield "zoom", partial(canvas.zoom, factor)
        yield "all", canvas.reset_zoom
        for value in ("log", "percentile", "linear"):
            yield f"scale {value}", partial(panel_driver.choose, "map", "scale", value)
        for value in ("max", "directed"):
            yield f"direction {value}", partial(panel_driver.choose, "map", "direction", value)
        for name in [one.name for one in inspector.readings.metrics]:
            yield f"metric {name}", partial(inspector.choose.metric, name)
        yield "selection", partial(cmd.select, "sele", "resi 100-150")
        yield "no selection", cmd.deselect
        yield "colours", partial(panel_driver.choose, "profile", "color", "received")
        yield "own colours", partial(panel_driver.choose, "profile", "color", "")
        for k in (1, 2, 0):
            yield f"tab {k}", partial(panel.details.setCurrentIndex, k)
        for k in (1, 0):
            yield f"maps {k}", partial(panel.heads.setCurrentIndex, k)
        yield "palette", partial(inspector.choose.options, palette="viridis" if count % 2 else "blue_orange")
        yield "width", partial(panel_driver._opener().dock.resize, 1000 - 10 * (count % 2), 850)
        yield "all pairs", partial(inspector.choose.options, top=1000, min_attn=0.05)
        yield "settle", inspector.settle


def _wait():
    pass


def _press(widget, key):
    from pymol import Qt

    if Qt.PYQT_NAME == "PyQt5":
        from PyQt5.QtTest import QTest
    else:
        from PyQt6.QtTest import QTest
    QTest.keyClick(widget, key)
