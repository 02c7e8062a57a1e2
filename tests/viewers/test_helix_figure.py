"""What README says of the bundled model: its helix head on a structure that comes with PyMOL."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from .programs import ROOT

pytestmark = pytest.mark.usefixtures("worker")


def test_the_numbers_beside_the_figure_are_those_of_the_command(
    cmd: Any, commands: dict[str, Callable[..., Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    cmd.load("$PYMOL_DATA/demo/1tii.pdb", "1tii")
    commands["provis_heads"]("chain A", by="helix", model="provis_mini", quiet=0, wait=1)
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if re.match(r" +\d+-\d+ ", line)]
    head, arcs, share, mean, low, _, high, p_all = [word.strip("()") for word in rows[0]]
    said = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"Head {head} comes first of all 72 there" in said
    assert (
        f"{share} % of its {arcs} strong pairs attend to a helix, {mean} % by chance (95 %: {low} to {high})"
        in said
    )
    assert float(p_all) == pytest.approx(0.03, abs=0.005) and "p = 0.03 corrected" in said
    script = (ROOT / "docs" / "helix_figure.pml").read_text(encoding="utf-8")
    assert re.search(rf"^provis_attn chain A, {head}, .*color_by=helix", script, re.MULTILINE)
