"""On which head the panel opens: the one that comes first in the grid, where nobody has chosen another."""

from __future__ import annotations

import pytest

from provis_core.actions import find_command
from provis_core.attention.head_id import HeadId
from provis_core.commands.reading import run_command

from .fakes import FakeViewer, make_chain
from .inspecting import EIGHT, TWENTY, make_app, make_hairpin, make_maps, wait

PANEL = find_command("panel")
OWN, BEST = HeadId(1, 0), HeadId(0, 1)


@pytest.fixture
def viewer():
    """Shows a hairpin."""
    return FakeViewer(make_hairpin(), make_chain(EIGHT, "B"))


@pytest.fixture
def worker(worker):
    """Has one head that looks across the hairpin: all of its pairs that can be contacts are."""
    maps = make_maps(20)
    maps[BEST] = 0
    maps[BEST][range(20), range(19, -1, -1)] = 0.9
    worker.answers[TWENTY] = maps
    return worker


@pytest.fixture
def panel(app):
    """Types the command."""
    app.open_panel = app.inspector.open

    def run(**options):
        run_command(PANEL, app, **options)

    return run


def test_the_command_opens_on_the_head_that_comes_first(app, viewer, panel):
    panel(selection="/toy//A")
    wait(app.session)
    inspector = app.inspector
    assert inspector.readings.grid.best[0] == BEST
    assert inspector.state.heads == (BEST,) and inspector.state.head == BEST
    assert list(viewer.scenes) == ["provis_toy_A_1-2"]
    assert viewer.lines[-1] == f" {inspector.command()}"
    inspector.choose.head(OWN)
    panel(selection="/toy//A")  # the user has chosen
    wait(app.session)
    assert inspector.state.heads == (OWN,)


def test_a_protein_that_comes_later_is_looked_at_so_too(app, panel):
    app.open_panel = lambda selection, link: None  # it opens empty
    panel()
    assert app.inspector.target is None
    app.inspector.open("toy")
    wait(app.session)
    assert app.inspector.state.heads == (BEST,)


@pytest.mark.parametrize("options", [{"layer": 2, "head": 1}, {"metric": "separation"}])
def test_what_is_asked_for_stays(app, panel, options):
    panel(selection="/toy//A", **options)
    wait(app.session)
    assert app.inspector.state.heads == (OWN,)


@pytest.mark.parametrize(
    "choose",
    [
        lambda choose: choose.head(HeadId(1, 1)),
        lambda choose: choose.head(HeadId(1, 1), add=True),
        lambda choose: choose.metric("separation"),
    ],
)
def test_what_is_chosen_meanwhile_stays(app, worker, panel, choose):
    worker.held = True
    panel(selection="/toy//A")
    choose(app.inspector.choose)
    heads = app.inspector.state.heads
    worker.held = False
    for kind in ("scan", "map"):
        worker.release(kind, 0)
    wait(app.session)
    assert BEST not in heads
    assert app.inspector.state.heads == heads


def test_a_state_of_a_session_stays(tmp_path, app, viewer, worker, panel, tiny_config_folder):
    app.inspector.open("/toy//A")
    wait(app.session)
    other = make_app(tmp_path, viewer, worker, tiny_config_folder)
    other.open_panel = other.inspector.open
    run_command(PANEL, other)
    wait(other.session)
    assert other.inspector.state.heads == (OWN,)
    other.close()


def test_a_head_that_is_not_above_the_background_is_not_chosen(tmp_path, worker, tiny_config_folder):
    app = make_app(tmp_path, FakeViewer(make_chain(TWENTY)), worker, tiny_config_folder)  # a line: no contact
    app.open_panel = app.inspector.open
    run_command(PANEL, app)
    wait(app.session)
    assert app.inspector.readings.grid.best[0] != OWN
    assert app.inspector.state.heads == (OWN,)
    app.close()
