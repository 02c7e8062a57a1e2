"""The panel under another binding than that of the test run: ``python smoke.py PySide6``.

It runs in a process of its own.

PyMOL is not there, so the package `plugin` is entered beside its own `__init__`, which would ask for it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
import types
from pathlib import Path

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


def main(binding: str) -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_API"] = binding.lower()
    sys.path.insert(0, str(ROOT))
    plugin = types.ModuleType("plugin")
    plugin.__path__ = [str(ROOT / "plugin")]
    sys.modules["plugin"] = plugin
    errors: list[str] = []
    sys.excepthook = lambda kind, error, trace: errors.append(f"{kind.__name__}: {error}")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["PROVIS_HOME"] = str(folder / "provis")
        _run(binding, folder, errors)
    print(json.dumps({"binding": binding, "errors": errors}))


def _run(binding: str, folder: Path, errors: list[str]) -> None:
    from plugin.panel import PanelOpener, qt
    from plugin.panel.qt import Qt, QtCore, QtGui, QtWidgets
    from plugin.panel.saving import FigureDialog, write_figure
    from provis_core.structures.linking import LINKER
    from tests.core.fakes import FakeViewer, make_chain
    from tests.core.inspecting import MapWorker, make_app, make_maps, wait

    assert binding == qt.BINDING, qt.BINDING
    test = importlib.import_module(f"{binding}.QtTest").QTest
    app = QtWidgets.QApplication([])
    model = folder / "tiny"
    model.mkdir()
    config = {
        "model_type": "bert", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
        "max_position_embeddings": 64, "vocab_size": 30,
    }  # fmt: skip
    (model / "config.json").write_text(json.dumps(config))
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"LAGVESIKRDTPNQFYMHCWXUBZO"]
    (model / "vocab.txt").write_text("\n".join(tokens) + "\n")
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    (model / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))

    letters, other = "ACDEFG" * 5, "GGACDEFG"
    sequences = (letters, other, letters + LINKER + other)
    viewer = FakeViewer(make_chain(letters), make_chain(other, "B"))
    answers = {sequence: make_maps(len(sequence)) for sequence in sequences}
    provis = make_app(folder, viewer, MapWorker(folder, answers), model)
    window = QtWidgets.QMainWindow()
    window.show()
    opener = PanelOpener(provis, lambda: window)

    def settle() -> None:
        end = time.monotonic() + PATIENCE
        wait(provis.session)
        app.processEvents()
        while opener.dock is not None and opener.dock.panel.turns.is_busy:
            assert time.monotonic() < end
            app.processEvents()

    dock = opener()
    settle()
    panel, inspector = dock.panel, provis.inspector
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

    # a click in the grid, an arrow key, a click with Ctrl
    grid = panel.grid.canvas
    place = QtCore.QPoint(*map(round, grid.to_widget(grid.drawing.axes, 1, 0)))
    test.mouseClick(grid, left, none, place)
    settle()
    assert inspector.state.head == (0, 1), inspector.state.head
    test.keyClick(grid, Qt.Key.Key_Down)
    settle()
    assert inspector.state.head == (1, 1), inspector.state.head
    test.mouseClick(grid, left, Qt.KeyboardModifier.ControlModifier, place)
    settle()
    assert len(viewer.scenes) == 2

    # the slider, a box of the map, its words, the wheel, a row of the table
    panel.controls.threshold.setValue(panel.controls.threshold.value() + 40)
    settle()
    assert inspector.state.options.min_attn > 0.15
    canvas = panel.map.canvas
    corner, other = (
        QtCore.QPoint(*map(round, canvas.to_widget(canvas.drawing.axes, *pair)))
        for pair in ((2, 10), (6, 15))
    )
    test.mousePress(canvas, left, none, corner)
    move = QtGui.QMouseEvent(
        QtCore.QEvent.Type.MouseMove, QtCore.QPointF(other), QtCore.QPointF(other), left, left, none
    )
    app.sendEvent(canvas, move)
    test.mouseRelease(canvas, left, none, other)
    settle()
    assert {k for _, k in viewer.selections["provis_query"]} == set(range(10, 16))
    assert panel.map.words.text().startswith("A/ASP15 -> A/ALA7 ") or "->" in panel.map.words.text()
    canvas.zoom(2.0)
    panel.heads.setCurrentWidget(panel.thumbnails)
    for k in range(3):
        panel.details.setCurrentIndex(k)
        settle()
    panel.controls.weight.setValue(0.05)
    settle()
    panel.pairs.table.view.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    panel.pairs.table.view.clicked.emit(panel.pairs.table.model.index(0, 0))
    panel.pairs.table.copy()
    assert viewer.lines[-1].startswith(" zoom "), viewer.lines[-1]
    assert not panel.grab().toImage().isNull()

    # a check box, a choice
    linked, chain = panel.top_bar.linked, panel.top_bar.chain
    test.mouseClick(linked, left, none, linked.rect().center())
    settle()
    assert inspector.target.chain.chain_id == "A+B", inspector.target.chain.label
    chain.setCurrentIndex(1)
    chain.activated.emit(1)
    settle()
    assert inspector.target.chain.chain_id == "A", inspector.target.chain.label

    # dialogs, another palette of the host, saving, closing
    QtCore.QTimer.singleShot(100, lambda: panel.findChild(FigureDialog).reject())
    panel.actions_bar.save.click()
    panel.actions_bar.show_help()
    dark = QtGui.QPalette()
    for role in (QtGui.QPalette.ColorRole.Window, QtGui.QPalette.ColorRole.Base):
        dark.setColor(role, QtGui.QColor("#202020"))
    for role in (QtGui.QPalette.ColorRole.WindowText, QtGui.QPalette.ColorRole.Text):
        dark.setColor(role, QtGui.QColor("#f0f0f0"))
    app.setPalette(dark)
    settle()
    corner_color = QtGui.QColor(panel.map.canvas.grab().toImage().pixel(2, 2))
    assert corner_color.lightness() < 60, corner_color.name()
    write_figure(panel, folder / "figure.svg", ("map",), "single")
    settle()
    assert (folder / "figure.svg").is_file()
    dock.setFloating(False)
    settle()
    dock.close()
    assert opener.dock is None
    assert panel.message.text() == "", panel.message.text()
    assert not [line for line in viewer.warnings if "bug" in line], viewer.warnings
    provis.close()
    app.processEvents()


if __name__ == "__main__":
    main(sys.argv[1])
