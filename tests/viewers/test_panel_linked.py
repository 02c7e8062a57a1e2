"""The panel's state on linked chains in real PyMOL: the panel and the commands that it writes do the same."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.app import App
from provis_core.attention.head_id import HeadId
from provis_core.inspection.inspector import Inspector
from provis_core.inspection.saving import describe_figure
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from tests.patience import PATIENCE

from .drawings import list_selected, read_cylinders

NAME = "provis_1hpv_A-B_12-4"
N = 99  # residues of each chain


def _wait(session: Session[Any]) -> None:
    while session.jobs:
        assert session.wait(timeout=PATIENCE)


def _colors(cmd: Any) -> list[int]:
    colors: list[int] = []
    cmd.iterate("1hpv", "add(color)", space={"add": colors.append})
    return colors


@pytest.fixture
def inspector(app: App, session: Session[Any], hpv: str, bert: Path) -> Iterator[Inspector]:
    """Opened on both chains of 1HPV as one sequence, with a model that looks from one into the other."""
    inspector = app.inspector
    inspector.choose.model(str(bert))
    inspector.open(hpv, link=True)
    _wait(session)
    inspector.choose.head(HeadId(11, 3))
    _wait(session)
    yield inspector
    inspector.close()


def test_cylinders_between_the_chains(cmd: Any, inspector: Inspector, console: Any) -> None:
    for options in ({}, {"direction": "directed", "min_sep": 6, "color_by": "contact"}, {"color_by": "site"}):
        inspector.choose.options(**options)
        _wait(inspector.session)
        edges = inspector.readings.edges
        assert edges is not None and ((edges.query < N) != (edges.key < N)).any()
        panel = read_cylinders(cmd, NAME)
        cmd.delete(NAME)
        line = inspector.command()
        assert "/1hpv/1HPV/A or /1hpv/1HPV/B, 12, 4" in line and ", link=1" in line
        console(f"{line}, wait=1")
        command = read_cylinders(cmd, NAME)
        for name in ("start", "end", "radius", "start_rgb", "end_rgb"):
            np.testing.assert_allclose(getattr(panel, name), getattr(command, name), atol=1e-5)


def test_colours_and_sites_on_both_chains(cmd: Any, inspector: Inspector, console: Any) -> None:
    own = _colors(cmd)
    inspector.choose.profile("received")
    panel = _colors(cmd)
    painted = [k for k, (one, other) in enumerate(zip(own, panel, strict=True)) if one != other]
    assert len(painted) > 1.5 * cmd.count_atoms("chain A and polymer")
    inspector.choose.profile("")
    assert _colors(cmd) == own
    start = "provis_profile /1hpv/1HPV/A or /1hpv/1HPV/B, 12, 4"
    console(f"{start}, model={inspector.entry.folder}, link=1, wait=1")
    assert _colors(cmd) == panel
    console("provis_clear")
    assert _colors(cmd) == own
    labels = {row.label for row in inspector.readings.site_rows}
    assert {"A/ASP25", "B/ASP25"} <= labels  # the drug lies between the chains
    inspector.choose.site_shown(True)
    panel, sticks = _colors(cmd), list_selected(cmd, "rep sticks and polymer")
    assert {f"{chain}/{resi}" for _, _, chain, resi in sticks} >= {"A/25", "B/25"}
    inspector.choose.site_shown(False)
    assert _colors(cmd) == own
    assert inspector.target is not None
    console(inspector.stage.replay.describe_site(inspector.target, inspector.state.site))
    assert _colors(cmd) == panel
    assert list_selected(cmd, "rep sticks and polymer") == sticks
    console("provis_clear")
    assert _colors(cmd) == own


def test_both_ways_between_map_and_structure(cmd: Any, inspector: Inspector) -> None:
    inspector.choose.box(slice(N - 2, N + 2), slice(N + 48, N + 51))
    query = {(chain, resi) for _, _, chain, resi in list_selected(cmd, "provis_query")}
    assert query == {("A", "98"), ("A", "99"), ("B", "1"), ("B", "2")}
    key = {(chain, resi) for _, _, chain, resi in list_selected(cmd, "provis_key")}
    assert key == {("B", "49"), ("B", "50"), ("B", "51")}
    inspector.choose.no_box()
    for selection, expected in (
        ("/1hpv//A/25-27", [24, 25, 26]),
        ("/1hpv//B/1 or /1hpv//A/99", [98, 99]),
        ("resi 50", [49, N + 49]),
    ):
        cmd.select("sele", selection)
        inspector.read_marks()
        assert np.flatnonzero(inspector.stage.pointer.marks).tolist() == expected
    cmd.deselect()
    inspector.read_marks()
    assert not inspector.stage.pointer.marks.any()
    inspector.stage.center(N + 49)
    middle = cmd.get_position()
    np.testing.assert_allclose(
        middle, np.mean([atom.coord for atom in cmd.get_model("/1hpv//B/50").atom], axis=0), atol=2.0
    )
    assert inspector.target is not None
    chain = inspector.target.chain
    for indices in ([3], [3, 120], [*range(90, 110)], None):
        name = inspector.session.viewer.name_residues(chain, indices)
        expected_count = 2 * N if indices is None else len(indices)
        assert cmd.count_atoms(f"({name}) and polymer and name CA") == expected_count


def test_a_saved_session_brings_both_back(
    cmd: Any, inspector: Inspector, session: Session[Any], tmp_path: Path
) -> None:
    inspector.choose.head(HeadId(2, 1))
    inspector.choose.box(slice(90, 110), slice(0, 20))
    inspector.settle()
    _wait(session)
    state = inspector.state.to_json()
    drawn = read_cylinders(cmd, "provis_1hpv_A-B_3-2")
    cmd.save(str(tmp_path / "panel.pse"))
    inspector.close()
    cmd.reinitialize()
    from plugin.viewers.pymol_viewer import PymolViewer

    fresh = App(PymolViewer(cmd), Settings(tmp_path / "other.json"), session._make_worker)
    cmd.load(str(tmp_path / "panel.pse"))
    fresh.inspector.open()
    _wait(fresh.session)
    assert fresh.inspector.state.to_json() == state
    assert fresh.inspector.target is not None and len(fresh.inspector.target.chain.members) == 2
    np.testing.assert_allclose(read_cylinders(cmd, "provis_1hpv_A-B_3-2").start, drawn.start, atol=1e-5)
    fresh.inspector.close()
    assert fresh.session.wait(timeout=PATIENCE)


def test_a_chain_that_goes_empties_the_panel(cmd: Any, inspector: Inspector) -> None:
    cmd.remove("chain B")
    inspector.read_marks()
    assert inspector.target is None
    assert "1hpv chains A + B were deleted or renamed" in inspector.status.problem


def test_the_ranking_of_both_feeds_the_grid(inspector: Inspector, console: Any) -> None:
    part = inspector.target
    assert part is not None
    where = "/1hpv/1HPV/A or /1hpv/1HPV/B"
    console(f"provis_heads {where}, by=contact, model={inspector.entry.folder}, link=1, wait=1")
    assert inspector.state.metric == "ranked"
    ranked = inspector.readings.grid
    inspector.choose.metric("contact")
    _wait(inspector.session)
    assert ranked is not None and inspector.readings.grid is not None
    np.testing.assert_allclose(ranked.values, inspector.readings.grid.values)


def test_the_figure_of_both(inspector: Inspector, console: Any, tmp_path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        pytest.skip("matplotlib is not installed")
    inspector.session.viewer._cmd.select("sele", "resi 25")
    inspector.read_marks()
    path = tmp_path / "both.svg"
    line = describe_figure(inspector, path, what="map", rows=(90, 110), columns=(0, 197))
    assert ", link=1" in line
    console(f"{line}, wait=1")
    text = path.read_text()
    assert ">A</text>" in text and ">B</text>" in text  # chains beside the residue numbers
    inspector.close()
    assert inspector.target is None
    console(f"{line.replace('both.svg', 'again.svg')}, wait=1")  # with no panel
    again = (tmp_path / "again.svg").read_text()
    assert _drawn(again) == _drawn(text)


def _drawn(text: str) -> list[str]:
    """Lines of an SVG, but for its date and the names that matplotlib draws by lot."""
    return [line for line in text.splitlines() if "<dc:date>" not in line and "id=" not in line]
