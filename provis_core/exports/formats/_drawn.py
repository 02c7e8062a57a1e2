"""What formats have in common that show pairs in another program."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from ...errors import InputError
from ...structures.atoms import RESIDUE_KINDS, StructureAtoms
from ..drawing import Drawing, Place
from ..record import Record, record_text
from ..tables import Table

__all__ = [
    "attention_of_residues",
    "describe_notes",
    "make_cif",
    "name_specifier",
    "need_columns",
    "need_drawing",
]

_ID: Final = re.compile(r"#(\d+(?:\.\d+)*)")
_ATOM_COLUMNS: Final = (
    "group_PDB",
    "id",
    "type_symbol",
    "label_atom_id",
    "label_alt_id",
    "label_comp_id",
    "label_asym_id",
    "label_entity_id",
    "label_seq_id",
    "pdbx_PDB_ins_code",
    "Cartn_x",
    "Cartn_y",
    "Cartn_z",
    "occupancy",
    "B_iso_or_equiv",
    "auth_seq_id",
    "auth_comp_id",
    "auth_asym_id",
    "auth_atom_id",
    "pdbx_PDB_model_num",
)


def need_drawing(table: Table, suffix: str) -> Drawing:
    """Return what is drawn.

    Raises
    ------
    InputError
        If the table knows of no drawing: it is none of residue pairs.
    """
    if table.drawing is None:
        raise InputError(
            f"A {suffix} file was asked for, and this table has no pairs that are drawn",
            f"A {suffix} file shows residue pairs with their attention",
            "Choose .csv or .json",
        )
    return table.drawing


def need_columns(table: Table, names: tuple[str, ...], suffix: str) -> None:
    """Raise `InputError` unless a table has some columns."""
    if missing := [name for name in names if name not in table.columns]:
        raise InputError(
            f"A {suffix} file was asked for, and this table has no {missing[0]}",
            f"A {suffix} file holds residue pairs with their attention",
            "Choose .csv or .json",
        )


def describe_notes(table: Table) -> list[str]:
    """Return what a comment of the file says: what must be known about the model, and the record."""
    words = [" ".join(str(table.about.get("model_note", "")).split())]  # a line break would end the comment
    if isinstance(known := table.about.get("record"), dict):
        words.append(record_text(Record.from_values(known)))
    return [one for one in words if one]


def name_specifier(place: Place) -> str:
    """Return a residue as ChimeraX names it; model 1 where the object has no number."""
    found = _ID.search(place.object_name)
    model = found[1] if found else "1"
    return f"#{model}/{place.chain}:{place.resi}" if place.chain else f"#{model}:{place.resi}"


def attention_of_residues(drawing: Drawing) -> dict[Place, float]:
    """Return the largest weight of a pair at each residue."""
    largest: dict[Place, float] = {}
    for pair in drawing.pairs():
        for one in (pair.first, pair.second):
            largest[one] = max(pair.weight, largest.get(one, 0.0))
    return largest


def make_cif(atoms: StructureAtoms) -> str:
    """Return an object as mmCIF: the atoms that are shown, each in its main place.

    Parameters
    ----------
    atoms : StructureAtoms

    Returns
    -------
    str
        One data block, named after the object, with ``_atom_site`` alone.
    """
    lines = [f"data_{re.sub(r'[^A-Za-z0-9_]+', '_', atoms.object_name) or 'structure'}", "#", "loop_"]
    lines += [f"_atom_site.{name}" for name in _ATOM_COLUMNS]
    numbers: dict[tuple[str, str, str], int] = {}
    sequence_numbers = []
    for identifier, segment, kind in zip(atoms.residue_ids, atoms.segment_ids, atoms.kinds, strict=True):
        key = (identifier.chain, segment, kind)
        numbers[key] = numbers.get(key, 0) + 1
        sequence_numbers.append(numbers[key])
    b_factors = np.nan_to_num(atoms.b_factors)
    for index in np.flatnonzero(atoms.is_main).tolist():
        row = int(atoms.atom_rows[index])
        identifier, name, kind = atoms.residue_ids[row], atoms.residue_names[row], atoms.kinds[row]
        is_polymer = kind in ("protein", "nucleic")
        entity = RESIDUE_KINDS.index(kind) + 1
        asym = f"{identifier.chain}{atoms.segment_ids[row]}" or "A"
        x, y, z = atoms.coords[index].tolist()
        values = (
            "ATOM" if is_polymer else "HETATM",
            index + 1,
            atoms.elements[index] or "?",
            atoms.atom_names[index],
            ".",
            name,
            asym if is_polymer else f"{asym}_{kind}",
            entity,
            sequence_numbers[row] if is_polymer else ".",
            identifier.insertion_code or "?",
            f"{x:.3f}",
            f"{y:.3f}",
            f"{z:.3f}",
            "1.00",
            f"{b_factors[index]:.2f}",
            identifier.number,
            name,
            identifier.chain or asym,
            atoms.atom_names[index],
            1,
        )
        lines.append(" ".join(map(_quote, values)))
    return "\n".join([*lines, "#", ""])


def _quote(value: object) -> str:
    """A value of mmCIF; one with a blank, a quote or another mark is quoted."""
    text = str(value)
    if re.fullmatch(r"[A-Za-z0-9.?+*-][A-Za-z0-9.?+*:/_-]*", text):
        return text
    return f"'{text}'" if "'" not in text else f'"{text}"'
