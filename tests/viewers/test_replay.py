"""Files that are made again: in a PyMOL of its own, of a changed structure or model, and from bad records."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.exports.record import MadeChain, MadeModel, Record, load_record, record_text
from provis_core.exports.saving import known_suffixes
from tests.patience import PATIENCE
from tests.tiny_checkpoints import write_tiny_bert

from .programs import ROOT
from .structures import find_1hpv

if importlib.util.find_spec("matplotlib") is None:
    pytest.skip("matplotlib is not installed", allow_module_level=True)

ROWS_ALONE = {".csv", ".tsv"}
FIGURES = (".png", ".svg", ".pdf", ".eps", ".tiff")

SCRIPT = """\
import sys
sys.path.insert(0, {root!r})
from pymol import cmd
from plugin.entry import app, commands
cmd.load({hpv!r}, "1hpv")
for path in {paths!r}:
    made = commands["provis_replay"](path, wait="1")
    print("MADE", made.path, made.is_same, len(made.differences))
app.close()
"""


def make_figure(commands: dict[str, Any], path: Path, **options: Any) -> Path:
    """Draw one map, small."""
    asked = {"what": "map", "width": "single", "dpi": "60", "wait": "1", **options}
    made: Path = commands["provis_figure"](str(path), "1hpv and chain A", 7, 1, **asked)
    return made


def read_pixels(path: Path) -> Any:
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))


def test_every_kind_of_file_is_made_again_in_a_new_process(
    hpv: str, commands: dict[str, Any], run_script: Callable[..., str], tmp_path: Path
) -> None:
    paths = [make_figure(commands, tmp_path / f"fig{suffix}") for suffix in FIGURES]
    paths += [tmp_path / "why.json", tmp_path / "heads.json"]
    commands["provis_explain"]("chain A", "V82A", steps="2", out=str(paths[-2]), wait="1")
    commands["provis_heads"]("chain A", "site", distance="5", out=str(paths[-1]), wait="1")
    assert "site: a heavy atom within 5 Å" in load_record(paths[-1]).caption
    for suffix in sorted({*known_suffixes()} - ROWS_ALONE):
        paths.append(tmp_path / f"pairs{suffix}")
        commands["provis_export"](
            str(paths[-1]), "chain A", 7, 1, min_attn="0.1", color_by="contact", wait="1"
        )
    kept = {path: path.read_bytes() for path in paths}
    script = tmp_path / "again.py"
    script.write_text(SCRIPT.format(root=str(ROOT), hpv=str(find_1hpv()), paths=list(map(str, paths))))
    text = run_script("wheel", script)
    for path in paths:
        again = path.with_name(f"{path.stem}_replayed{path.suffix}")
        assert f"MADE {again} True 0" in text, text
        assert path.read_bytes() == kept[path] == again.read_bytes()
        assert load_record(again) == load_record(path)
    for suffix in (".png", ".tiff"):
        before, now = (read_pixels(tmp_path / f"{name}{suffix}") for name in ("fig", "fig_replayed"))
        assert before.std() > 0 and np.array_equal(before, now)
    shell = [sys.executable, "-m", "provis_core.cli", "replay", str(tmp_path / "fig.png"), str(find_1hpv())]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout.splitlines() == [
        "fig.png: version of viewer: the program now, PyMOL in the file",
        "fig.png: numbers of a: sec. str.: others than in the file",
        "fig.png: caption: secondary structure: codes H, G, I. now, "
        "secondary structure: codes H. in the file",
    ]
    assert "not the same numbers; what differs is told above" in done.stderr
    a, b = (read_pixels(tmp_path / name) for name in ("fig.png", "fig_replayed_2.png"))
    assert np.array_equal(a[60:, :100], b[60:, :100])  # the map; PyMOL found helices and strands itself
    rows = [
        json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))["rows"]
        for name in ("why", "why_replayed")
    ]
    assert len(rows[0]) == 99 and rows[0] == rows[1]


def test_what_is_said_where_and_under_which_name(
    hpv: str, commands: dict[str, Any], console: Callable[..., list[str]], refuse: Any, tmp_path: Path
) -> None:
    path = make_figure(commands, tmp_path / "fig.svg")
    again = [tmp_path / f"fig_replayed{end}.svg" for end in ("", "_2")]
    for one in again:
        lines = console(f"provis_replay {path}, wait=1")
        assert lines[-1] == f" ProVis: fig.svg made again, written to {one}: the same, byte by byte"
    other = tmp_path / "other.svg"
    for told in ("", ", in place of the file that was there"):
        lines = console(f"provis_replay {path}, out={other}, wait=1")
        assert lines[-1] == f" ProVis: fig.svg made again, written to {other}{told}: the same, byte by byte"
    replay, before = commands["provis_replay"], path.read_bytes()
    (tmp_path / "link.svg").symlink_to(path)
    for name in ("fig.svg", "./fig.svg", "link.svg"):
        refuse(lambda name=name: replay(str(path), out=f"{tmp_path}/{name}"), "is the file that is replayed")
    refuse(lambda: replay(str(path), out=str(other), overwrite="0"), "is there already", "overwrite=0")
    refuse(lambda: replay(str(path), out=str(tmp_path / "fig2.png")), "ends in .png", "Try out=fig2.svg")
    refuse(lambda: replay(str(path), out=str(tmp_path / "no" / "a.svg")), "no folder")
    refuse(lambda: replay(""), "No file was named", "provis_replay fig2.pdf")
    refuse(lambda: replay(str(tmp_path / "none.pdf")), "cannot be read")
    (tmp_path / "plain.png").write_bytes(b"\x89PNG")
    refuse(lambda: replay(str(tmp_path / "plain.png")), "has no record of ProVis")
    for suffix in ROWS_ALONE:
        commands["provis_export"](str(tmp_path / f"pairs{suffix}"), "chain A", 7, 1, wait="1")
        refuse(lambda suffix=suffix: replay(str(tmp_path / f"pairs{suffix}")), "has no record of ProVis")
    assert path.read_bytes() == before


def test_a_changed_structure_is_told(
    cmd: Any, hpv: str, commands: dict[str, Any], refuse: Any, capsys: Any, tmp_path: Path
) -> None:
    path, replay = make_figure(commands, tmp_path / "fig.svg"), commands["provis_replay"]
    cmd.set_name(hpv, "mine")
    made = replay(str(path), wait="1")
    assert made.differences == ("structure: mine chain A: in the place of 1hpv chain A",)
    assert not made.is_same
    cmd.load(str(find_1hpv()), "1hpv")
    cmd.translate([1, 0, 0], "1hpv and resi 30", camera=0)
    capsys.readouterr()
    assert replay(str(path), wait="1").differences == made.differences  # the same coordinates come first
    assert "ProVis: fig.svg: structure: mine chain A: in the place of" in capsys.readouterr().out
    cmd.delete("mine")
    told = ("structure: 1hpv chain A: other coordinates", "numbers of a: contacts: others than in the file")
    assert replay(str(path), wait="1").differences == told
    cmd.disable("1hpv")
    assert replay(str(path), wait="1").differences == told
    cmd.enable("1hpv")
    cmd.alter("1hpv and chain A and resi 50-60", "ss='H'")
    assert "numbers of a: sec. str.: others than in the file" in replay(str(path), wait="1").differences
    cmd.remove("1hpv and chain A and resi 1-3")
    residues, *others = replay(str(path), wait="1").differences
    assert residues == "structure: 1hpv chain A: 96 residues, not 99"
    assert "numbers of a: shape: [96, 96] now, [99, 99] in the file" in others
    cmd.set_name("1hpv", "third")
    told = "shows 1hpv chain A (1HPV, 99 residues), which is not here", "Load it (of the PDB: fetch 1hpv)"
    refuse(lambda: replay(str(path)), *told)
    assert (
        replay(str(path), selection="third and chain A", wait="1")
        .differences[0]
        .startswith("structure: third chain A: in the place of 1hpv chain A; 96 residues, not 99")
    )
    refuse(lambda: replay(str(path), selection="nothing_of_that_name"), "nothing_of_that_name")
    cmd.delete("all")
    refuse(lambda: replay(str(path)), *told)


def test_what_was_marked_on_residues_that_are_gone_is_told_with_the_structure(
    cmd: Any, hpv: str, commands: dict[str, Any], refuse: Any, tmp_path: Path
) -> None:
    path = make_figure(commands, tmp_path / "fig.svg", mark="/1hpv//A/50")
    cmd.remove("1hpv and resi 50")
    words = "cannot be made again (structure: 1hpv chain A: 98 residues, not 99)", "/1hpv/1HPV/A/50"
    refuse(lambda: commands["provis_replay"](str(path)), *words)
    assert not (tmp_path / "fig_replayed.svg").exists()


def test_a_sequence_that_was_typed_is_in_no_record(
    hpv: str, commands: dict[str, Any], refuse: Any, session: Any, tmp_path: Path
) -> None:
    replay, path = commands["provis_replay"], tmp_path / "fig.svg"
    letters = session.viewer.read_chains("chain A")[0].chain.sequence
    make_figure(commands, path, seqres=letters)
    told = json.dumps(load_record(path).to_values())
    assert letters not in told and "seqres=SEQUENCE" in told
    assert letters not in path.read_text(encoding="utf-8")
    refuse(lambda: replay(str(path)), "a sequence as seqres, which no file carries", "seqres=SEQUENCE")
    assert replay(str(path), seqres=letters, wait="1").is_same
    file = tmp_path / "given.fasta"
    file.write_text(f">given\n{letters}\n")
    (line,) = replay(str(path), seqres=str(file), wait="1").differences
    assert line.startswith("seqres: ") and "SHA-256" in line
    make_figure(commands, path, seqres=str(file))
    refuse(lambda: replay(str(path)), "other files: seqres", "files=1")
    assert replay(str(path), files="1", wait="1").is_same
    why = tmp_path / "why.json"
    baseline = letters[::-1]
    options = {"baseline": baseline, "steps": "2", "out": str(why), "wait": "1"}
    commands["provis_explain"]("chain A", "likelihood", **options)
    assert baseline not in why.read_text(encoding="utf-8").partition('"chains"')[0]
    refuse(lambda: replay(str(why)), "a sequence as baseline", "Type the command itself")


def test_a_replay_that_nobody_waits_for(
    hpv: str, commands: dict[str, Any], session: Any, tmp_path: Path
) -> None:
    path = make_figure(commands, tmp_path / "fig.svg")
    jobs = [commands["provis_replay"](str(one), wait="0") for one in (path, path)]
    assert session.wait(timeout=PATIENCE)
    assert [job.result().is_same for job in jobs] == [True, True]


def test_linked_chains_and_residues_that_were_selected_come_back(
    hpv: str, commands: dict[str, Any], tmp_path: Path
) -> None:
    asked = {"what": "map", "width": "single", "dpi": "60", "wait": "1", "layer": "7-1"}
    linked, marked = tmp_path / "both.svg", tmp_path / "marked.svg"
    commands["provis_figure"](str(linked), "chain A+B", link="1", **asked)
    words = {"mark": "resi 25", "site": "resi 60-70", "rows": "resi 20-40"}
    commands["provis_figure"](str(marked), "chain B", **words, **asked)
    for path, n in ((linked, 2), (marked, 1)):
        assert len(load_record(path).chains) == n
        assert commands["provis_replay"](str(path), wait="1").is_same


def test_a_changed_or_missing_model_is_told(
    hpv: str, commands: dict[str, Any], refuse: Any, tmp_path: Path
) -> None:
    import torch

    torch.manual_seed(1)
    folder = write_tiny_bert(tmp_path / "tiny_bert")
    path, replay = make_figure(commands, tmp_path / "fig.png", model=str(folder)), commands["provis_replay"]
    refuse(lambda: replay(str(path)), "made with the model tiny_bert", "SHA-256", "model=FOLDER")
    assert replay(str(path), model=str(folder), wait="1").is_same
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1  # of the last number
    weights.write_bytes(data)
    (told, *_) = replay(str(path), model=str(folder), wait="1").differences
    assert told.startswith("model: SHA-256 of model.safetensors ") and "in the file" in told
    (told, *_) = replay(str(path), model="provis_mini", wait="1").differences
    assert told == "model: provis_mini now, tiny_bert in the file"
    shutil.rmtree(folder)
    refuse(lambda: replay(str(path), model=str(folder)), str(folder))


def write_record(path: Path, record: Record | None = None, **values: Any) -> Path:
    """Write a file with nothing but a record, of which some values are others."""
    import base64
    import zlib

    if record is not None:
        path.write_text(record_text(dataclasses.replace(record, **values)))
        return path
    packed = base64.b32encode(zlib.compress(json.dumps(values).encode())).decode().rstrip("=")
    path.write_text(f"provisrecord{packed}end")
    return path


MADE = Record(
    "figure",
    options={
        "filename": "figure.svg",
        "what": "map",
        "layer": 7,
        "head": 1,
        "dpi": 60,
        "model": "provis_mini",
    },
    model=MadeModel("provis_mini", "provis_mini"),
    chains=(MadeChain("1hpv", "A"),),
    versions={"viewer": "PyMOL"},
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "clear"}, ["made by clear", "figure"]),
        ({"kind": "fetch"}, ["made by fetch"]),
        ({"kind": "replay"}, ["made by replay"]),
        ({"kind": "\x1b[2J«attn»\nError"}, ["made by [2J attn Error"]),
        ({"options": {"run": "cmd.quit()"}}, ["options that this version", "run=cmd.quit()"]),
        ({"options": {"selection": {"a": 1}}}, ["options that nobody can type"]),
        ({"options": {"given": [1]}}, ["options that nobody can type"]),
        ({"options": {"mark": "\x1b[2J"}}, ["options that nobody can type"]),
        ({"options": {"mark": "«fetch x»"}}, ["options that nobody can type"]),
        ({"options": {"layer": "many"}}, ["layer=many"]),
        ({"options": {"dpi": 10**9}}, ["dpi=1000000000"]),
        ({"options": {"file": "/etc/passwd"}}, ["other files: file /etc/passwd", "files=1"]),
        ({"options": {"seqres": "/etc/hosts"}}, ["seqres /etc/hosts", "files=1"]),
        ({"options": {"heads": "~/x.json:contact"}}, ["heads ~/x.json:contact", "files=1"]),
        ({"options": {"mark": "resi 5"}, "versions": {"viewer": "ChimeraX"}}, ["mark resi 5", "in ChimeraX"]),
        ({"model": MadeModel("x", "../../x")}, ["the model x", "model=FOLDER"]),
        (
            {"model": MadeModel("esm2_650m", "esm2_650m")},
            ["esm2_650m is not on this computer", "provis_fetch"],
        ),
        ({"model": MadeModel()}, ["that it does not name"]),
        ({"chains": ()}, ["names no chain"]),
        ({"chains": (MadeChain("1hpv; delete all", "A"),)}, ["shows 1hpv; delete all chain A"]),
        ({"chains": (MadeChain("1hpv", "A"),) * 2}, ["which is not here"]),
    ],
)
def test_a_record_is_not_trusted(
    hpv: str, commands: dict[str, Any], refuse: Any, tmp_path: Path, change: dict[str, Any], words: list[str]
) -> None:
    if "options" in change:
        change = {**change, "options": {**MADE.options, **change["options"]}}
    path = write_record(tmp_path / "fig.svg", MADE, **change)
    error = refuse(lambda: commands["provis_replay"](str(path)), *words)
    assert str(error).isprintable()
    assert [one.name for one in tmp_path.glob("*.svg")] == ["fig.svg"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 99}, ["a record of format 99, of a later version", "Update ProVis"]),
        ({"format": "1"}, ["no record of ProVis"]),
        ({"kind": 3}, ["damaged record (kind is of another kind)"]),
        ({"chains": "A"}, ["damaged record"]),
        ({"chains": [{"object_name": "x"}]}, ["damaged record"]),
        ({"chains": [{"object_name": "x", "chain_id": "A", "state": "1"}]}, ["state is of another kind"]),
        ({"model": {"weights": {"a": 1}}}, ["weights is of another kind"]),
        ({"options": [1]}, ["options is of another kind"]),
        ({"commands": [1]}, ["commands is of another kind"]),
        ({"model": None}, ["damaged record"]),
        ({"title": "x" * 5_000_000}, ["damaged record (more than 4 MB)"]),
        ({"numbers": json.loads("[" * 600 + "]" * 600)}, ["nested too deeply"]),
    ],
)
def test_a_damaged_record_is_told(
    hpv: str, commands: dict[str, Any], refuse: Any, tmp_path: Path, change: dict[str, Any], words: list[str]
) -> None:
    path = write_record(tmp_path / "fig.svg", **{**MADE.to_values(), **change})
    refuse(lambda: commands["provis_replay"](str(path)), *words)
    left = {name: value for name, value in MADE.to_values().items() if name != next(iter(change))}
    refuse(
        lambda: commands["provis_replay"](str(write_record(path, **left))), ""
    ) if "kind" in change else None


def test_only_the_command_is_run_and_only_the_new_file_is_written(
    cmd: Any, hpv: str, commands: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    stolen = tmp_path / "stolen.pdb"
    options = {
        **MADE.options,
        "filename": f"{tmp_path}/victim.svg",
        "caption": f"{tmp_path}/victim.txt",
        "selection": "all or 1hpv; delete all",
    }
    told = (f"save {stolen}", "delete all", f"/open({str(stolen)!r}, 'w')")
    path = write_record(folder / "fig.svg", MADE, options=options, commands=told)
    made = commands["provis_replay"](str(path), wait="1")
    assert made.path == folder / "fig_replayed.svg" and not made.is_same
    assert sorted(one.name for one in folder.iterdir()) == ["fig.svg", "fig_replayed.svg"]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(("victim", "stolen"))] == []
    assert cmd.get_names() == [hpv]
    assert load_record(made.path).commands[0].startswith("provis_figure figure.svg, ")
