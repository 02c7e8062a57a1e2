"""What the panel shows where a choice is refused, or overtaken by another one."""

from __future__ import annotations

import numpy as np

from plugin.panel.qt import Qt, QtWidgets
from provis_core.errors import InputError
from tests.panel.panels import LETTERS, Bench


def choose(box: QtWidgets.QComboBox, value: object) -> None:
    """Choose as the user does."""
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_a_sequence_that_is_not_known_is_not_shown_as_chosen(bench: Bench) -> None:
    bench.open()
    sequence = bench.panel.top_bar.sequence
    choose(sequence, "full")
    bench.settle()
    assert "nothing tells the whole sequence" in bench.panel.message.text()
    assert sequence.currentData() == bench.inspector.state.gaps == "auto"


def test_a_chain_that_is_gone_is_not_shown_as_chosen(bench: Bench) -> None:
    bench.open()
    chain = bench.panel.top_bar.chain
    bench.viewer.objects.clear()
    choose(chain, 1)
    assert "deleted" in bench.panel.message.text()
    assert chain.currentText() == "toy chain A (30)"


def test_colours_that_cannot_be_told_do_not_hold_up_the_next_choice(bench: Bench) -> None:
    bench.open()
    controls = bench.panel.controls
    choose(controls.color_by, "site")
    bench.settle()
    assert "site cannot be told" in bench.panel.message.text()
    assert controls.color_by.currentData() == bench.inspector.state.options.color_by == "weight"
    choose(controls.palette, "viridis")
    bench.settle()
    assert bench.inspector.state.options.palette == "viridis"
    assert bench.panel.message.text() == ""


def test_colours_of_no_chain_are_not_shown_as_chosen(bench: Bench) -> None:
    bench.open()
    bench.viewer.objects.clear()
    bench.qtbot.waitUntil(lambda: bench.inspector.target is None)
    bench.settle()
    color = bench.panel.profile.color
    choose(color, "received")
    assert "no chain in the panel" in bench.panel.message.text()
    assert color.currentData() == bench.inspector.state.colored_by == ""


def test_a_grid_that_is_to_be_drawn_while_another_chain_is_chosen_does_no_harm(bench: Bench) -> None:
    bench.open()
    bench.worker.held = True
    canvas = bench.panel.grid.canvas
    canvas.recompose()
    choose(bench.panel.top_bar.chain, 1)
    assert bench.inspector.readings.grid is None
    bench.qtbot.waitUntil(lambda: not bench.panel.turns.is_busy)
    assert bench.panel.message.text() == ""
    assert canvas._note.startswith("The model reads the chain")
    bench.worker.held = False
    bench.inspector.stop()
    bench.settle()


def test_a_long_problem_is_read_whole(bench: Bench) -> None:
    words = "The chain has 649 residues. This model can take 510 at most. Choose a model without that limit"
    bench.worker.answers[LETTERS] = InputError(f"{words}, or another chain of this long name", "", "")
    bench.opener().setGeometry(0, 0, 800, 700)
    bench.settle()
    state = bench.panel.top_bar.state
    assert state.text().startswith(words)
    assert state.fontMetrics().horizontalAdvance(state.text()) > state.width()
    bench.qtbot.waitUntil(lambda: state.height() >= state.heightForWidth(state.width()) > 0)
    assert state.height() > 1.5 * state.fontMetrics().height()


def test_a_problem_that_comes_late_is_told_in_place_of_the_pictures(bench: Bench) -> None:
    bench.worker.held = True
    bench.opener()
    canvases = bench.panel.grid.canvas, bench.panel.map.canvas
    bench.qtbot.waitUntil(lambda: not bench.panel.turns.is_busy)
    assert all("when" in canvas._note for canvas in canvases)  # something is done
    bench.panel.top_bar.stop.click()
    bench.settle()
    notes = [canvas._note for canvas in canvases]
    assert all(note.endswith("was stopped. Press Compute to begin again.") for note in notes), notes
    bench.worker.held = False
    bench.panel.top_bar.stop.click()
    bench.settle()
    assert [canvas._note for canvas in canvases] == ["", ""]


def test_a_site_that_is_not_known_is_not_shown_as_chosen(bench: Bench) -> None:
    bench.open()
    sites = bench.panel.sites
    bench.panel.details.setCurrentWidget(sites)
    before = bench.inspector.state.site.source
    choose(sites.source, "records")
    bench.settle()
    assert "site_record cannot be told" in bench.panel.message.text()
    assert sites.source.currentData() == bench.inspector.state.site.source == before
    choose(sites.source, "selection")  # it stays, to be applied when residues are selected
    bench.settle()
    assert "is selected" in bench.panel.message.text()
    assert sites.source.currentData() == "selection"
    assert sites.apply_button.isVisible()
    bench.viewer.marked["toy chain A"] = np.arange(30) == 7
    bench.qtbot.mouseClick(sites.apply_button, Qt.MouseButton.LeftButton)
    bench.settle()
    assert bench.inspector.readings.sites.residues.tolist() == [7]


def test_the_help_page_names_what_the_panel_has(bench: Bench) -> None:
    bench.open()
    panel = bench.panel
    bench.qtbot.keyClick(panel, Qt.Key.Key_F1)
    text = panel.actions_bar._help.text.toPlainText()
    bar = panel.top_bar
    words = [box.text().replace("&", "") for box in (bar.linked, bar.stop, panel.actions_bar.clear)]
    labels = [one.text().replace("&", "") for one in panel.findChildren(QtWidgets.QLabel) if one.buddy()]
    for word in (*words, *(one for one in labels if one in ("Sequence", "Windows"))):
        assert word in text
    panel.actions_bar._help.close()
