"""A panel over a viewer and a worker that live in memory."""

from __future__ import annotations

from pathlib import Path

from plugin.panel import PanelOpener
from plugin.panel.qt import QtWidgets
from provis_core.app import App
from provis_core.structures.linking import LINKER
from tests.core.fakes import FakeViewer, make_chain
from tests.core.inspecting import MapWorker, make_app, make_maps, wait
from tests.patience import PATIENCE

__all__ = ["LETTERS", "Bench"]

LETTERS = "ACDEFGACDEFGACDEFGACDEFGACDEFG"
OTHER = "GGACDEFG"


class Bench:
    """A window with a panel in it, and what is behind them.

    Parameters
    ----------
    qtbot : pytestqt.qtbot.QtBot
    folder : pathlib.Path
    model : pathlib.Path
        A checkpoint of 2 layers x 2 heads.
    """

    def __init__(self, qtbot, folder: Path, model: Path) -> None:
        self.qtbot = qtbot
        self.viewer = FakeViewer(make_chain(LETTERS), make_chain(OTHER, "B"))
        both = LETTERS + LINKER + OTHER
        answers = {letters: make_maps(len(letters), k) for k, letters in enumerate((LETTERS, OTHER, both))}
        self.worker = MapWorker(folder, answers)
        self.app: App = make_app(folder, self.viewer, self.worker, model)
        self.window = QtWidgets.QMainWindow()
        self.window.resize(1200, 900)
        self.opener = PanelOpener(self.app, lambda: self.window)
        qtbot.addWidget(self.window)
        self.window.show()

    def open(self):
        """Open the panel and wait until all has come and is painted."""
        dock = self.opener()
        self.settle()
        return dock

    @property
    def panel(self):
        return self.opener.dock.panel

    @property
    def inspector(self):
        return self.app.inspector

    def settle(self) -> None:
        """Until nothing is awaited and nothing waits for its turn."""
        wait(self.app.session)
        self.qtbot.waitUntil(
            lambda: self.opener.dock is None or not self.panel.turns.is_busy, timeout=1000 * PATIENCE
        )

    def close(self) -> None:
        if self.opener.dock is not None:
            self.opener.dock.close()
        self.app.close()
