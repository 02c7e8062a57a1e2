"""Each input of ``../shared/cases`` gives the right value in PyMOL 3.2, in PyMOL 2.5 and in the program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.data import CHECKOUT
from tests.patience import PATIENCE
from tests.tiny_checkpoints import HIV_PROTEASE

from .field_cases import CASES, read_case
from .programs import ROOT, needs_debians

FOLDER = CHECKOUT.parent / "shared" / "cases"
CRAMBIN = "TTCCPSIVARSNFNVCRLPGTPEAICATYTGCIIIPGATCPGDYAN"
SITE_A = ["ARG8", "ASP25", "GLY27", "ALA28", "ILE47", "GLY48", "GLY49", "ILE50", "PRO81", "VAL82", "ILE84"]
ONE_CHAIN = [["A", 99, False, SITE_A, "site:ligand:KNI", []]]
RIGHT: dict[str, Any] = {
    "01": [[CRAMBIN.replace("EAICA", "EAWCA")], 58, 0],
    "02": ["ACDEFGHIKLMNPQRSTVWY", [str(number) for number in range(1, 21)]],
    "03": [[f"M{CRAMBIN}WK"], ["AAPKW"]],
    "06": ONE_CHAIN,
    "07": ONE_CHAIN,
    "08 a": ONE_CHAIN,
    "08 b": [["A", 99, False, SITE_A, "site:ligand:KNI", ["19A"]]],
    "09": ONE_CHAIN,
    "10": [[["one chain A", 46], ["two chain B", 30]], [["two chain B", 30]], [["one chain A", 46]]],
    "12": [True, 0, 0, 0],
    "13": [[HIV_PROTEASE * 2], True, [HIV_PROTEASE, HIV_PROTEASE]],
}
"""Made with Biopython, gemmi, ``get_fastastr`` or the input itself."""

SAID = (
    ("fair-esm's own format", "provis_fetch esm2_8m"),
    ("has gaps", "without gaps"),
    ("PIR", "FASTA"),
)


@pytest.fixture
def folders() -> dict[str, Path]:
    """Where each case is."""
    if not FOLDER.is_dir():
        pytest.skip(f"no {FOLDER}")
    return {name: next(FOLDER.glob(f"{name[:2]}_*")) for name in CASES}


def _check(name: str, found: Any) -> None:
    if name.startswith("05"):
        (first, second) = found
        assert first == ["A", 99, False, SITE_A, "site:ligand:KNI", []]
        assert second[:3] == ["B", 99, False] and len(second[3]) == 10
    elif name == "21":
        *said, read = found
        for text, words in zip(said, SAID, strict=True):
            assert all(word in text for word in words) or (text == "not refused" and read), text
        assert read in ([], [CRAMBIN])
    else:
        assert found == RIGHT[name], name


def test_cases_in_this_pymol(cmd: Any, commands: Any, folders: dict[str, Path]) -> None:
    for name in CASES:
        _check(name, read_case(cmd, commands, name, folders[name]))


@needs_debians
def test_cases_in_debians_pymol(folders: dict[str, Path], provis_home: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    environ = {
        "PATH": "/usr/bin:/bin",  # Debian's takes python3 from there
        "HOME": str(tmp_path),
        "PROVIS_HOME": str(provis_home),
        "PROVIS_WORKER_PYTHON": sys.executable,
        "PROVIS_CASES_ROOT": str(ROOT),
        "PROVIS_CASES_OUT": str(out),
        "PROVIS_CASES": json.dumps({name: str(folder) for name, folder in folders.items()}),
    }
    command = ["/usr/bin/pymol", "-cqk", str(ROOT / "tests" / "viewers" / "field_cases.py")]
    subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=True)
    for name, found in json.loads(out.read_text()).items():
        _check(name, found)
