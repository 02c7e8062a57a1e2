"""Where an object came from is remembered: the same script gives the same from every working folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.structures.sequence import compute_sequence_map, count_missing
from provis_core.targets.properties import place_subject
from provis_core.targets.scope import Scope
from provis_core.targets.targets import Target
from provis_core.viewers.viewer import Viewer
from tests.structures.files import THREE, seqres
from tests.tiny_checkpoints import HIV_PROTEASE

from .programs import ROOT, in_both
from .structures import at, change, drop, protein, read_1hpv

NAMES = [THREE[letter] for letter in HIV_PROTEASE]


def resolved() -> list[str]:
    return drop(protein(read_1hpv()), at(*range(40, 46)))


@pytest.fixture
def viewer(cmd: Any) -> Viewer:
    """PyMOL, as ProVis sees it."""
    from plugin.viewers.pymol_viewer import PymolViewer

    return PymolViewer(cmd)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A file with SEQRES records and a gap."""
    path = tmp_path / "data" / "mine.pdb"
    path.parent.mkdir()
    path.write_text("\n".join([*seqres(NAMES), *resolved(), "END", ""]))
    return path


SCRIPT = """\
import json, os, sys
sys.path.insert(0, {root!r})
from plugin.viewers.pymol_viewer import PymolViewer
viewer, seen = PymolViewer(cmd), {{}}

def see(step):
    chains = [one.chain for one in viewer.read_chains("all")]
    seen[step] = [[one.object_name, one.polymer.sequence if one.polymer else ""] for one in chains]

os.chdir({elsewhere!r})
cmd.load({path!r})
see("loaded")
cmd.set_name("mine", "renamed")
see("renamed")
cmd.save("saved.pse")
cmd.reinitialize()
del cmd._pymol._provis_loads[:]
cmd.load("saved.pse")
see("session")
cmd.do("load " + {path!r} + ", typed")
cmd.extract("part", "%renamed and resi 1-60")
see("typed and extracted")
cmd.create("copy", "%typed and resi 2-60")
for name in ("renamed", "typed", "part"):
    cmd.delete(name)
see("a copy whose source is gone")
print("RESULT", json.dumps(seen))
"""


@in_both
def test_a_file_is_found_again_after_renames_and_in_sessions(
    run_script: Callable[..., str], tmp_path: Path, mine: Path, program: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    script = tmp_path / "script.py"
    script.write_text(
        SCRIPT.format(root=str(ROOT), elsewhere=str(elsewhere), path=os.path.relpath(mine, elsewhere))
    )
    seen = json.loads(run_script(program, script).split("RESULT ")[1].splitlines()[0])
    assert seen == {
        "loaded": [["mine", HIV_PROTEASE]],
        "renamed": [["renamed", HIV_PROTEASE]],
        "session": [["renamed", HIV_PROTEASE]],
        "typed and extracted": [[name, HIV_PROTEASE] for name in ("renamed", "typed", "part")],
        "a copy whose source is gone": [["copy", HIV_PROTEASE]],
    }


def test_loading_is_as_it_was(cmd: Any, viewer: Viewer, mine: Path, tmp_path: Path) -> None:
    import pymol
    from pymol import importing

    before = dict(importing.loadfunctions)
    from plugin.viewers.pymol_viewer import PymolViewer

    PymolViewer(cmd)
    assert importing.loadfunctions == before  # wrapped once
    assert cmd.load is importing.load or cmd.load.__name__ == "load"
    with pytest.raises(pymol.CmdException):
        cmd.load(str(tmp_path / "absent.pdb"))
    cmd.load(str(mine), "two words")
    cmd.load(str(mine), "two_words", state=2)
    assert cmd.count_states("two_words") == 2
    assert cmd.get_names("objects") == ["two_words"]


@pytest.mark.parametrize("entry", ["text", {"a": 1}, [["path", "name"]], [1], [["path", 2, 3]]])
def test_an_entry_of_a_session_that_cannot_be_read_is_told(
    cmd: Any, viewer: Viewer, tmp_path: Path, capsys: pytest.CaptureFixture[str], entry: Any
) -> None:
    session = cmd.get_session()
    session["provis_files"] = entry
    cmd.set_session(session)
    assert "of the files of objects cannot be read" in capsys.readouterr().out


def test_missing_residues_that_nothing_tells_are_told_once(
    cmd: Any, app: Any, show: Callable[..., str], mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    viewer = app.session.viewer
    show(change(resolved(), number=lambda number: number + 100))
    cmd.load(str(mine))
    told = {}
    for scope in (
        Scope("toy"),
        Scope("toy", gaps="observed"),
        Scope("toy", seqres=HIV_PROTEASE),
        Scope("mine"),
    ):
        told[scope] = scope.describe_unknown(scope.read(viewer)[0])
    assert [len(lines) for lines in told.values()] == [1, 0, 0, 0]
    (line,) = told[Scope("toy")]
    assert line.startswith("toy chain A misses residues (between 139-146), and nothing tells which")
    for _ in range(2):
        app.session.warn_once(line)
    assert capsys.readouterr().out.count("misses residues") == 1


def test_separations_count_the_residues_that_a_gap_leaves_out(
    viewer: Viewer, show: Callable[..., str]
) -> None:
    """The contacts are those of the whole chain between residues that are there."""
    whole = show(protein(read_1hpv()), "whole")
    gapped = show(drop(protein(read_1hpv()), at(40, 41, 42, 43, 80, 81)), "gapped")
    pairs: dict[str, set[tuple[str, str]]] = {}
    for name in (whole, gapped):
        (selected,) = viewer.read_chains(name)
        chain = selected.chain
        found = compute_sequence_map(chain)
        (subject,) = viewer.read_subjects([chain])
        subject = place_subject(subject, Target(selected, found))
        (contacts,) = compute_annotations("contact", subject)
        pairs[name] = {
            (chain.residue_ids[i].resi, chain.residue_ids[j].resi) for i, j in np.argwhere(contacts.values)
        }
    gone = {"40", "41", "42", "43", "80", "81"}
    assert pairs[gapped] == {pair for pair in pairs[whole] if not gone & {*pair}}
    assert count_missing(chain)[[39, 75]].tolist() == [4, 2]
    assert count_missing(chain).sum() == 6


def test_a_jump_without_a_break_leaves_nothing_out(viewer: Viewer, show: Callable[..., str]) -> None:
    lines = change(
        protein(read_1hpv()), lambda line: int(line[22:26]) > 50, number=lambda number: number + 10
    )
    show(lines)
    (selected,) = viewer.read_chains("toy")
    assert not count_missing(selected.chain).any()
