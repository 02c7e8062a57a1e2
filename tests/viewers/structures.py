"""PDB text for the tests: chain A of 1HPV, which PyMOL brings along, and what is made of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path

__all__ = ["at", "ca_of", "change", "drop", "find_1hpv", "keep", "protein", "read_1hpv"]

Test = Callable[[str], bool]


def find_1hpv() -> Path:
    """The file in the PyMOL that runs the tests."""
    spec = importlib.util.find_spec("pymol")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "data" / "tut" / "1hpv.pdb"


def read_1hpv(chain: str = "A") -> list[str]:
    """ATOM and HETATM lines of one chain, waters and ligand included; without segment and element."""
    lines = find_1hpv().read_text().splitlines()
    atoms = [line for line in lines if line.startswith(("ATOM", "HETATM")) and line[21] == chain]
    return [line[:72].ljust(80) for line in atoms]


def protein(lines: Iterable[str]) -> list[str]:
    """Without waters and ligands."""
    return keep(lines, lambda line: line.startswith("ATOM"))


def at(*numbers: int, name: str | None = None) -> Test:
    """Whether an atom is in one of these residues, and has this name."""
    return lambda line: int(line[22:26]) in numbers and name in (None, line[12:16].strip())


def keep(lines: Iterable[str], test: Test) -> list[str]:
    """Atoms for which the test holds."""
    return [line for line in lines if test(line)]


def drop(lines: Iterable[str], test: Test) -> list[str]:
    """Atoms for which the test does not hold."""
    return [line for line in lines if not test(line)]


def ca_of(lines: Iterable[str], number: int) -> list[float]:
    """Coordinates of the only CA of a residue."""
    (line,) = keep(lines, at(number, name="CA"))
    return [float(line[start : start + 8]) for start in (30, 38, 46)]


def change(
    lines: Iterable[str],
    test: Test = lambda line: True,
    *,
    record: str | None = None,
    name: str | None = None,
    alt: str | None = None,
    resn: str | None = None,
    chain: str | None = None,
    number: int | Callable[[int], int] | None = None,
    code: str | None = None,
    shift: tuple[float, float, float] = (0, 0, 0),
    occupancy: float | None = None,
    segment: str | None = None,
) -> list[str]:
    """Write new values into the columns of the atoms for which the test holds; the others stay."""

    def written(line: str) -> str:
        resi = number(int(line[22:26])) if callable(number) else number
        xyz = [float(line[start : start + 8]) + step for start, step in zip((30, 38, 46), shift, strict=True)]
        columns = (
            (0, 6, record, "6s"),
            (12, 16, name, "4s"),  # of four characters, where the columns matter
            (16, 17, alt, "1s"),
            (17, 20, resn, ">3s"),
            (21, 22, chain, "1s"),
            (22, 26, resi, "4d"),
            (26, 27, code, "1s"),
            *((30 + 8 * k, 38 + 8 * k, xyz[k], "8.3f") for k in range(3)),
            (54, 60, occupancy, "6.2f"),
            (72, 76, segment, "4s"),
        )
        for start, end, value, form in columns:
            if value is not None:
                line = line[:start] + format(value, form) + line[end:]
        return line

    return [written(line) if test(line) else line for line in lines]
