"""What the panel shows where a choice is refused, or overtaken by another one."""

from __future__ import annotations

from plugin.panel.qt import QtWidgets
from tests.panel.panels import Bench


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
    assert sequence.currentData() == bench.inspector.gaps == "auto"


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
    assert controls.color_by.currentData() == bench.inspector.options.color_by == "weight"
    choose(controls.palette, "viridis")
    bench.settle()
    assert bench.inspector.options.palette == "viridis"
    assert bench.panel.message.text() == ""


def test_colours_of_no_chain_are_not_shown_as_chosen(bench: Bench) -> None:
    bench.open()
    bench.viewer.objects.clear()
    bench.qtbot.waitUntil(lambda: bench.inspector.part is None)
    bench.settle()
    color = bench.panel.profile.color
    choose(color, "received")
    assert "no chain in the panel" in bench.panel.message.text()
    assert color.currentData() == bench.inspector.colored_by == ""


def test_a_grid_that_is_to_be_drawn_while_another_chain_is_chosen_does_no_harm(bench: Bench) -> None:
    bench.open()
    bench.worker.held = True
    canvas = bench.panel.grid.canvas
    canvas.recompose()
    choose(bench.panel.top_bar.chain, 1)
    assert bench.inspector.grid is None
    bench.qtbot.waitUntil(lambda: not bench.panel.turns.is_busy)
    assert bench.panel.message.text() == ""
    assert canvas._note.startswith("The model reads the chain")
    bench.worker.held = False
    bench.inspector.stop()
    bench.settle()
