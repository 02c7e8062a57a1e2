"""``provis figure`` on a real file, with the bundled model, and the line that makes the file again."""

from __future__ import annotations

import importlib.util
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from provis_core.exports.record import load_record

pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("torch", "transformers")),
        reason="torch or transformers is not installed",
    ),
]


def test_a_figure_says_which_line_makes_it_and_that_line_makes_the_same(
    provis, structure: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, out = structure("pdb/1hpv.pdb.gz"), tmp_path / "first.svg"
    asked = ["--chain", "B", "--layer", 7, "--head", 1, "--what", "map+profile", "--scale", "log"]
    said = provis("figure", path, *asked, "--journal", "nature", "--width", "single", "--out", out)
    assert said.status == 0 and said.out == ""
    assert f"figure of 1hpv chain B, provis_mini 7-1 written to {out}" in said.err
    record = load_record(out)
    assert (
        record.title.lower() == "1hpv chain b, provis_mini head 7-1" and record.model.weights
    )  # as the header says
    (line,) = record.commands
    program, *words = shlex.split(line)
    assert program == "provis" and words[:2] == ["figure", path.name]
    monkeypatch.chdir(tmp_path)
    words[1] = str(path)
    assert provis(*words).status == 0
    assert (tmp_path / "figure.svg").read_bytes() == out.read_bytes()
    refused = provis("figure", path, *asked, "--out", out, "--overwrite", "0")
    assert refused.status == 1 and "is there already" in refused.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "a.bmp"], "ends in one of .png"),
        (["--out", "no/a.png"], "no folder"),
        (["--out", "a.png", "--journal", "natur"], "Did you mean --journal nature"),
        (["--out", "a.png", "--chain", "Q"], "Q"),
        ([], "--out"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    provis, structure: Callable[[str], Path], tmp_path: Path, monkeypatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = provis("figure", structure("pdb/1hpv.pdb.gz"), *arguments)
    assert said.status in (1, 2) and words in said.err
    assert not list(tmp_path.glob("*.png"))
