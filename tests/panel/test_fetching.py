"""Fetching a model from the panel: the dialog, the progress, the end."""

from __future__ import annotations

import contextlib
import shutil
import sys
from concurrent.futures import Future

import pytest

from plugin.panel import fetching
from plugin.panel.fetching import FetchDialog, list_offers
from provis_core.checkpoints import store
from provis_core.errors import CheckpointError, JobCancelledError
from provis_core.session.fetching import ModelFetcher
from tests.models.local_hub import LocalHub


class Coming(Future):
    """A fetch that goes on until the test ends it."""

    progress = "3 of 31 MB"

    def cancel(self):
        self.set_exception(JobCancelledError("esm2_8m was stopped", "", "Fetch it again"))
        return True


@pytest.fixture
def coming(bench, monkeypatch):
    """The fetches that were begun, by their model."""
    begun = {}

    def start(entry, python, on_line):
        begun[entry.name] = Coming()
        return begun[entry.name]

    bench.app.session.settings.set("worker_python", sys.executable)
    bench.app.fetcher = ModelFetcher(bench.app.session, start)
    monkeypatch.setattr(FetchDialog, "exec", _choose, raising=False)
    bench.open()
    return begun


def _choose(dialog):
    rows = [dialog.models.item(row).text() for row in range(dialog.models.count())]
    (row,) = [row for row, text in enumerate(rows) if text.startswith("esm2_8m:")]
    dialog.models.setCurrentRow(row)
    return 1


def _begin(bench):
    box = bench.panel.top_bar.model
    box.setCurrentIndex(box.findText("Fetch a model…"))
    box.activated.emit(box.currentIndex())
    return box


def test_the_dialog_says_size_and_licence(qtbot):
    dialog = FetchDialog()
    qtbot.addWidget(dialog)
    rows = [dialog.models.item(row).text() for row in range(dialog.models.count())]
    assert len(rows) == len(list_offers()) > 10
    assert "esm2_8m: 31.4 MB, licence MIT" in rows
    (place,) = [row for row, text in enumerate(rows) if text.startswith("ankh_base:")]
    dialog.models.setCurrentRow(place)
    assert dialog.chosen == "ankh_base"
    assert "not for commercial use" in dialog.note.text()


def test_a_model_that_was_fetched_can_be_chosen(bench, coming):
    bar, before = bench.panel.top_bar, bench.inspector.entry
    box = _begin(bench)
    assert list(coming) == ["esm2_8m"]
    assert box.currentText() == before.name
    assert bar.state.text() == "fetching esm2_8m: 3 of 31 MB"
    coming["esm2_8m"].progress = "30 of 31 MB"
    bench.qtbot.waitUntil(lambda: bar.state.text() == "fetching esm2_8m: 30 of 31 MB")
    assert bar.stop.text() == "Stop" and bar.stop.isEnabled()
    folder = store.models_dir() / "esm2_8m"
    shutil.copytree(before.folder, folder)
    with contextlib.closing(LocalHub()) as hub:
        hub.pass_for_esm2()  # its registered name asks for its letters
        for name in ("config.json", "vocab.txt"):
            (folder / name).write_bytes(hub.files[name])
    files = {
        path.name: {"size": path.stat().st_size, "sha256": store.hash_file(path)} for path in folder.iterdir()
    }
    store.write_manifest(folder, store.Manifest("esm2_8m", "lab/x", "c0", files, {}))
    coming["esm2_8m"].set_result(folder)
    bench.settle()
    bench.qtbot.waitUntil(lambda: box.findText("esm2_8m") >= 0)
    assert bar.state.text().startswith("worker: ")
    assert bench.inspector.entry.folder == before.folder  # nobody has chosen it yet
    box.setCurrentIndex(box.findText("esm2_8m"))
    box.activated.emit(box.currentIndex())
    bench.settle()
    assert bench.inspector.entry.name == "esm2_8m"


def test_stop_stops_it_and_a_failure_is_told(bench, coming):
    bar = bench.panel.top_bar
    _begin(bench)
    bar.stop.click()
    assert coming["esm2_8m"].done()
    bench.settle()
    bench.qtbot.waitUntil(lambda: "esm2_8m was stopped" in bench.panel.message.text())
    _begin(bench)
    coming["esm2_8m"].set_exception(CheckpointError("No answer", "A network is needed", "Try again later"))
    bench.qtbot.waitUntil(lambda: "No answer" in bench.panel.message.text())


def test_who_closes_the_dialog_fetches_nothing(bench, coming, monkeypatch):
    monkeypatch.setattr(fetching.FetchDialog, "exec", lambda dialog: 0)
    box = _begin(bench)
    assert coming == {}
    assert box.currentText() == bench.inspector.entry.name
