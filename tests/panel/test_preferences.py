"""The window of models and preferences, and the figure of the menu: each click is its command."""

from __future__ import annotations

import json
import sys
from concurrent.futures import Future
from pathlib import Path

import pytest

from plugin.panel import WindowOpener, acting
from plugin.panel.fetching import list_offers
from plugin.panel.qt import Qt, QtWidgets
from plugin.panel.saving import FigureDialog
from provis_core.errors import JobCancelledError
from provis_core.session.fetching import ModelFetcher
from provis_core.session.settings import SETTINGS


@pytest.fixture
def windows(bench):
    opener = WindowOpener(bench.app, lambda: bench.window)
    yield opener
    if opener.preferences is not None:
        opener.preferences.close()
    bench.qtbot.waitUntil(lambda: opener.preferences is None)


@pytest.fixture
def settings(bench):
    return bench.app.session.settings


def type_into(bench, field, text):
    field.setText(text)
    bench.qtbot.keyClick(field, Qt.Key.Key_Return)


def test_every_preference_has_its_value_its_meaning_and_a_way_back(bench, windows, settings):
    settings.set("top", "50")
    windows.show_preferences()
    page = windows.preferences.preferences
    assert list(page.fields) == list(SETTINGS)
    words = [label.text() for label in page.findChildren(QtWidgets.QLabel)]
    for name, setting in SETTINGS.items():
        field = page.fields[name]
        shown = field.currentText() if setting.choices else field.text()
        assert shown == settings.text(name)
        assert page.resets[name].isEnabled() is settings.is_changed(name)
        assert bench.viewer.dialect.render(setting.help) in words
    bench.viewer.lines.clear()
    bench.qtbot.mouseClick(page.resets["top"], Qt.MouseButton.LeftButton)
    assert settings.number("top") == 200 and page.fields["top"].text() == "200"
    assert bench.viewer.lines[0] == " provis_set top, default"
    assert not page.resets["top"].isEnabled()


def test_what_is_typed_is_kept_and_what_cannot_be_is_told(bench, windows, settings):
    windows.show_preferences()
    window = windows.preferences
    fields = window.preferences.fields
    type_into(bench, fields["min_attn"], "0.05")
    assert settings.number("min_attn") == 0.05
    assert " provis_set min_attn, 0.05" in bench.viewer.lines
    assert json.loads(settings.path.read_text())["min_attn"] == 0.05
    type_into(bench, fields["min_attn"], "much")
    assert "min_attn" in window.message.text() and window.message.isVisible()
    assert fields["min_attn"].text() == "0.05"  # what is in force
    palette = fields["palette"]
    palette.setCurrentIndex(palette.findData("viridis"))
    palette.activated.emit(palette.currentIndex())
    assert settings.text("palette") == "viridis" and not window.message.isVisible()
    type_into(bench, fields["min_attn"], "")  # empty: the default
    assert not settings.is_changed("min_attn") and fields["min_attn"].text() == "0.1"


def rows_of(page):
    return [page.models.item(row).text().strip() for row in range(page.models.count())]


def choose_row(page, start):
    rows = rows_of(page)
    page.models.setCurrentRow(next(k for k, text in enumerate(rows) if text.startswith(start)))


def test_models_are_listed_with_what_is_on_disk_and_one_is_chosen(bench, windows, settings):
    windows.show_models()
    page, rows = windows.preferences.models, rows_of(windows.preferences.models)
    default = settings.text("model")
    assert any(text == "provis_mini: on this computer" for text in rows)
    assert any(text == f"★ {default}" for text in rows)
    offers = [text for text in rows if text.endswith("to be fetched")]
    assert len(offers) == len(list_offers()) and any(
        text.startswith("esm2_8m: ") and "licence" in text for text in offers
    )
    choose_row(page, "esm2_8m")
    assert not page.use.isEnabled() and page.fetch.isEnabled() and "licence" in page.note.text()
    choose_row(page, "provis_mini")
    assert not page.fetch.isEnabled()
    bench.qtbot.mouseClick(page.use, Qt.MouseButton.LeftButton)
    assert settings.text("model") == "provis_mini"
    assert " provis_model provis_mini" in bench.viewer.lines
    assert "★ provis_mini: on this computer" in rows_of(page) and not page.use.isEnabled()


def test_a_folder_is_chosen_or_refused_in_words(
    bench, windows, settings, monkeypatch, tmp_path, tiny_config_folder
):
    windows.show_models()
    page, picked = windows.preferences.models, []
    monkeypatch.setattr(QtWidgets.QFileDialog, "getExistingDirectory", lambda *_: picked[-1])
    for folder in (tmp_path, tiny_config_folder):
        picked.append(str(folder))
        bench.qtbot.mouseClick(page.folder, Qt.MouseButton.LeftButton)
        if folder is tmp_path:
            assert "config.json" in windows.preferences.message.text()
    assert settings.text("model") == str(tiny_config_folder)


def test_a_model_is_fetched_and_stopped(bench, windows, settings):
    class Coming(Future):
        progress = "3 of 31 MB"

        def cancel(self):
            self.set_exception(JobCancelledError("esm2_8m was stopped", "", "Fetch it again"))
            return True

    settings.set("worker_python", sys.executable)
    bench.app.fetcher = ModelFetcher(bench.app.session, lambda *_: Coming())
    windows.show_models()
    page = windows.preferences.models
    choose_row(page, "esm2_8m")
    bench.qtbot.mouseClick(page.fetch, Qt.MouseButton.LeftButton)
    assert " provis_fetch esm2_8m" in bench.viewer.lines
    assert page.progress.text() == "fetching esm2_8m: 3 of 31 MB" and page.stop.isEnabled()
    bench.qtbot.mouseClick(page.stop, Qt.MouseButton.LeftButton)
    assert " provis_fetch stop=1" in bench.viewer.lines
    bench.qtbot.waitUntil(lambda: not page.stop.isEnabled(), timeout=60_000)


def test_one_window_which_ends_when_it_is_closed(bench, windows):
    windows.show_models()
    first = windows.preferences
    windows.show_preferences()
    assert windows.preferences is first and first.tabs.currentIndex() == 1
    first.close()
    bench.qtbot.waitUntil(lambda: windows.preferences is None)


def test_the_figure_of_the_menu_proposes_a_name_and_is_its_command(bench, windows, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    asked, done = [], []
    bench.open()

    def run(dialog):
        asked.append(Path(dialog.path.text()).name)
        dialog.what.setCurrentIndex(dialog.what.findText("attention map"))
        return 1

    monkeypatch.setattr(FigureDialog, "exec", run, raising=False)
    monkeypatch.setattr(
        acting, "run_command", lambda command, _app, **given: done.append((command.name, given))
    )
    windows.save_figure()
    name = f"toy_A_{bench.inspector.state.head.label}.pdf"
    assert asked == [name]
    path = str(tmp_path / name)
    assert done == [("figure", {"filename": path, "what": "map", "width": "double", "wait": False})]
    assert bench.viewer.lines[-1] == f" provis_figure {path}, what=map"


@pytest.mark.parametrize("answer", [True, False])
def test_a_file_is_not_overwritten_without_a_question(bench, monkeypatch, tmp_path, answer):
    buttons, questions = QtWidgets.QMessageBox.StandardButton, []

    def ask(_parent, _title, words, *_):
        questions.append(words)
        return buttons.Yes if answer else buttons.No

    monkeypatch.setattr(QtWidgets.QMessageBox, "question", ask)
    dialog, path = FigureDialog(bench.window), tmp_path / "there.pdf"
    dialog.path.setText(str(path))
    dialog.show()
    dialog.accept()
    assert dialog.result() == 1 and not questions
    path.write_text("mine")
    dialog.setResult(0)
    dialog.accept()
    assert questions == [f"{path} is there already. Overwrite it?"]
    assert dialog.result() == int(answer)
    dialog.deleteLater()


def test_without_a_window_it_is_said(bench):
    WindowOpener(bench.app, lambda: None).show_models()
    assert "runs without a window" in bench.viewer.warnings[-1]
