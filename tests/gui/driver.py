"""Runs inside PyMOL, on its GUI thread: does what a test asks for over a socket.

Each request is a line of JSON, ``{"call": "type_line", "args": [...], "kwargs": {...}}``, and each answer is
one, ``{"value": ...}`` or ``{"error": "..."}``. A call is a function of this file, or something that can be
reached from `cmd`, `window` or `app`, such as ``cmd.get_names``. When the test goes, PyMOL goes.
"""

import functools
import json
import os
import pathlib
import socket
import sys
import time
import traceback

import pymol
from pymol import cmd, gui
from pymol.Qt import QtCore, QtWidgets

if pymol.Qt.PYQT_NAME == "PyQt5":
    from PyQt5 import QtTest
else:
    from PyQt6 import QtTest

sys.path.insert(0, str(pathlib.Path(sys._getframe().f_code.co_filename).parent))
import panel_driver as panel  # noqa: F401 - tests call its functions
import panel_timing as timing  # noqa: F401 - so do benchmarks

window = gui.get_qtwindow()
app = sys.modules["pmg_tk.startup.provis_plugin.entry"].app if "provis_attn" in cmd.keyword else None


def ping():
    """What runs here."""
    return {"pid": os.getpid(), "pymol": cmd.get_version()[0], "plugin": app is not None}


# -- what a user does -----------------------------------------------------------------------------------


def type_line(text):
    """Type a line into the console and press Return; the seconds until PyMOL gives control back."""
    window.lineedit.setFocus()
    QtTest.QTest.keyClicks(window.lineedit, text)
    return press_return()


def press_return():
    """Give the line that stands in the console; the seconds until PyMOL gives control back."""
    started = time.perf_counter()
    QtTest.QTest.keyClick(window.lineedit, QtCore.Qt.Key.Key_Return)
    return time.perf_counter() - started


def type_line_soon(text):
    """The same when this request has been answered: for a line that keeps PyMOL busy."""
    QtCore.QTimer.singleShot(0, functools.partial(type_line, text))


def where_is_console():
    """The place of the console's line on the screen, in pixels."""
    point = window.lineedit.mapToGlobal(window.lineedit.rect().center())
    return point.x(), point.y()


def where_is_viewport():
    """The middle of the picture of the structure on the screen, in pixels."""
    widget = window.pymolwidget
    width, height = cmd.get_viewport()
    ratio = widget.devicePixelRatioF()
    point = widget.mapToGlobal(QtCore.QPoint(round(width / 2 / ratio), 0))
    bottom = widget.mapToGlobal(QtCore.QPoint(0, widget.height())).y()
    return point.x(), round(bottom - height / 2 / ratio) - 18


def color_on_screen(x, y):
    """Red, green and blue of a pixel, 0 to 255."""
    image = QtWidgets.QApplication.primaryScreen().grabWindow(0, x, y, 1, 1).toImage()
    return image.pixelColor(0, 0).getRgb()[:3]


def trigger(label):
    """Choose an entry of the menu Plugin > ProVis."""
    for action in _provis_menu().actions():
        if action.text() == label:
            action.trigger()
            return
    raise LookupError(label)


def quit_by_menu():
    """File > Quit, when this request has been answered."""
    for action in _menu_actions(window.menuBar()):
        if action.text().replace("&", "") == "Quit":
            QtCore.QTimer.singleShot(0, action.trigger)
            return
    raise LookupError("Quit")


# -- what a user sees -----------------------------------------------------------------------------------


def console():
    """The text in the console, with what PyMOL has not yet put there."""
    window.update_feedback()
    return window.browser.toPlainText()


def clear_console():
    console()
    window.browser.clear()


def menus():
    """The labels in the menu Plugin, and those in its part ProVis."""
    return (
        [action.text() for action in window.menudict["PluginQt"].actions()],
        [action.text() for action in _provis_menu().actions() if not action.isSeparator()],
    )


def save_screenshot(path):
    """The whole window as it is on the screen."""
    screen = window.screen() if hasattr(window, "screen") else QtWidgets.QApplication.primaryScreen()
    frame = window.frameGeometry()
    image = screen.grabWindow(0, frame.x(), frame.y(), frame.width(), frame.height())
    image.save(path)


def _provis_menu():
    for action in window.menudict["PluginQt"].actions():
        if action.text() == "ProVis" and action.menu() is not None:
            return action.menu()
    raise LookupError("there is no menu Plugin > ProVis")


def _menu_actions(menu):
    for action in menu.actions():
        if action.menu() is not None:
            yield from _menu_actions(action.menu())
        else:
            yield action


# -- what a test knows besides --------------------------------------------------------------------------


def session():
    """Names and types of all objects, and what is enabled."""
    names = cmd.get_names("all")
    return {name: [cmd.get_type(name), name in cmd.get_names("all", enabled_only=1)] for name in names}


def cgo_floats(name):
    """The numbers of a drawing, as PyMOL keeps them."""
    entry = next(item for item in cmd.get_session(name, partial=1)["names"] if item and item[0] == name)
    return entry[5][2][0][0][1]


def jobs():
    """Labels of the jobs that go on."""
    return [job.label for job in app.session.jobs]


def worker_stage():
    return app.session.worker.stage.value


def loaded_modules(names):
    """Which of some modules PyMOL has imported."""
    return [name for name in names if name in sys.modules]


def plugin_load_seconds():
    """What PyMOL measured when it loaded the plugin."""
    return pymol.plugins.plugins["provis_plugin"].loadtime


def make_chain(n_residues, name, drawn="lines", chains="A", n_atoms=4):
    """Long chains beside each other, made of letters that follow each other as in a real protein.

    The sequence of the second begins with the second letter. A residue has `n_atoms` atoms: 4 without side
    chain, 8 as in a real protein.
    """
    letters = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVVHSLAKWKR"
    three = dict(zip("ACDEFGHIKLMNPQRSTVWY", _THREE.split(), strict=True))
    lines = []
    for number, chain in enumerate(chains):
        for index in range(n_residues):
            turn = index * 1.745  # an ideal helix
            where = [2.3 * _cos(turn) + 40 * number, 2.3 * _sin(turn), index * 1.5]
            residue = three[letters[(number + index) % len(letters)]]
            for atom, shift in _ATOMS[:n_atoms]:
                x, y, z = where[0] + shift, where[1] + shift, where[2] + shift
                lines.append(
                    f"ATOM  {len(lines) + 1:5d}  {atom:<3s} {residue} {chain}"
                    f"{index + 1:4d}    {x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00           {atom[0]}"
                )
    cmd.read_pdbstr("\n".join([*lines, "END"]), name)
    cmd.hide("everything", name)
    cmd.show(drawn, name)


_ATOMS = (
    ("N", -0.5), ("CA", 0.0), ("C", 0.5), ("O", 0.9), ("CB", 1.3), ("CG", 1.7), ("CD", 2.1), ("CE", 2.5),
)  # fmt: skip
_THREE = "ALA CYS ASP GLU PHE GLY HIS ILE LYS LEU MET ASN PRO GLN ARG SER THR VAL TRP TYR"


def _cos(angle):
    import math

    return math.cos(angle)


def _sin(angle):
    import math

    return math.sin(angle)


def break_viewer():
    """Make the next line that ProVis writes fail with an error that is not its own.

    With Python's own hook, an error that leaves a slot of PyQt ends the program; PyMOL sets another one.
    """
    hook, sys.excepthook = sys.excepthook, sys.__excepthook__

    def write(text):
        del app.session.viewer.write
        QtCore.QTimer.singleShot(1000, functools.partial(setattr, sys, "excepthook", hook))
        raise RuntimeError("broken on purpose")

    app.session.viewer.write = write


# -- a clock that ticks on the GUI thread ---------------------------------------------------------------

_ticks = []
_timer = QtCore.QTimer()
_timer.setTimerType(QtCore.Qt.TimerType.PreciseTimer)
_timer.timeout.connect(lambda: _ticks.append(time.perf_counter()))


def start_ticking(milliseconds=50):
    _ticks[:] = [time.perf_counter()]
    _timer.start(milliseconds)


def stop_ticking():
    """The times of the ticks, in seconds."""
    _timer.stop()
    return list(_ticks)


def n_ticks():
    return len(_ticks)


# -- the line to the test -------------------------------------------------------------------------------


class Line(QtCore.QObject):
    """Takes requests whenever the event loop runs, also inside of a command that waits."""

    def __init__(self, path):
        super().__init__()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._rest = b""
        self._notifier = QtCore.QSocketNotifier(self._socket.fileno(), QtCore.QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._read)
        self._send({"value": ping()})

    def _read(self, _):
        data = self._socket.recv(1 << 16)
        if not data:
            os._exit(3)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._send(_answer(json.loads(line)))

    def _send(self, answer):
        self._socket.sendall(json.dumps(answer, default=repr).encode() + b"\n")


def _answer(request):
    try:
        first, *rest = request["call"].split(".")
        function = functools.reduce(getattr, rest, globals()[first])
        return {"value": function(*request["args"], **request["kwargs"])}
    except Exception:  # noqa: BLE001 - the test shows it
        return {"error": traceback.format_exc()}


line = Line(os.environ["PROVIS_TEST_SOCKET"])
