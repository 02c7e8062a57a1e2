"""Scripts in PyMOL as a program: the wheel's, and Debian's 2.5 under a Python that has no torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_checkpoints import HIV_PROTEASE

from .both_pymols import play
from .programs import ROOT, in_both, needs_debians
from .structures import SEEN_1HPV, at, change, drop, find_1hpv, keep, protein, read_1hpv, to_mmcif


@pytest.fixture
def structures(tmp_path: Path) -> dict[str, str]:
    """Files with what is hard to read."""
    lines = protein(read_1hpv())
    odd = change(lines, number=lambda number: number - 5)
    odd = change(odd, at(31), number=30, code="A")
    odd = change(odd, at(36), record="HETATM", resn="MSE")
    second = change(keep(odd, at(40)), alt="B", occupancy=0.7, shift=(2, 0, 0))
    odd = drop(odd, at(60, name="CA"))
    ligand = change(keep(lines, at(34)), record="HETATM", number=401, shift=(60, 0, 0))
    ion = change(keep(lines, at(99, name="CA")), record="HETATM", name="CA  ", resn="CA", number=402)
    texts = {
        "odd": [*change(odd, at(40), alt="A", occupancy=0.3), *second, "TER", *ligand, *ion],
        "two": [
            *lines,
            "TER",
            *change(lines, chain="a", shift=(60, 0, 0)),
            "TER",
            *change(lines, chain=" ", shift=(120, 0, 0)),
        ],
        "ca.only": keep(lines, lambda line: line[12:16].strip() == "CA"),
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.pdb").write_text("\n".join([*text, "END", ""]))
    names = [line[17:20] for line in lines if line[12:16] == " CA "]
    parts = [
        ("A", 1, drop(lines, at(1, 2, 40, 41, 42))),
        ("B", 1, change(lines, chain="B", shift=(40, 0, 0))),
    ]
    (tmp_path / "gaps.cif").write_text(to_mmcif(parts, {1: names}))
    return {**{name: str(tmp_path / f"{name}.pdb") for name in texts}, "gaps": str(tmp_path / "gaps.cif")}


@needs_debians
def test_one_session_gives_the_same_in_both(
    cmd: Any,
    commands: Any,
    bert: Path,
    structures: dict[str, str],
    run_script: Callable[..., str],
    tmp_path: Path,
) -> None:
    arguments = {"model": str(bert), "hpv": str(find_1hpv()), "structures": structures}
    script = tmp_path / "play.py"
    script.write_text(PLAY.format(root=str(ROOT), arguments=arguments))
    here = json.loads(json.dumps(play(cmd, commands, **arguments)))
    there = json.loads(run_script("debian", script).split("RESULT ")[1])
    assert here["camera stays"] and here["job is done"]
    assert len(here["first"][0]["weights"]) == 60
    assert here["given back"] and len(here["site"][0]) == 13 and here["site look"][1] > 50
    assert [item["chain"] for item in here["two"]] == ["two chain A", "two chain a", "two chain without id"]
    assert [item["sequence"] for item in here["gaps"]] == [HIV_PROTEASE] * 2
    assert here["gaps"][0]["numbers"][36:39] == ["39", "43", "44"]
    assert here["linked"][0]["sequence"] == HIV_PROTEASE + 25 * "G" + HIV_PROTEASE
    assert {place < 94 for places in here["linked"][0]["pairs"] for place in places} == {True, False}
    assert here["odd"][0]["numbers"][:2] == ["-4", "-3"]
    assert len(here["odd"][0]["numbers"]) == 99
    assert all(text.count(". ") >= 2 for text in here["refused"])
    assert there.keys() == here.keys()
    for step, expected in here.items():
        if step == "site lines":
            assert there[step] == pytest.approx(expected, abs=2e-3)
        elif step == "contacts":
            for (pairs, distances), (wanted, apart) in zip(there[step], expected, strict=True):
                assert pairs == wanted and distances == pytest.approx(apart, abs=2e-3)
        elif step in ("first", "directed", "moved", "linked", *structures):
            _compare(there[step], expected)
        else:
            assert there[step] == expected, step


def _compare(there: list[Any], expected: list[Any]) -> None:
    for got, wanted in zip(there, expected, strict=True):
        assert got.pop("weights") == pytest.approx(wanted.pop("weights"), abs=1e-4)
        assert got.pop("cylinders") == pytest.approx(wanted.pop("cylinders"), abs=2e-3)
        assert got == wanted


PLAY = """\
import json, sys
sys.path.insert(0, {root!r})
from plugin.entry import commands
from tests.viewers.both_pymols import play
print("RESULT", json.dumps(play(cmd, commands, **{arguments!r})))
"""

SCRIPT = """\
python
import sys
sys.path.insert(0, {root!r})
import plugin.entry
python end
load {hpv}, 1hpv
provis_attn chain A, layer=12, head=4, model={model}, sele=ends
show sticks, ends
print("STICKS", cmd.count_atoms("rep sticks and ends"), cmd.count_atoms("ends"))
provis_attn chain Q, model={model}
provis_attn chain B, 3, 2, {model}, wait=0
provis_wait
save {session}
print("NAMES", cmd.get_names("all"))
"""


@in_both
def test_a_script_of_commands_and_its_session(
    cmd: Any, bert: Path, run_script: Callable[..., str], tmp_path: Path, program: str
) -> None:
    session, script = tmp_path / "saved.pse", tmp_path / "figure.pml"
    values = {"root": str(ROOT), "hpv": find_1hpv(), "model": bert, "session": session}
    script.write_text(SCRIPT.format(**values))
    text = run_script(program, script)
    assert f"ProVis: 1hpv chain A, {SEEN_1HPV}, tiny_bert 12-4: 69 of" in text
    assert " Error: The selection 'chain Q' holds no atoms." in text
    sticks = text.split("STICKS ")[1].split()
    assert int(sticks[0]) == int(sticks[1]) > 0
    names = ["1hpv", "provis_1hpv_A_12-4", "provis", "ends", "provis_1hpv_B_3-2"]
    assert f"NAMES {names}" in text
    cmd.load(str(session))
    assert sorted(cmd.get_names("all")) == sorted(names)
    assert cmd.get_type("provis_1hpv_A_12-4") == "object:cgo"


@in_both
def test_a_session_shows_the_cylinders_without_provis(
    cmd: Any, hpv: str, attn: Any, run_script: Callable[..., str], tmp_path: Path, program: str
) -> None:
    attn("")
    cmd.set("pse_export_version", 2.5 if program == "debian" else 0)
    cmd.save(str(tmp_path / "saved.pse"))
    script = tmp_path / "show.py"
    script.write_text(
        f"cmd.load({str(tmp_path / 'saved.pse')!r})\n"
        "assert not any('provis' in name for name in __import__('sys').modules)\n"
        "print({name: cmd.get_type(name) for name in cmd.get_names('all', enabled_only=1)})\n"
    )
    types = {
        "1hpv": "object:molecule",
        "provis_1hpv_A_12-4": "object:cgo",
        "provis": "object:group",
        "provis_1hpv_B_12-4": "object:cgo",
    }
    assert str(types) in run_script(program, script)
