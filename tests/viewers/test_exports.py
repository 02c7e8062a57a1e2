"""``provis_export`` in real PyMOL, and what a PyMOL without ProVis makes of the files."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from .drawings import read_cylinders
from .programs import in_both, run_program

OPTIONS = "layer=2, head=1, min_attn=0.05, min_sep=6, color_by=contact, direction=directed"


def _typed(console: Any, name: str, bert: Path) -> list[str]:
    lines: list[str] = console(f"provis_export {name}, chain A, model={bert}, {OPTIONS}")
    return lines


def test_it_writes_what_attn_draws(cmd: Any, hpv: str, console: Any, bert: Path, tmp_path: Path) -> None:
    console(f"provis_attn chain A, model={bert}, {OPTIONS}")
    (name,) = [one for one in cmd.get_names("objects") if one.startswith("provis_") and one.endswith("_2-1")]
    drawn = read_cylinders(cmd, name)
    before = cmd.get_names("all"), cmd.get_view()
    path = tmp_path / "pairs.mvsj"
    lines = _typed(console, str(path), bert)
    assert lines[-1].endswith(f"{len(drawn.radius)} pairs written to {path}")
    assert (cmd.get_names("all"), cmd.get_view()) == before
    tree = json.loads(path.read_text())
    tubes = [
        one["params"]
        for group in tree["root"]["children"]
        if group["kind"] == "primitives"
        for one in group["children"]
    ]
    np.testing.assert_allclose([one["start"] for one in tubes[::2]], drawn.start, atol=1e-3)
    np.testing.assert_allclose([one["end"] for one in tubes[1::2]], drawn.end, atol=1e-3)
    np.testing.assert_allclose([one["radius"] for one in tubes[::2]], drawn.radius, atol=1e-3)
    codes = [[int(one["color"][k : k + 2], 16) for k in (1, 3, 5)] for one in tubes[1::2]]
    np.testing.assert_allclose(codes, 255 * np.array(drawn.end_rgb), atol=0.6)


@in_both
def test_a_script_needs_no_provis(
    program: str, cmd: Any, hpv: str, console: Any, bert: Path, tmp_path: Path
) -> None:
    _typed(console, str(tmp_path / "pairs.pml"), bert)
    _typed(console, str(tmp_path / "pairs.csv"), bert)
    with (tmp_path / "pairs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    places = {f"{one.chain}/{one.resn}{one.resi}": one.coord for one in cmd.get_model("name CA").atom}
    look = tmp_path / "look.pml"
    look.write_text(
        "@pairs.pml\n"
        "python\n"
        "import json\n"
        "ends = cmd.get_session()['names']\n"
        "found = {e[0]: e[5][2][0][0][1] for e in ends if e and e[0].startswith('provis')}\n"
        "atoms = cmd.count_atoms('all')\n"
        "with open('seen.json', 'w') as file: json.dump([found, atoms, cmd.get_chains('polymer')], file)\n\n"
        "python end\n"
    )
    run_program(program, look, tmp_path, tmp_path)
    found, n_atoms, chains = json.loads((tmp_path / "seen.json").read_text())
    (values,) = found.values()
    ends = np.array(values).reshape(-1, 14)[:, 1:7]
    expected = [[*places[row["residue_1"]], *places[row["residue_2"]]] for row in rows]
    assert len(ends) == len(rows) > 5
    apart = np.abs(ends - np.array(expected)).max(axis=1)
    assert (apart < 0.41).all()  # two directions of a pair lie side by side, moved by a radius
    assert n_atoms == cmd.count_atoms("all") and chains == ["A", "B"]


def test_bad_input_writes_nothing(console: Any, hpv: str, bert: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.html"
    kept.write_text("mine")
    for words, reason in {
        "": "No file was named",
        f"{tmp_path}/pairs.xyz, chain A": "The ending|ending says what",
        f"{tmp_path}/absent/pairs.pml, chain A": "there is no folder",
        f"{kept}, chain A, overwrite=0": "overwrite=0",
        f"{tmp_path}/pairs.pml, chain A, script=x.js": "A page \\(.html\\) is needed",
        f"{tmp_path}/pairs.html, chain A, model={bert}, script={tmp_path}/absent.js": "cannot be read",
        f"{tmp_path}/pairs.pml, chain Z": "chain Z",
    }.items():
        said = " ".join(console(f"provis_export {words}"))
        assert re.search(reason, said), said
    assert [one.name for one in tmp_path.iterdir()] == ["kept.html"] and kept.read_text() == "mine"
