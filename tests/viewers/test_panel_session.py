"""The panel's state in real PyMOL with the worker and the bundled model: one user's session."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.actions import find_command
from provis_core.actions.attention_options import ExportOptions
from provis_core.app import App
from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError
from provis_core.inspection.inspector import Inspector
from provis_core.inspection.saving import export_pairs
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from tests.patience import PATIENCE

from .drawings import list_selected, read_cylinders, take_stock
from .programs import ROOT, in_both
from .structures import find_1hpv


def _wait(session: Session[Any]) -> None:
    while session.jobs:
        assert session.wait(timeout=PATIENCE)


@pytest.fixture
def inspector(app: App, session: Session[Any], hpv: str) -> Iterator[Inspector]:
    """Opened on 1HPV."""
    inspector = app.inspector
    inspector.open(hpv)
    _wait(session)
    yield inspector
    inspector.close()


def test_panel_and_command_draw_the_same(cmd: Any, inspector: Inspector, console: Any) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"min_attn": 0.2, "top": 40},
        {"direction": "directed"},
        {"direction": "mean", "min_attn": 0.03, "palette": "viridis", "radius": 0.7},
        {"direction": "max", "min_sep": 4, "color_by": "contact"},
        {"color_by": "site", "transparency": 0.5},
    ]
    for options in changes:
        inspector.choose.options(**options)
        _wait(inspector.session)
        panel = read_cylinders(cmd, "provis_1hpv_A_12-4")
        assert len(panel) > 10
        cmd.delete("provis_1hpv_A_12-4")
        console(f"{inspector.command()}, wait=1")
        command = read_cylinders(cmd, "provis_1hpv_A_12-4")
        for name in ("start", "end", "radius", "start_rgb", "end_rgb"):
            np.testing.assert_allclose(getattr(panel, name), getattr(command, name), atol=1e-5)


def _colors(cmd: Any) -> list[int]:
    colors: list[int] = []
    cmd.iterate("1hpv", "add(color)", space={"add": colors.append})
    return colors


@pytest.mark.parametrize("which", ["received", "given"])
def test_panel_and_command_colour_the_same(cmd: Any, inspector: Inspector, console: Any, which: str) -> None:
    own = _colors(cmd)
    inspector.choose.head(HeadId(2, 1))
    _wait(inspector.session)
    inspector.choose.profile(which)
    panel = _colors(cmd)
    inspector.choose.profile("")
    assert _colors(cmd) == own
    lines = console(f"provis_profile /1hpv/1HPV/A, 3, 2, which={which}, wait=1")
    assert _colors(cmd) == panel != own
    profile = inspector.readings.profile
    assert profile is not None
    values = getattr(profile, which)
    best = int(np.argmax(values))
    assert inspector.target is not None
    assert f"most: {inspector.target.chain.residue_label(best)} {values[best]:.2f}" in " ".join(lines)
    console("provis_clear *_profile")
    assert _colors(cmd) == own


def test_panel_and_command_write_the_same_pairs(inspector: Inspector, console: Any, tmp_path: Path) -> None:
    inspector.choose.head(HeadId(2, 1))
    _wait(inspector.session)
    exported = export_pairs(inspector, tmp_path / "pairs.csv").read_bytes()
    assert exported.count(b"\n") > 10
    lines = console(f"provis_pairs {tmp_path / 'typed.csv'}")
    assert f"pairs written to {tmp_path / 'typed.csv'}" in lines[-1]
    assert (tmp_path / "typed.csv").read_bytes() == exported
    with pytest.raises(InputError, match="No file was named"):
        find_command("export").run(None, ExportOptions())


def test_panel_and_command_show_the_same_site(cmd: Any, inspector: Inspector, console: Any) -> None:
    own = _colors(cmd)
    for choice in (("ligand", {"radius": 5.0}), ("selection", {})):
        cmd.select("sele", "/1hpv//A/25-27+50")
        inspector.choose.site(choice[0], **choice[1])
        cmd.delete("sele")
        inspector.choose.site_shown(True)
        panel, sticks = _colors(cmd), list_selected(cmd, "rep sticks and polymer")
        assert inspector.target is not None
        line = inspector.stage.replay.describe_site(inspector.target, inspector.state.site)
        inspector.choose.site_shown(False)
        assert _colors(cmd) == own
        console(line)
        assert _colors(cmd) == panel != own
        assert list_selected(cmd, "rep sticks and polymer") == sticks != set()
        console("provis_clear")
        assert _colors(cmd) == own


def test_commands_of_several_heads_draw_the_same(cmd: Any, inspector: Inspector, console: Any) -> None:
    inspector.choose.head(HeadId(2, 1), add=True)
    inspector.choose.head(HeadId(5, 2), add=True)
    _wait(inspector.session)
    names = [f"provis_1hpv_A_{label}" for label in ("12-4", "3-2", "6-3")]
    panel = [read_cylinders(cmd, name) for name in names]
    colors = {tuple(drawn.end_rgb[0].round(3)) for drawn in panel}
    assert len(colors) == 3
    cmd.delete("provis")
    console(*inspector.command().splitlines(), "provis_wait")
    for drawn, name in zip(panel, names, strict=True):
        again = read_cylinders(cmd, name)
        np.testing.assert_allclose(drawn.end_rgb, again.end_rgb, atol=1e-5)
        np.testing.assert_allclose(drawn.radius, again.radius, atol=1e-5)


def test_what_is_known_of_1hpv(inspector: Inspector) -> None:
    assert [choice.name for choice in inspector.readings.metrics] == [
        "contact", "ptm", "helix", "strand", "site",
        "precision", "entropy", "separation", "sink", "special_tokens",
        "relevance", "relevance_site", "relevance_z",
    ]  # fmt: skip
    assert inspector.readings.missing == {}
    for choice in inspector.readings.metrics:
        inspector.choose.metric(choice.name)
        _wait(inspector.session)
        assert inspector.readings.grid is not None
        assert inspector.readings.grid.values.shape == (12, 6)
        assert inspector.status.problem == ""
    labels = {row.label for row in inspector.readings.site_rows}
    assert {"A/ASP25", "A/GLY27", "A/ASP30", "A/ILE50"} <= labels
    assert all(row.names == ("ligand:478",) for row in inspector.readings.site_rows)
    assert inspector.readings.site_summary is not None
    assert inspector.readings.site_summary.background == pytest.approx(len(labels) / 99)


def test_one_session(cmd: Any, inspector: Inspector, tmp_path: Path) -> None:
    stock = take_stock(cmd)
    colors: list[int] = []
    cmd.iterate("1hpv", "add(color)", space={"add": colors.append})
    inspector.choose.head(HeadId(2, 1))
    _wait(inspector.session)
    name = "provis_1hpv_A_3-2"
    assert [one for one in cmd.get_names("objects") if one.startswith("provis_1hpv")] == [name]
    counts = []
    for step in range(50):
        inspector.choose.options(min_attn=0.05 + 0.005 * step, top=0)
        counts.append(len(read_cylinders(cmd, name)) if name in cmd.get_names("objects") else 0)
        assert cmd.count_states(name) <= 1
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
    inspector.choose.options(min_attn=0.05)
    inspector.settle()
    inspector.choose.box(slice(20, 30), slice(40, 60))
    assert {residue[3] for residue in list_selected(cmd, "provis_query")} == {str(k) for k in range(21, 31)}
    assert {residue[2:] for residue in list_selected(cmd, "provis_key")} == {
        ("A", str(k)) for k in range(41, 61)
    }
    cmd.select("sele", "/1hpv//A/25-27")
    inspector.read_marks()
    cmd.delete("provis")
    inspector.choose.options(labels=3)
    inspector.choose.head(HeadId(5, 2))
    inspector.choose.site_shown(True)
    inspector.choose.head(HeadId(2, 1))
    inspector.choose.box(slice(20, 30), slice(40, 60))
    inspector.choose.options(labels=0)
    inspector.stage.center(3)
    inspector.read_marks()
    assert np.flatnonzero(inspector.stage.pointer.marks).tolist() == [24, 25, 26]
    rows = inspector.readings.pair_rows
    assert rows is not None
    with export_pairs(inspector, tmp_path / "pairs.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(rows) == counts[0]
    assert inspector.target is not None
    assert table[0]["residue_1"] == inspector.target.chain.residue_label(int(rows.query[0]))
    assert table[0]["residue_1"].startswith("A/")
    inspector.choose.profile("received")
    painted: list[int] = []
    cmd.iterate("1hpv", "add(color)", space={"add": painted.append})
    assert painted != colors
    inspector.clear()
    cmd.delete("sele")
    cmd.set_view(stock["view"])
    left: list[int] = []
    cmd.iterate("1hpv", "add(color)", space={"add": left.append})
    assert left == colors
    after = take_stock(cmd)
    assert after == stock


def test_a_saved_session_brings_the_panel_back(
    cmd: Any, inspector: Inspector, session: Session[Any], tmp_path: Path, esm: Path
) -> None:
    inspector.choose.model(str(esm))
    inspector.choose.chain(1)
    _wait(session)
    inspector.choose.head(HeadId(2, 3))
    inspector.choose.head(HeadId(1, 0), add=True)
    inspector.choose.options(min_attn=0.15, palette="cividis", direction="directed")
    cmd.select("sele", "/1hpv//B/80-84")
    inspector.choose.site("selection")
    cmd.delete("sele")
    inspector.choose.box(slice(3, 33), slice(10, 60))
    inspector.settle()
    _wait(session)
    state = inspector.state.to_json()
    chain = inspector.target.chain
    names = [inspector.session.viewer.object_names([chain], head.label)[0] for head in inspector.state.heads]
    drawn = {name: read_cylinders(cmd, name) for name in names}
    assert len(drawn) == 2
    cmd.save(str(tmp_path / "panel.pse"))
    inspector.close()
    cmd.reinitialize()
    cmd.load(str(tmp_path / "panel.pse"))
    from plugin.viewers.pymol_viewer import PymolViewer

    fresh = App(PymolViewer(cmd), Settings(tmp_path / "other.json"), session._make_worker)
    cmd.load(str(tmp_path / "panel.pse"))  # as in a PyMOL that was started anew
    fresh.inspector.open()
    _wait(fresh.session)
    assert fresh.inspector.state.to_json() == state
    assert fresh.inspector.target is not None
    assert fresh.inspector.target.chain.chain_id == "B"
    assert fresh.inspector.readings.sites is not None
    assert fresh.inspector.readings.sites.residues.tolist() == [79, 80, 81, 82, 83]
    for name, before in drawn.items():
        after = read_cylinders(cmd, name)
        for field in ("start", "radius", "end_rgb"):
            np.testing.assert_allclose(getattr(after, field), getattr(before, field), atol=1e-5)
    # a session that is loaded while the panel is open
    fresh.inspector.choose.head(HeadId(0, 0))
    _wait(fresh.session)
    cmd.load(str(tmp_path / "panel.pse"))
    fresh.inspector.read_marks()
    _wait(fresh.session)
    assert fresh.inspector.state.to_json() == state
    fresh.inspector.close()
    assert fresh.session.wait(timeout=PATIENCE)


def test_sites_that_a_structure_file_lists(cmd: Any, inspector: Inspector, tmp_path: Path) -> None:
    lines = find_1hpv().read_text().splitlines(keepends=True)
    site = "SITE     1 AC1  2 ASP A  25  ILE A  50                              \n"
    path = tmp_path / "with_site.pdb"
    path.write_text("".join([site, *(line for line in lines if line.startswith(("ATOM", "HETATM", "TER")))]))
    inspector.choose.site("file", path=str(path))
    _wait(inspector.session)
    assert sorted(row.label for row in inspector.readings.site_rows) == ["A/ASP25", "A/ILE50"]
    inspector.choose.site_shown(True)
    shown = list_selected(cmd, "rep sticks and polymer")
    assert {residue[3] for residue in shown} == {"25", "50"}
    inspector.choose.options(color_by="site")
    assert "an end is in site" in inspector.stage.cylinders.legend
    other = tmp_path / "other.pdb"
    other.write_text("".join(line for line in lines if line.startswith("ATOM") and line[21] == "A")[:4000])
    with pytest.raises(InputError):
        inspector.choose.site("file", path=str(other))
    assert len(inspector.readings.site_rows) == 2


def test_a_structure_that_is_renamed_stays_in_the_panel(cmd: Any, inspector: Inspector) -> None:
    before, drawn = inspector.state, read_cylinders(cmd, "provis_1hpv_A_12-4")
    offered = [one.chain.chain_id for one in inspector.chains]
    cmd.set_name("1hpv", "mine")
    inspector.read_marks()
    _wait(inspector.session)
    assert inspector.target is not None
    assert inspector.target.chain.object_name == "mine"
    assert [one.chain.chain_id for one in inspector.chains] == offered
    assert {one.chain.object_name for one in inspector.chains} == {"mine"}
    assert (inspector.state.head, inspector.state.options) == (before.head, before.options)
    now = read_cylinders(cmd, "provis_mine_A_12-4")
    np.testing.assert_array_equal(now.start, drawn.start)
    assert "provis_1hpv_A_12-4" not in cmd.get_names("all")
    cmd.fab("ACDEFGHIKL", "made")
    inspector.read_marks()
    assert [one.chain.object_name for one in inspector.chains][-1] == "made"
    cmd.delete("made")
    inspector.read_marks()
    assert {one.chain.object_name for one in inspector.chains} == {"mine"}
    assert inspector.status.problem == ""


@pytest.mark.parametrize("way", ["delete 1hpv", "reinitialize"])
def test_a_structure_that_goes_empties_the_panel(cmd: Any, inspector: Inspector, way: str) -> None:
    cmd.do(way, echo=0)
    inspector.read_marks()
    assert inspector.target is None
    assert "1hpv chain A was deleted or renamed" in inspector.status.problem
    assert not [name for name in cmd.get_names("all") if name.startswith("provis")]
    assert "provis" not in cmd.get_session()


def test_a_structure_that_is_moved_while_the_panel_is_open(cmd: Any, inspector: Inspector) -> None:
    before = read_cylinders(cmd, "provis_1hpv_A_12-4")
    cmd.translate([10, 0, 5], object="1hpv", camera=0)
    inspector.settle()
    after = read_cylinders(cmd, "provis_1hpv_A_12-4")
    np.testing.assert_allclose(after.start, before.start + np.array([10, 0, 5]), atol=1e-3)


PLAIN = """\
load {session}
print("OBJECTS", cmd.get_object_list(), cmd.count_atoms("1hpv"))
save {again}
"""

SCRIPT = """\
import sys, json
from pymol import cmd
sys.path.insert(0, {root!r})
from plugin.entry import app
inspector = app.inspector
def wait():  # "session" is PyMOL's own name here
    while app.session.jobs:
        app.session.wait()
cmd.load({hpv!r}, "1hpv")
inspector.open("chain A")
wait()
inspector.choose.head((2, 1))
inspector.choose.options(min_attn=0.06)
inspector.settle()
cmd.select("sele", "/1hpv//A/25-27")
inspector.read_marks()
inspector.choose.box(slice(20, 30), slice(40, 60))
inspector.choose.profile("received")
state = inspector.state.to_json()
cmd.save({session!r})
inspector.close()
cmd.reinitialize()
cmd.load({session!r})
inspector.open()
wait()
rows = inspector.readings.pair_rows
print("RESULT", json.dumps([state, inspector.state.to_json(), inspector.stage.pointer.marks.tolist(),
    len(rows), [int(rows.query[0]), int(rows.key[0]), float(rows.weight[0])],
    inspector.command(), [row.label for row in inspector.readings.site_rows],
    cmd.count_atoms("provis_query")]))
cmd.delete("1hpv")
inspector.read_marks()
print("GONE", inspector.target, inspector.status.problem)
app.close()
"""


@in_both
def test_a_session_in_each_pymol(
    cmd: Any, run_script: Callable[..., str], tmp_path: Path, program: str
) -> None:
    session, script = tmp_path / "saved.pse", tmp_path / "panel.py"
    script.write_text(SCRIPT.format(root=str(ROOT), hpv=str(find_1hpv()), session=str(session)))
    text = run_script(program, script)
    line = next(line for line in text.splitlines() if line.startswith("RESULT "))
    before, after, marks, n_rows, row, command, site, n_query = json.loads(line.removeprefix("RESULT "))
    assert after == before
    assert before["head"] == "3-2"
    assert np.flatnonzero(marks).tolist() == []  # read anew when it is asked for
    assert n_rows > 10
    assert 0 <= row[0] < row[1] < 99
    assert row[2] >= np.float32(0.06)
    assert command.startswith("provis_attn /1hpv/")
    assert "min_attn=0.06" in command
    assert "A/ASP25" in site
    assert n_query > 50
    assert "GONE None 1hpv chain A was deleted or renamed" in text
    # a PyMOL without ProVis opens the session and saves it again
    plain, again = tmp_path / "plain.pml", tmp_path / "again.pse"
    plain.write_text(PLAIN.format(session=session, again=again))
    assert "OBJECTS ['1hpv']" in run_script(program, plain)
    assert again.exists()
