"""The panel in PyMOL's window, with 1HPV and the bundled model, by the mouse and the keys of the X server."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gui.pymol_window import Pymol, PymolWindow, find_worker_pids
from tests.patience import wait_until

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        shutil.which("xdotool") is None, reason="there is no xdotool (Debian: apt install xdotool)"
    ),
]
SAUSAGE_FLOATS = 14


class Hand:
    """Mouse and keys of an X server."""

    def __init__(self, display: str) -> None:
        self._environ = {**os.environ, "DISPLAY": display}

    def do(self, *words: object) -> None:
        subprocess.run(["xdotool", *map(str, words)], env=self._environ, check=True)

    def click(self, place: tuple[int, int], button: int = 1) -> None:
        self.do("mousemove", *place, "click", button)

    def drag(self, start: tuple[int, int], *way: tuple[int, int]) -> None:
        self.do("mousemove", *start, "mousedown", 1)
        for place in way:
            self.do("mousemove", *place)
        self.do("mouseup", 1)


@pytest.fixture(scope="module")
def hand(display: str) -> Hand:
    return Hand(display)


@pytest.fixture(scope="module")
def shared_window(
    wheel: Pymol, worker_python: Path, open_pymol: Callable[[Pymol, Path], PymolWindow]
) -> PymolWindow:
    for name in ("torch", "transformers", "matplotlib"):
        pytest.importorskip(name)
    window = open_pymol(wheel, worker_python)
    window.cmd("load", "$PYMOL_DATA/tut/1hpv.pdb", "1hpv")
    window.call("window.move", 0, 0)
    window.call("window.resize", 640, 600)
    return window


@pytest.fixture
def window(shared_window: PymolWindow) -> Iterator[PymolWindow]:
    """PyMOL with the panel open beside its own window; no error may be left in its log."""
    if not shared_window.call("panel.is_open"):
        shared_window.trigger("Open the panel")
        wait_until(lambda: shared_window.call("panel.is_open"), what="the panel")
        shared_window.call("panel.move", 420, 20, 850, 900)
    settle(shared_window)
    shared_window.clear_console()
    n_logged = len(shared_window.log.read_text())
    yield shared_window
    assert "Traceback" not in shared_window.log.read_text()[n_logged:]


def settle(window: PymolWindow) -> None:
    wait_until(
        lambda: not window.jobs() and window.call("panel.is_settled"),
        what="the end of all work of the panel",
    )


def state(window: PymolWindow) -> dict:
    settle(window)
    return window.call("panel.state")


def n_cylinders(window: PymolWindow, name: str) -> int:
    return len(window.cgo_floats(name)) // SAUSAGE_FLOATS


def test_the_menu_opens_it_and_the_head_that_comes_first_is_drawn(window: PymolWindow) -> None:
    wait_until(lambda: " · no. 1 " in state(window)["head_words"], what="the head that comes first")
    shown = state(window)
    head = shown["head"]
    assert shown["head_words"].startswith(f"{head} arcs that are contacts")
    assert shown["chain"] == "1hpv chain A (99)"
    assert n_cylinders(window, f"provis_1hpv_A_{head}") == shown["n_edges"] == shown["n_rows"] > 20
    assert shown["message"] == ""
    assert shown["grid_note"] == ""


def test_a_click_in_the_grid_draws_that_head(window: PymolWindow, hand: Hand) -> None:
    hand.click(window.call("panel.where_is_head", 4, 1))
    wait_until(lambda: state(window)["head"] == "5-2")
    assert "provis_1hpv_A_5-2" in window.session()
    assert "provis_1hpv_A_12-4" not in window.session()
    wait_until(
        lambda: "provis_attn /1hpv/1HPV/A, 5, 2" in window.console(), what="the command in the console"
    )
    hand.do("key", "Right")
    wait_until(lambda: state(window)["head"] == "5-3", what="the next head after an arrow key")
    hand.do("mousemove", *window.call("panel.where_is_head", 11, 3))
    wait_until(lambda: state(window)["head_words"].startswith("12-4 arcs that are contacts"))
    hand.click(window.call("panel.where_is_head", 11, 3))
    wait_until(lambda: state(window)["head"] == "12-4")


def test_the_slider_moves_the_cylinders_along(window: PymolWindow, hand: Hand) -> None:
    hand.click(window.call("panel.where_is_head", 11, 3))
    before = state(window)
    place = window.call("panel.threshold_place")
    hand.drag(*(window.call("panel.where_is_threshold", place + step) for step in (0, 20, 60)))
    wait_until(lambda: state(window)["min_attn"] > before["min_attn"] + 0.02, what="a higher threshold")
    shown = state(window)
    assert 0 < shown["n_edges"] < before["n_edges"]
    assert n_cylinders(window, "provis_1hpv_A_12-4") == shown["n_edges"]
    wait_until(lambda: f"min_attn={shown['min_attn']:g}" in window.console(), what="its command")


def test_a_dragged_box_becomes_two_selections(window: PymolWindow, hand: Hand) -> None:
    corners = [
        window.call("panel.where_is_pair", query, key) for query, key in ((24, 40), (27, 44), (31, 49))
    ]
    hand.drag(*corners)
    wait_until(lambda: "provis_query" in window.session(), what="the selection of the rows")
    assert window.cmd("count_atoms", "provis_query and name CA") == 8
    assert window.cmd("count_atoms", "provis_query and chain A and resi 25-32 and name CA") == 8
    assert window.cmd("count_atoms", "provis_key and chain A and resi 41-50 and name CA") == 10
    assert window.cmd("count_atoms", "(provis_query or provis_key) and not chain A") == 0
    hand.do("mousemove", *window.call("panel.where_is_pair", 24, 25))
    wait_until(lambda: state(window)["pair_words"].startswith("A/ASP25 -> A/THR26"), what="the words")
    hand.do("key", "Escape")
    wait_until(lambda: "provis_query" not in window.session(), what="the end of the selections")


def test_both_chains_by_a_click(window: PymolWindow, hand: Hand) -> None:
    hand.click(window.call("panel.where_is_check_box", "top_bar", "linked"))
    wait_until(lambda: state(window)["chain"] == "1hpv chains A + B (198)", what="both chains")
    shown = state(window)
    assert n_cylinders(window, "provis_1hpv_A-B_12-4") == shown["n_edges"] == shown["n_rows"] > 20
    assert "provis_1hpv_A_12-4" not in window.session()
    hand.drag(*(window.call("panel.where_is_pair", *pair) for pair in ((90, 120), (100, 125), (108, 128))))
    wait_until(lambda: "provis_query" in window.session(), what="the selection of the rows")
    assert window.cmd("count_atoms", "provis_query and chain A and resi 91-99 and name CA") == 9
    assert window.cmd("count_atoms", "provis_query and chain B and resi 1-10 and name CA") == 10
    assert window.cmd("count_atoms", "provis_query and name CA") == 19
    assert window.cmd("count_atoms", "provis_key and chain B and resi 22-30 and name CA") == 9
    hand.do("key", "Escape")
    wait_until(lambda: "provis_query" not in window.session(), what="the end of the selections")
    hand.click(window.call("panel.where_is_check_box", "top_bar", "linked"))
    wait_until(lambda: state(window)["chain"] == "1hpv chain A (99)", what="one chain again")
    assert "provis_1hpv_A_12-4" in window.session()
    assert "provis_1hpv_A-B_12-4" not in window.session()


def test_what_is_selected_in_pymol_lights_up(window: PymolWindow, hand: Hand) -> None:
    window.cmd("select", "sele", "chain A and resi 25-27")
    wait_until(lambda: state(window)["marks"] == [24, 25, 26], what="the marks")
    window.cmd("deselect")
    wait_until(lambda: state(window)["marks"] == [], what="the end of the marks")


def is_green(rgb: list[int]) -> bool:
    red, green, blue = rgb
    return green > 2 * max(red, blue, 30)


def test_a_click_on_the_structure_lights_up(window: PymolWindow, hand: Hand) -> None:
    window.call("panel.move", 700, 20, 570, 900)  # beside the viewport
    settle(window)
    residue = "chain A and resi 50"
    for line in (
        "hide everything",
        f"show spheres, {residue}",
        f"color green, {residue}",
        f"zoom {residue}, 3",
    ):
        window.cmd("do", line, echo=0)
    window.cmd("deselect")
    place = window.call("where_is_viewport")
    wait_until(lambda: is_green(window.call("color_on_screen", *place)), what="the spheres in the viewport")
    hand.click(place)
    wait_until(lambda: state(window)["marks"] == [49], what="the mark of the residue that was clicked")
    hand.click(place)
    wait_until(lambda: state(window)["marks"] == [], what="its end after another click")
    window.call("panel.move", 420, 20, 850, 900)
    settle(window)


def test_a_figure_is_saved_with_the_dialog(window: PymolWindow, hand: Hand, tmp_path: Path) -> None:
    path = tmp_path / "figure.svg"
    hand.click(window.call("panel.where_is", "actions_bar", "save"))
    wait_until(lambda: window.call("panel.has_dialog"), what="the dialog")
    place = window.call("panel.where_is_dialog", "path")
    hand.click(place)
    hand.do("key", "ctrl+a")
    hand.do("type", str(path))
    hand.do("key", "Return")
    wait_until(path.is_file, what="the figure")
    wait_until(lambda: not window.call("panel.has_dialog"), what="the end of the dialog")
    text = path.read_text()
    for words in ("Query residue (chain A)", "Layer", "Attention weight"):
        assert words in text
    wait_until(lambda: f"figure written to {path}" in window.console(), what="the line in the console")


def test_it_docks_and_floats(window: PymolWindow) -> None:
    window.call("panel.set_floating", False)
    settle(window)
    assert window.call("panel.is_docked")
    assert n_cylinders(window, "provis_1hpv_A_12-4") > 0
    window.call("panel.set_floating", True)
    window.call("panel.move", 420, 20, 850, 900)
    settle(window)
    assert not window.call("panel.is_docked")


def test_a_double_click_on_the_title_and_a_button_change_its_place(window: PymolWindow, hand: Hand) -> None:
    own = window.call("panel.sizes")["window"]
    hand.click(window.call("panel.where_is", "actions_bar", "place"))
    wait_until(lambda: window.call("panel.is_docked"), what="the docked panel")
    settle(window)
    docked = window.call("panel.sizes")
    assert docked["window"][0] > own[0] and docked["panel"][0] >= 460
    hand.do("mousemove", *window.call("panel.where_is_title"), "click", "--repeat", 2, "--delay", 60, 1)
    wait_until(lambda: not window.call("panel.is_docked"), what="the floating panel")
    settle(window)
    assert window.call("panel.sizes")["window"] == own
    window.call("panel.move", 420, 20, 850, 900)
    settle(window)
    hand.click(window.call("panel.where_is", "actions_bar", "place"))
    wait_until(lambda: window.call("panel.is_docked"), what="the docked panel")
    settle(window)
    assert window.call("panel.sizes") == docked
    window.call("panel.set_floating", True)
    window.call("panel.move", 420, 20, 850, 900)
    settle(window)


def test_a_session_brings_the_panel_back(window: PymolWindow, hand: Hand, tmp_path: Path) -> None:
    path = str(tmp_path / "session.pse")
    hand.click(window.call("panel.where_is_head", 4, 2))
    wait_until(lambda: state(window)["head"] == "5-3")
    window.call("panel.change", min_attn=0.2)
    before = state(window)
    window.cmd("save", path)
    window.cmd("delete", "all")
    wait_until(lambda: state(window)["chain"] == "", what="an empty panel")
    window.cmd("load", path)
    wait_until(lambda: state(window)["chain"] == before["chain"], what="the chain of the session")
    shown = state(window)
    assert (shown["head"], shown["min_attn"]) == ("5-3", 0.2)
    assert shown["n_edges"] == before["n_edges"] == n_cylinders(window, "provis_1hpv_A_5-3")
    window.call("panel.change", min_attn=0.1)


def test_closing_leaves_the_drawing_and_opening_brings_the_state_back(
    window: PymolWindow, hand: Hand
) -> None:
    hand.click(window.call("panel.where_is_head", 4, 1))
    wait_until(lambda: state(window)["head"] == "5-2")
    n_drawn = n_cylinders(window, "provis_1hpv_A_5-2")
    alive = window.call("panel.n_live")
    window.call("panel.close")
    wait_until(lambda: not window.call("panel.is_open"))
    assert window.call("panel.n_live") == dict.fromkeys(alive, 0)
    assert n_cylinders(window, "provis_1hpv_A_5-2") == n_drawn
    window.type_line("provis_panel")
    window.call("panel.move", 420, 20, 850, 900)
    shown = state(window)
    assert (shown["head"], shown["n_edges"]) == ("5-2", n_drawn)


def test_a_deleted_object_empties_it_and_another_one_fills_it_again(window: PymolWindow, hand: Hand) -> None:
    window.cmd("delete", "1hpv")
    wait_until(lambda: state(window)["chain"] == "", what="an empty panel")
    shown = state(window)
    assert shown["n_rows"] == 0
    assert shown["grid_note"].startswith("Load a protein")
    window.cmd("load", "$PYMOL_DATA/tut/1hpv.pdb", "1hpv")
    wait_until(lambda: state(window)["chain"] == "1hpv chain A (99)")
    window.type_line("provis_panel 1hpv and chain B")
    wait_until(lambda: state(window)["chain"] == "1hpv chain B (99)")
    assert state(window)["n_edges"] > 0


def test_without_a_protein_it_opens_empty_and_says_so(window: PymolWindow, hand: Hand) -> None:
    window.call("panel.close")
    window.cmd("delete", "all")
    window.trigger("Open the panel")
    wait_until(lambda: window.call("panel.is_open"), what="the panel")
    window.call("panel.move", 420, 20, 850, 900)
    shown = state(window)
    assert shown["message"]
    assert shown["grid_note"].startswith("Load a protein")
    window.cmd("load", "$PYMOL_DATA/tut/1hpv.pdb", "1hpv")
    wait_until(lambda: state(window)["chain"] == "1hpv chain A (99)")
    assert state(window)["message"] == ""


def test_pymol_ends_quietly_while_the_panel_is_open(window: PymolWindow) -> None:
    window.quit_by_menu()
    wait_until(lambda: not window.is_alive(), what="the end of PyMOL")
    assert window.process.returncode == 0
    wait_until(lambda: not find_worker_pids(window.home / "provis"), what="the end of the worker")
