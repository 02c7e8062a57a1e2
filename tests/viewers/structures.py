"""PDB text for the tests: chain A of 1HPV, which PyMOL brings along, and what is made of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

__all__ = [
    "SEEN_1HPV",
    "at",
    "ca_of",
    "change",
    "drop",
    "find_1hpv",
    "keep",
    "protein",
    "read_1hpv",
    "repeat",
    "to_mmcif",
]

SEEN_1HPV = "99 residues of the full sequence (SEQRES of 1hpv.pdb), 0 not resolved"
"""What a report says of either chain of `find_1hpv`."""

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


def repeat(lines: Iterable[str], times: int) -> list[str]:
    """One chain after another as one long chain, numbered on; copies are 12 Å apart on a lattice."""
    atoms = list(lines)
    n_residues = max(int(line[22:26]) for line in atoms)
    copies = []
    for k in range(times):
        shift = (12.0 * (k % 8), 12.0 * (k // 8 % 8), 12.0 * (k // 64))
        copies += change(atoms, number=lambda number, k=k: number + k * n_residues, shift=shift)
    return copies


_SITE = (
    "group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id", "label_asym_id",
    "label_entity_id", "label_seq_id", "pdbx_PDB_ins_code", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy",
    "auth_seq_id", "auth_asym_id", "pdbx_PDB_model_num",
)  # fmt: skip


def to_mmcif(
    parts: Iterable[tuple[str, int, list[str]]],
    polymers: Mapping[int, Sequence[str]],
    place: Callable[[int], int] = lambda number: number,
    chains: Mapping[str, str] | None = None,
) -> str:
    """Write PDB lines as an mmCIF file.

    Parameters
    ----------
    parts : iterable of (label_asym_id, entity, lines)
    polymers : mapping of int to sequence of str
        Component names of the entities that are polymers.
    place : callable
        From the residue number to the 1-based place in the polymer.
    chains : mapping of label_asym_id to auth_asym_id
        Where it is not the chain id of the lines.
    """
    rows = []
    for asym, entity, lines in parts:
        for line in lines:
            name, number = line[12:16].strip(), int(line[22:26])
            chain = (chains or {}).get(asym, line[21].strip() or "?")
            at = place(number) if entity in polymers else "."
            fields = [
                line[:6].strip(),
                len(rows) + 1,
                name[0],
                name,
                line[16].strip() or ".",
                line[17:20].strip(),
            ]
            fields += [asym, entity, at, line[26].strip() or "?", *line[30:54].split(), line[54:60].strip()]
            rows.append(" ".join(map(str, [*fields, number, chain, 1])))
    text = ["data_toy", "loop_", "_entity_poly.entity_id", "_entity_poly.type"]
    text += [f"{entity} polypeptide(L)" for entity in polymers]
    text += ["loop_", *(f"_entity_poly_seq.{name}" for name in ("entity_id", "num", "mon_id"))]
    for entity, names in polymers.items():
        text += [f"{entity} {number} {name}" for number, name in enumerate(names, 1)]
    text += ["loop_", *(f"_atom_site.{name}" for name in _SITE), *rows, ""]
    return "\n".join(text)
