"""The script and the code of docs/figures.md do what the page says, on a real chain and the bundled model."""

from __future__ import annotations

import gzip
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data import find_structure

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the structure that the page works on."""
    pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")
    if importlib.util.find_spec("torch") is None:  # it is needed in another process
        pytest.skip("the bundled model needs torch")
    # another crystal of the same protease, with ligand and secondary structure in its file
    (tmp_path / "1hpv.pdb").write_bytes(gzip.decompress(find_structure("pdb/1hpx.pdb.gz").read_bytes()))
    return tmp_path


def start(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PROVIS_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def run(folder: Path, *command: str) -> str:
    done = start(folder, *command)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refuse(folder: Path, script: str, *options: str, **variables: str) -> str:
    """What a script of the documentation says of what it cannot do."""
    done = start(folder, str(ROOT / "docs" / script), *options, **variables)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    *usage, line = done.stderr.splitlines()
    assert all(one.startswith(("usage:", "  ")) for one in usage)
    return line


def test_the_script_tells_what_is_missing(tmp_path: Path) -> None:
    line = refuse(tmp_path, "paper_figure.py", "absent.pdb", "figure.pdf")
    assert "absent.pdb cannot be read" in line and "needed" in line
    (tmp_path / "words.pdb").write_text("no structure\n", encoding="utf-8")
    assert "words.pdb begins with" in refuse(tmp_path, "paper_figure.py", "words.pdb", "figure.pdf")
    lines = [
        f"ATOM  {k:5d}  CA  ALA B{k:4d}    {3.0 * (k % 4):8.3f}{k:8.3f}   0.000  1.00  0.00           C\n"
        for k in range(1, 21)
    ]
    (tmp_path / "other.pdb").write_text("".join(lines), encoding="utf-8")
    line = refuse(tmp_path, "paper_figure.py", "other.pdb", "figure.pdf")
    assert "no protein chain A" in line and "--chain B" in line


def test_the_makers_of_pictures_tell_what_is_missing(tmp_path: Path) -> None:
    for script in ("make_pictures.py", "make_panel_pictures.py"):
        assert "there is no Xvfb" in refuse(tmp_path, script, PATH=str(tmp_path))
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in ("Xvfb", "import", "convert"):
        (programs / program).touch(mode=0o755)
    maker, path = "make_panel_pictures.py", str(programs)
    if importlib.util.find_spec("pymol") is None or importlib.util.find_spec("PyQt5") is None:
        assert "no PyMOL with PyQt5" in refuse(tmp_path, maker, PATH=path)
        return
    assert "there is no file" in refuse(tmp_path, maker, "--long", "absent.pdb", PATH=path)
    line = refuse(tmp_path, maker, "--only", "1hpv", "2hpv", PATH=path)
    assert "no picture 2hpv" in line and "maps" in line


@pytest.mark.torch
def test_the_script_makes_the_figure_and_its_caption(folder: Path) -> None:
    script = str(ROOT / "docs" / "paper_figure.py")
    caption = run(folder, script, "1hpv.pdb", "figure.svg", "--head", "1-4", "--dpi", "100")
    assert "(b) provis_mini head 1-4: attention weights" in caption
    svg = (folder / "figure.svg").read_text(encoding="utf-8")
    for words in ("ligand site", "Arcs on contacts (%)", "Key residue (chain A)", "Attention received"):
        assert f">{words}<" in svg


@pytest.mark.torch
def test_the_code_of_the_page_runs(folder: Path) -> None:
    page = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    run(folder, "-c", "\n".join(blocks))
    assert (folder / "map.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "zoom.png").stat().st_size > 10_000
