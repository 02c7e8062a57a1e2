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

ROOT = Path(__file__).parents[2]
STRUCTURE = ROOT.parent / "shared" / "data" / "structures" / "pdb" / "1hpx.pdb.gz"

pytestmark = pytest.mark.torch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the structure that the page works on."""
    pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")
    if importlib.util.find_spec("torch") is None:  # it is needed in another process
        pytest.skip("the bundled model needs torch")
    if not STRUCTURE.is_file():
        pytest.skip(f"no {STRUCTURE}")
    # another crystal of the same protease, with ligand and secondary structure in its file
    (tmp_path / "1hpv.pdb").write_bytes(gzip.decompress(STRUCTURE.read_bytes()))
    return tmp_path


def run(folder: Path, *command: str) -> str:
    environ = {**os.environ, "PROVIS_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_script_makes_the_figure_and_its_caption(folder: Path) -> None:
    script = str(ROOT / "docs" / "paper_figure.py")
    caption = run(folder, script, "1hpv.pdb", "figure.svg", "--head", "1-4", "--dpi", "100")
    assert "(b) provis_mini head 1-4: attention weights" in caption
    svg = (folder / "figure.svg").read_text(encoding="utf-8")
    for words in ("ligand site", "Arcs on contacts (%)", "Key residue (chain A)", "Attention received"):
        assert f">{words}<" in svg


def test_the_code_of_the_page_runs(folder: Path) -> None:
    page = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    run(folder, "-c", "\n".join(blocks))
    assert (folder / "map.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "zoom.png").stat().st_size > 10_000
