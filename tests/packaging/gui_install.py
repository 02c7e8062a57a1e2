"""Runs inside a PyMOL with a window: installs a zip as its Plugin Manager does, and answers the boxes.

Arguments: the zip, and the file to write what was seen to, as JSON.
"""

import json
import sys
from pathlib import Path

from pymol import cmd, gui
from pymol.plugins import installation
from pymol.Qt import QtCore, QtWidgets

archive, report = sys.argv[1:3]
boxes = []


def answer():
    """Press the button that a hopeful user would press."""
    box = QtWidgets.QApplication.activeModalWidget()
    if isinstance(box, QtWidgets.QMessageBox):
        boxes.append(box.text())
        wanted = QtWidgets.QMessageBox.StandardButton
        button = box.button(wanted.Yes) or box.button(wanted.Ok)
        button.click()


def install():
    installation.installPluginFromFile(archive, plugdir=installation.get_default_user_plugin_path())
    menu = gui.get_qtwindow().menudict["PluginQt"]
    seen = {
        "boxes": boxes,
        "commands": sorted(name for name in cmd.keyword if name.startswith("provis_")),
        "menu": [action.text() for action in menu.actions()],
        "modules": sorted({"torch", "transformers", "matplotlib"} & set(sys.modules)),
    }
    Path(report).write_text(json.dumps(seen))
    cmd.quit()


timer = QtCore.QTimer()
timer.timeout.connect(answer)
timer.start(200)
QtCore.QTimer.singleShot(500, install)
