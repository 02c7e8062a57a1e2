"""Real structures for the tests: where they are looked for, and how they come: ``python -m tests.data``.

They are those of ``../shared/data`` where a checkout has that beside it, else those that ``tests/run.py``
has put into ``.venv-structures``: from packages that carry some (PyMOL, the test suite of MDAnalysis), and
entries of the PDB where that can be reached, each compared with the checksum of its atoms.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import importlib.util
import json
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
SHARED = CHECKOUT.parent / "shared" / "data"
OWN = CHECKOUT / ".venv-structures"
STRUCTURES = SHARED / "structures" if (SHARED / "structures").is_dir() else OWN
"""Folder with ``pdb/NAME.pdb.gz`` and ``mmcif/NAME.cif.gz``."""

HOW = f"not in {STRUCTURES} (python3 tests/run.py --setup-only brings what can be had)"
PDB = "https://files.rcsb.org/download"
_CHECKSUMS = Path(__file__).with_name("structures.json")
_SECONDS = 30.0


def structure_files() -> tuple[Path, ...]:
    """Every coordinate file at hand, sorted."""
    return tuple(sorted([*STRUCTURES.glob("pdb/*.pdb.gz"), *STRUCTURES.glob("mmcif/*.cif.gz")]))


def find_structure(name: str) -> Path:
    """Path of a file such as ``pdb/4hhb.pdb.gz``; the test is skipped where it is not at hand."""
    path = STRUCTURES / name
    if not path.is_file():
        pytest.skip(f"{name} is {HOW}")
    return path


def check_count(n: int, in_shared: int, *, at_least: bool = False) -> None:
    """Make sure that a test has seen what it is about.

    Parameters
    ----------
    n : int
        How many it has seen.
    in_shared : int
        How many there are in ``../shared/data``; other structures must have some, or the test is skipped.
    at_least : bool
        Whether it is a lower bound.
    """
    if STRUCTURES != OWN:
        assert n >= in_shared if at_least else n == in_shared, (n, in_shared)
    elif n == 0:
        pytest.skip(f"no structure in {STRUCTURES} has it")


def check_explained(found: Collection[object], explained: Collection[object]) -> None:
    """Make sure that all differences are explained, and in ``../shared/data`` that each of these is there."""
    unexplained = set(found) - set(explained)
    assert not unexplained
    assert STRUCTURES == OWN or set(found) == set(explained)


def hash_atoms(path: Path) -> str:
    """SHA-256 of what the first model says of its atoms: names, places, nothing that a remark may change."""
    import gemmi

    digest = hashlib.sha256()
    for one in gemmi.read_structure(str(path))[0].all():
        x, y, z = one.atom.pos.tolist()
        row = (one.chain.name, str(one.residue.seqid), one.residue.name, one.atom.name, one.atom.altloc)
        digest.update(f"{row} {x:.3f} {y:.3f} {z:.3f}\n".encode())
    return digest.hexdigest()


def bring_from_packages(folder: Path, package: Path) -> None:
    """Copy the structures that installed packages carry.

    Parameters
    ----------
    folder : pathlib.Path
        In which ``pdb`` and ``mmcif`` are filled.
    package : pathlib.Path
        Folder into which the test suite of MDAnalysis was installed; it need not be there.
    """
    spec = importlib.util.find_spec("pymol")
    pymol = Path(str(spec.origin)).parent / "data" if spec is not None else package
    data = package / "MDAnalysisTests" / "data"
    single = (
        "4E43.pdb", "5a7u.pdb.gz", "6msm.pdb.bz2", "19hc.pdb.gz", "1a28.pdb.gz", "1osm.pdb.gz",
    )  # fmt: skip
    found = [pymol / "demo" / "1tii.pdb", pymol / "tut" / "1hpv.pdb", *(data / name for name in single)]
    found += data.glob("dssp/*.pdb.gz")
    found += data.glob("mmcif/[0-9]???.*.gz")
    for path in filter(Path.is_file, found):
        stem, kind = path.name.split(".")[:2]
        if "_" in stem:  # spoilt on purpose
            continue
        content = path.read_bytes()
        content = {".gz": gzip.decompress, ".bz2": bz2.decompress}.get(path.suffix, bytes)(content)
        name = stem.lower() if len(stem) == 4 else stem
        write_packed(folder / {"pdb": "pdb", "cif": "mmcif"}[kind] / f"{name}.{kind}.gz", content)


def bring_from_the_pdb(folder: Path) -> list[str]:
    """Download the entries that tests name and that are not there; returns those that did not come."""
    import pooch

    wanted = json.loads(_CHECKSUMS.read_text())
    missing = {name: digest for name, digest in wanted.items() if not (folder / name).is_file()}
    for name, digest in list(missing.items()):
        path = folder / name
        entry, kind, _ = path.name.split(".")
        downloader = pooch.HTTPDownloader(timeout=_SECONDS)
        try:  # the archive changes remarks of its files: what counts are the atoms
            pooch.retrieve(f"{PDB}/{entry}.{kind}.gz", None, path.name, path.parent, downloader=downloader)
        except (OSError, ValueError) as error:
            print(f"  {PDB} cannot be reached ({error}): tests that need its entries will skip")
            return sorted(missing)
        if hash_atoms(path) == digest:
            del missing[name]
        else:
            path.unlink()
    return sorted(missing)


def write_packed(path: Path, content: bytes) -> None:
    """Write a file packed by gzip, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_bytes(gzip.compress(content, mtime=0))
    half.replace(path)


def main() -> None:
    """Fill the folder of this checkout."""
    package = OWN / "package"
    bring_from_packages(OWN, package)
    shutil.rmtree(package, ignore_errors=True)
    missing = bring_from_the_pdb(OWN)
    print(
        f"  {len(structure_files())} structures in {STRUCTURES}, {len(missing)} named by tests did not come"
    )


if __name__ == "__main__":
    sys.exit(main())
