"""``provis replay`` in processes of their own: of files that the shell made, and that PyMOL made."""

from __future__ import annotations

import dataclasses
import gzip
import importlib.util
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from provis_core.actions.work.replay_plan import (
    choose_out,
    find_recorded_chains,
    find_recorded_model,
    read_asked_again,
)
from provis_core.errors import ProvisError
from provis_core.exports.record import MadeModel, load_record, record_text
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from provis_core.viewers.file_viewer import FileViewer
from tests.patience import PATIENCE

pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("torch", "transformers")),
        reason="torch or transformers is not installed",
    ),
]


HPV = "pdb/1hpv.pdb.gz"


def run(*arguments: object) -> list[str]:
    """Run the program as a process of its own; gives what it says."""
    command = [sys.executable, "-m", "provis_core.cli", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=False,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return (done.stdout + done.stderr).splitlines()


@pytest.fixture(scope="module")
def drawn(structure: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A figure of chain B of 1HPV."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVIS_HOME", str(folder / "home"))
        patch.setenv("PROVIS_WORKER_PYTHON", sys.executable)
        asked = ["--chain", "B", "--layer", 7, "--head", 1, "--what", "map", "--by", "site", "--distance", 5]
        run("figure", structure(HPV), *asked, "--scale", "log", "--out", folder / "fig.svg")
    return (folder / "fig.svg").read_bytes()


@pytest.fixture
def fig(drawn: bytes, tmp_path: Path) -> Path:
    """The same under a name of this test."""
    path = tmp_path / "fig.svg"
    path.write_bytes(drawn)
    return path


def test_files_of_the_shell_are_made_again_in_a_new_process(
    provis, fig: Path, structure: Callable[[str], Path], tmp_path: Path
) -> None:
    hpv, table, heads = structure(HPV), tmp_path / "why.json", tmp_path / "heads.json"
    asked = ["--target=V82A", "--chain=A", "--quiet"]
    assert provis("explain", hpv, *asked, "--steps=2", "--out", table).status == 0
    both = ["--by=strand", "--measure=both", "--out", heads]
    assert provis("heads", hpv, *asked, *both).status == 0
    pairs = tmp_path / "pairs.json"
    drawn = ["--layer=7", "--head=1", "--top=9", "--min-sep=6", "--chain=A", "--out", pairs]
    assert provis("attn", hpv, *drawn).status == 0
    for path in (fig, table, heads, pairs):
        again = path.with_name(f"{path.stem}_replayed{path.suffix}")
        said = run("replay", path, hpv)
        assert said[-1] == f"{path.name} made again, written to {again}: the same, byte by byte", said
        assert again.read_bytes() == path.read_bytes()


def test_a_file_of_pymol_is_made_again_and_what_differs_is_told(
    provis, fig: Path, structure: Callable[[str], Path], tmp_path: Path
) -> None:
    hpv, record = structure(HPV), load_record(fig)
    chain = dataclasses.replace(record.chains[0], object_name="mine", coordinates="0", segment_id="S")
    made = dataclasses.replace(
        record,
        chains=(chain,),
        options={**record.options, "selection": "/mine//B", "direction": "directed"},
        versions={**record.versions, "viewer": "PyMOL", "provis": "0.0.1"},
        commands=("provis_figure a.svg", "delete all"),
    )
    path, out = tmp_path / "pymol.svg", tmp_path / "out.svg"
    path.write_text(record_text(made))
    said = provis("replay", path, hpv, "--out", out)
    assert said.status == 0
    name = record.chains[0].object_name
    assert said.out.splitlines() == [
        f"pymol.svg: structure: {name} chain B: in the place of mine chain B; other coordinates",
        f"pymol.svg: version of provis: {record.versions['provis']} now, 0.0.1 in the file",
        "pymol.svg: version of viewer: the program now, PyMOL in the file",
    ]
    assert "the same numbers; what differs is told above" in said.err
    assert out.read_bytes() == fig.read_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"options": {"mark": "resi 5"}},
            ["made with mark resi 5, a selection in PyMOL", "Replay the file there"],
        ),
        ({"options": {"what": "structure"}}, ["bad.svg cannot be made again: --what structure of a file"]),
        ({"options": {"others": "--out=stolen.svg"}}, ["The head is '--out=stolen.svg'"]),
        ({"options": {"out": "stolen.svg"}}, ["out=stolen.svg"]),
        ({"options": {"file": "/etc/passwd"}}, ["file /etc/passwd", "--files"]),
        ({"kind": "models"}, ["made by models"]),
        ({"model": MadeModel("x", "/x")}, ["the model x", "--model FOLDER"]),
        ({"chains": ()}, ["names no chain"]),
    ],
)
def test_what_cannot_be_made_is_refused(
    provis, fig: Path, structure: Callable[[str], Path], tmp_path: Path, monkeypatch, change, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    record = load_record(fig)
    if "options" in change:
        change = {"options": {**record.options, **change["options"]}}
    versions = {"viewer": "PyMOL"}
    Path("bad.svg").write_text(record_text(dataclasses.replace(record, versions=versions, **change)))
    said = provis("replay", "bad.svg", structure(HPV))
    assert said.status == 1 and said.out == ""
    for word in words:
        assert word in said.err
    assert sorted(one.name for one in Path().glob("*.svg")) == ["bad.svg", "fig.svg"]


ODD: Final[list[Any]] = [
    *(None, True, -1, 10**30, 1e308, "", "x" * 500, "../..", "\0", "«a»", [], {}, [1, [2]], {"a": {"b": 1}}),
    *("12-4", "heads.json:x", "~nobody/x", "\ud800", "-", "--out=x"),
]


def change(value: Any, chance: random.Random) -> Any:
    """A value of JSON in which some parts are others."""
    if chance.random() < 0.02:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {name: change(one, chance) for name, one in value.items() if chance.random() > 0.005}
    return [change(one, chance) for one in value] if isinstance(value, list) else value


def test_whatever_stands_in_a_record_is_taken_or_refused_in_words(
    fig: Path, structure: Callable[[str], Path], tmp_path: Path, provis_home: Path
) -> None:
    viewer = FileViewer(structure(HPV), (), write=print, warn=print)
    session = Session(viewer, Settings(tmp_path / "settings.json"))
    whole = json.loads(json.dumps(load_record(fig).to_values()))
    path, chance, taken, refused = tmp_path / "odd.json", random.Random(1), 0, 0
    for _ in range(400):
        path.write_text(json.dumps({"record": change(whole, chance)}), encoding="utf-8")
        try:
            record = load_record(path)
            asked = read_asked_again(record, path, opens_files=chance.random() < 0.5)
            out, _ = choose_out(path, asked.suffix, "", overwrite=True)
            assert out.parent == tmp_path and out != path
            find_recorded_model(session, record, path, "")
            find_recorded_chains(viewer, record, path, is_chosen=True)
            taken += 1
        except ProvisError as error:
            assert error.got and error.need and error.do and str(error).isprintable()
            refused += 1
    assert taken > 20 and refused > 100


def test_the_structure_is_named_and_a_changed_one_is_told(
    provis, fig: Path, structure: Callable[[str], Path], tmp_path: Path
) -> None:
    said = provis("replay", fig)
    assert said.status == 1 and "chain B" in said.err and "provis replay" in said.err
    said = provis("replay", fig, structure(HPV), "--out", fig)
    assert said.status == 1 and "is the file that is replayed" in said.err
    short = tmp_path / "short.pdb"
    with gzip.open(structure(HPV), "rt") as file:
        kept = [line for line in file if not (line.startswith("ATOM") and line[21:26] in ("B   1", "B   2"))]
    short.write_text("".join(kept))
    other = provis("replay", fig, short)
    assert (
        other.status == 0 and "chain B: in the place of" in other.out and "97 residues, not 99" in other.out
    )
    assert "not the same numbers; what differs is told above" in other.err
