"""The bundle in a whole ChimeraX, which ``PROVIS_CHIMERAX`` names: commands, drawings, sessions, errors.

It runs without a window. Where that ChimeraX has ProVis already, that one is tested; else it is installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provis_core.exports.saving import save_table
from tests.chimerax.toy import draw_on_toy, write_toy
from tests.patience import PATIENCE

PROGRAM = os.environ.get("PROVIS_CHIMERAX", "")

pytestmark = [
    pytest.mark.chimerax,
    pytest.mark.skipif(not PROGRAM, reason="PROVIS_CHIMERAX names no ChimeraX"),
]

_BEGIN = """
import json
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.atomic import PseudobondGroup
found = []
def tell(**values):
    found.append(values)
    with open(OUT, "w") as file:
        json.dump(found, file)
def names():
    return [one.name for one in session.models.list()]
def weights():
    groups = [one for one in session.models.list() if one.name.startswith("provis") and
              isinstance(one, PseudobondGroup)]
    return [sorted(round(bond.attention, 5) for bond in one.pseudobonds) for one in groups]
def refuse(line):
    try:
        run(session, line, log=False)
    except UserError as error:
        return str(error)
    return "nothing was wrong"
"""


class Program:
    """ChimeraX, run once for each script."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.environ = {
            **os.environ,
            "PROVIS_HOME": str(folder / "provis"),
            "PROVIS_WORKER_PYTHON": sys.executable,
        }
        self.environ["PROVIS_THREADS"] = "1"

    def run(self, script: str) -> list[dict[str, Any]]:
        """What a script tells."""
        out, path = self._folder / "told.json", self._folder / "script.py"
        out.unlink(missing_ok=True)
        path.write_text(f"OUT = {str(out)!r}\n{_BEGIN}{script}")
        done = self._start("--script", str(path))
        assert out.is_file(), done.stdout + done.stderr
        told: list[dict[str, Any]] = json.loads(out.read_text())
        assert "Traceback" not in done.stderr + done.stdout, done.stdout + done.stderr
        return told

    def has_bundle(self) -> bool:
        """Whether it knows our commands."""
        return "not a command name" not in self._start("--cmd", "usage provis attn").stdout

    def install(self, wheel: Path) -> None:
        """As a user does it."""
        self._start("--cmd", f"toolshed install {wheel}")

    def _start(self, *arguments: str) -> Any:
        command = [PROGRAM, "--nogui", "--exit", *arguments]
        return subprocess.run(
            command, env=self.environ, capture_output=True, text=True, timeout=PATIENCE, check=False
        )


@pytest.fixture(scope="module")
def program(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder = tmp_path_factory.mktemp("chimerax")
    program = Program(folder)
    if not program.has_bundle():
        command = [sys.executable, str(root / "install_plugin.py"), "bundle", "--out", str(folder)]
        subprocess.run(command, check=True, capture_output=True)
        program.install(next(folder.glob("*.whl")))
    assert program.has_bundle()
    return program


def test_commands_draw_clear_and_refuse(program: Program, tmp_path: Path) -> None:
    toy = write_toy(tmp_path / "toy.pdb")
    script = f"""
run(session, "open {toy}")
before = names()
def colors():
    return session.models.list()[0].atoms.colors.tolist()
plain = colors()
run(session, "provis attn #1/A 12 4 minAttn 0 top 9")
tell(names=names(), weights=weights())
run(session, "provis attn #1/A,B layer 12 head 4 minAttn 0 top 5 direction directed name arrows")
run(session, "provis sites #1/A by ion")
tell(names=names(), is_colored=colors() != plain)
run(session, "provis clear")
tell(names=names(), before=before, is_plain=colors() == plain)
wrong = ["#1/A 99", "#9/A", "#1/A minAttn 7", "#1/A model nothing"]
tell(refused=[refuse(f"provis attn {{one}}") for one in wrong])
"""
    drawn, both, cleared, refused = program.run(script)
    assert drawn["names"] == ["toy.pdb", "provis A 12-4"]
    assert len(drawn["weights"][0]) == 9 and min(drawn["weights"][0]) > 0
    assert {"arrows A", "arrows B"} <= {*both["names"]} and both["is_colored"]
    assert cleared["names"] == cleared["before"] and cleared["is_plain"]
    said = refused["refused"]
    assert all(one.startswith("ProVis: ") for one in said), said
    assert "layer 99" in said[0] and "#9/A" in said[1] and "minAttn 7" in said[2] and "nothing" in said[3]


def test_a_session_keeps_all_and_is_known_again(program: Program, tmp_path: Path) -> None:
    toy, saved = write_toy(tmp_path / "toy.pdb"), tmp_path / "saved.cxs"
    first = f"""
run(session, "open {toy}")
colors = session.models.list()[0].residues.ribbon_colors.tolist()
run(session, "provis attn #1/A 12 4 minAttn 0 top 9")
run(session, "provis sites #1/A by ion")
session.provis_app.session.viewer.keep_state("panel", "as it was")
tell(names=names(), weights=weights(), colors=colors)
run(session, "save {saved}")
"""
    second = f"""
run(session, "open {saved}")
tell(names=names(), weights=weights())
run(session, "provis status")
tell(kept=session.provis_app.session.viewer.kept_state("panel"))
run(session, "provis clear")
tell(names=names(), colors=session.models.list()[0].residues.ribbon_colors.tolist())
"""
    (before,) = program.run(first)
    opened, kept, cleared = program.run(second)
    assert (opened["names"], opened["weights"]) == (before["names"], before["weights"])
    assert kept["kept"] == "as it was"
    assert cleared["names"] == ["toy.pdb"]
    assert cleared["colors"] == before["colors"]


def test_undo_takes_an_overlay_back(program: Program, tmp_path: Path) -> None:
    toy = write_toy(tmp_path / "toy.pdb")
    script = f"""
run(session, "open {toy}")
def look():
    structure = session.models.list()[0]
    return [structure.atoms.colors.tolist(), structure.residues.ribbon_colors.tolist()]
seen = [look()]
for line in ("provis sites #1/A by ion", "undo", "redo", "undo"):
    run(session, line)
    seen.append(look())
tell(seen=seen)
"""
    (told,) = program.run(script)
    plain, drawn, *others = told["seen"]
    assert plain != drawn
    assert others == [plain, drawn, plain]


def test_two_sessions_are_merged(program: Program, tmp_path: Path) -> None:
    toy, one, two = write_toy(tmp_path / "toy.pdb"), tmp_path / "one.cxs", tmp_path / "two.cxs"
    script = f"""
run(session, "open {toy}; provis attn #1/A 12 4 minAttn 0 top 5; save {one}")
run(session, "close; open {toy}; provis attn #1/B 12 5 minAttn 0 top 5; save {two}")
run(session, "open {one} combine true")
tell(names=sorted(names()))
run(session, "provis clear")
tell(names=names())
"""
    merged, cleared = program.run(script)
    assert merged["names"] == ["provis A 12-4", "provis B 12-5", "toy.pdb", "toy.pdb"]
    assert cleared["names"] == ["toy.pdb", "toy.pdb"]


@pytest.mark.parametrize("ending", ["pb", "defattr", "cxc"])
def test_files_for_a_chimerax_without_provis(program: Program, tmp_path: Path, ending: str) -> None:
    toy, path = write_toy(tmp_path / "toy.pdb"), tmp_path / f"drawn.{ending}"
    save_table(path, draw_on_toy())
    script = f"""
run(session, "open {toy}")
run(session, "open {path}")
residues = session.models.list()[0].residues
def describe(bond):
    return [[one.residue.chain_id, one.residue.number] for one in bond.atoms] + [round(bond.radius, 3)]
tell(ends=[describe(bond) for one in session.models.list()
           if isinstance(one, PseudobondGroup) for bond in one.pseudobonds],
     attention=[[one.chain_id, one.number, one.attention] for one in residues
                if getattr(one, "attention", None) is not None])
"""
    (told,) = program.run(script)
    if ending != "defattr":
        assert sorted(told["ends"]) == [[["A", 2], ["A", 8], 0.4], [["A", 8], ["B", 5], 0.213]]
    if ending != "pb":
        assert [one[:2] for one in told["attention"]] == [["A", 2], ["A", 8], ["B", 5]]
        assert [one[2] for one in told["attention"]] == pytest.approx([0.9, 0.9, 0.4])
