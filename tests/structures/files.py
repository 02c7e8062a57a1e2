"""Files that the tests write themselves."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

THREE = {
    "A": "ALA", "R": "ARG", "N": "ASN", "D": "ASP", "C": "CYS", "Q": "GLN", "E": "GLU", "G": "GLY",
    "H": "HIS", "I": "ILE", "L": "LEU", "K": "LYS", "M": "MET", "F": "PHE", "P": "PRO", "S": "SER",
    "T": "THR", "W": "TRP", "Y": "TYR", "V": "VAL",
}  # fmt: skip

SITE_COLUMNS = [
    "group_PDB", "label_atom_id", "label_comp_id", "label_asym_id", "label_entity_id", "label_seq_id",
    "auth_asym_id", "auth_seq_id", "pdbx_PDB_ins_code", "label_alt_id", "occupancy", "Cartn_x", "Cartn_y",
    "Cartn_z", "type_symbol",
]  # fmt: skip


def random_letters(n_residues: int, seed: int = 1) -> str:
    """A protein that does not exist."""
    return "".join(random.Random(seed).choices(list(THREE), k=n_residues))


def atom(
    name: str,
    residue: str,
    number: int | str,
    x: float,
    *,
    chain: str = "A",
    code: str = " ",
    alt: str = " ",
    occupancy: float = 1.0,
    het: bool = False,
    segment: str = "",
    element: str | None = None,
    y: float = 0.0,
) -> str:
    """One line of a PDB file; a chain id of two letters begins one column early."""
    padded = name if len(name) == 4 else f" {name:<3}"
    element = name[0] if element is None else element
    if len(element) == 2:
        padded = f"{name:<4}"
    left = f"{'HETATM' if het else 'ATOM  '}{1:5d} {padded}{alt}{residue:>3}"
    left += f"{chain:>{22 - len(left)}}{number:>4}{code}"
    return f"{left}   {x:8.3f}{y:8.3f}{0:8.3f}{occupancy:6.2f}{20:6.2f}      {segment:<4}{element:>2}"


def residue(
    name: str, number: int | str, place: float, *, parts: str = "N CA C", **kwargs: object
) -> list[str]:
    """Backbone of a residue on the x axis: 3.8 Å from CA to CA and 1.33 Å from C to N."""
    offsets = {"N": -1.24, "CA": 0.0, "C": 1.23, "CB": 0.5, "O": 1.5}
    return [atom(part, name, number, 3.8 * place + offsets[part], **kwargs) for part in parts.split()]  # type: ignore[arg-type]


def peptide(letters: str, first: int = 1, place: float = 0, **kwargs: object) -> list[str]:
    """Residues numbered one after another."""
    return [
        line
        for k, letter in enumerate(letters)
        for line in residue(THREE[letter], first + k, place + k, **kwargs)  # type: ignore[arg-type]
    ]


def seqres(names: Sequence[str], chain: str = "A") -> list[str]:
    """SEQRES records of a chain."""
    return [
        f"SEQRES {k // 13 + 1:3d} {chain} {len(names):4d}  "
        + " ".join(f"{name:>3}" for name in names[k : k + 13])
        for k in range(0, len(names), 13)
    ]


def pdb(*lines: str | Iterable[str]) -> str:
    """A PDB file of lines and lists of lines."""
    flat = [line for item in lines for line in ([item] if isinstance(item, str) else item)]
    return "\n".join([*flat, "END", ""])


def mmcif(rows: Iterable[Sequence[object]], *, extra: str = "") -> str:
    """An mmCIF file; rows have the first twelve of `SITE_COLUMNS`."""
    head = "\n".join(f"_atom_site.{column}" for column in SITE_COLUMNS)
    body = "\n".join(" ".join(map(str, [*row, 0, 0, str(row[1])[0]])) for row in rows)
    return f"data_toy\n#\n{extra}\n#\nloop_\n{head}\n{body}\n#\n"


def entity_tables(polymers: dict[int, tuple[str, Sequence[str]]]) -> str:
    """`_entity_poly` and `_entity_poly_seq`; a name with a slash is a microheterogeneous position."""
    lines = ["loop_", "_entity_poly.entity_id", "_entity_poly.type"]
    lines += [f"{entity} '{kind}'" for entity, (kind, _) in polymers.items()]
    lines += ["#", "loop_"]
    lines += [f"_entity_poly_seq.{column}" for column in ("entity_id", "num", "mon_id", "hetero")]
    for entity, (_, names) in polymers.items():
        for number, name in enumerate(names, 1):
            options = name.split("/")
            lines += [f"{entity} {number} {option} {'y' if len(options) > 1 else 'n'}" for option in options]
    return "\n".join(lines)
