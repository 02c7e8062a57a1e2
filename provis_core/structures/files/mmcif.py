"""Read mmCIF files, with the standard library and numpy alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ...errors import StructureError
from ..components import CAPS, NUCLEOTIDES, is_amino_acid
from ..polymer import PolymerSequence
from .atom_table import AtomTable, StructureFile
from .cif import CifTable, parse_cif

__all__ = ["read_mmcif"]

_CATEGORIES: Final = ("_atom_site", "_entity_poly", "_entity_poly_seq")


def read_mmcif(text: str, name: str, state: int = 1) -> StructureFile:
    """Read one model of an mmCIF file.

    Parameters
    ----------
    text : str
        The content of the file.
    name : str
        What to call the file in an error.
    state : int
        Which model, 1-based in the order of the file.

    Returns
    -------
    StructureFile
        With `polymers` by ``label_asym_id``, where there is an ``_entity_poly_seq``.

    Raises
    ------
    StructureError
        If it is no mmCIF file, or has no usable ``_atom_site`` category.
    """
    try:
        return _read(parse_cif(text, _CATEGORIES), state)
    except StructureError as error:
        raise _damaged(name, error.got) from error
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        raise _damaged(name, f"{type(error).__name__} {error}".strip()[:120]) from error


def _damaged(name: str, reason: str) -> StructureError:
    return StructureError(
        f"{name} is not an mmCIF file that can be read ({reason})",
        "A complete _atom_site category with residue numbers and coordinates is needed",
        "Download the file again",
    )


def _read(tables: Mapping[str, CifTable], state: int) -> StructureFile:
    site = _Category(tables, "_atom_site")
    models = site.column("pdbx_PDB_model_num", default="1")
    order = list(dict.fromkeys(models))
    chosen = (
        np.flatnonzero(np.array(models) == order[state - 1]) if state <= len(order) else np.array([], int)
    )

    def pick(*names: str, default: str | None = "") -> npt.NDArray[np.str_]:
        column: npt.NDArray[np.str_] = np.array(site.column(*names, default=default), dtype=np.str_)
        picked: npt.NDArray[np.str_] = column[chosen]
        return picked

    # _entity_poly_seq speaks of label_comp_id and label_seq_id; chain and number are the author's
    asym = pick("label_asym_id", "auth_asym_id")
    entity = pick("label_entity_id")
    protein = _protein_entities(tables)
    polymer_number = _integers(pick("label_seq_id"), missing="0")
    in_protein = np.array([_in_protein(protein, *pair) for pair in zip(entity, polymer_number, strict=True)])
    coords = np.stack([_floats(pick(f"Cartn_{axis}", default=None)) for axis in "xyz"], axis=-1)
    table = AtomTable(
        name=pick("label_atom_id", "auth_atom_id", default=None),
        alternate=pick("label_alt_id"),
        residue_name=pick("label_comp_id", "auth_comp_id", default=None),
        chain_id=pick("auth_asym_id", "label_asym_id"),
        segment_id=asym,
        insertion_code=pick("pdbx_PDB_ins_code"),
        element=np.char.upper(pick("type_symbol")),
        number=_integers(pick("auth_seq_id", "label_seq_id", default=None)),
        coords=coords.astype(np.float32).reshape(-1, 3),
        occupancy=_floats(pick("occupancy"), missing=1.0).astype(np.float32),
        b_factor=_floats(pick("B_iso_or_equiv")).astype(np.float32),
        is_het=pick("group_PDB") == "HETATM",
        after_ter=np.zeros(len(chosen), dtype=bool),
        before_ter=np.zeros(len(chosen), dtype=bool),
        polymer_number=polymer_number,
        in_protein=in_protein.astype(np.int8),
    )
    polymers, numbers = _polymers(tables, dict(zip(asym.tolist(), entity.tolist(), strict=True)), table)
    return StructureFile(table, len(order), polymers, numbers)


class _Category:
    """The columns of one category; what is unknown is empty."""

    def __init__(self, tables: Mapping[str, CifTable], name: str) -> None:
        self._columns = tables.get(name, {})
        lengths = {len(column) for column in self._columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"the columns of {name} differ in length")
        self.n_rows = lengths.pop() if lengths else 0

    def column(self, *names: str, default: str | None = "") -> list[str]:
        """The first of some columns that is there, else the default in each row."""
        for name in names:
            if name in self._columns:
                values = self._columns[name]
                return [value or default for value in values] if default else values
        if default is None:
            raise KeyError(f"no column {names[0]}")
        return [default] * self.n_rows


def _integers(texts: npt.NDArray[np.str_], missing: str = "") -> npt.NDArray[np.int64]:
    return np.array([int(text or missing) for text in texts.tolist()], dtype=np.int64)


def _floats(texts: npt.NDArray[np.str_], missing: float = np.nan) -> npt.NDArray[np.float64]:
    return np.array([float(text) if text else missing for text in texts.tolist()], dtype=np.float64)


def _protein_entities(tables: Mapping[str, CifTable]) -> dict[str, bool]:
    """Whether each polymer entity is a protein."""
    table = _Category(tables, "_entity_poly")
    types = dict(zip(table.column("entity_id"), table.column("type"), strict=True))
    names: dict[str, list[str]] = {}
    table = _Category(tables, "_entity_poly_seq")
    for entity, name in zip(table.column("entity_id"), table.column("mon_id"), strict=True):
        names.setdefault(entity, []).append(name)
    return {
        entity: _is_protein(types.get(entity, ""), names.get(entity, [])) for entity in {**types, **names}
    }


def _is_protein(polymer_type: str, names: Sequence[str]) -> bool:
    polymer_type = polymer_type.lower()
    if "nucle" in polymer_type or "saccharide" in polymer_type:
        return False
    if "peptide" in polymer_type:
        return True
    known = Counter(is_amino_acid(name) for name in names if name not in NUCLEOTIDES)
    return known[True] > known[False]


def _in_protein(protein: Mapping[str, bool], entity: str, polymer_number: int) -> int:
    if not protein:
        return -1
    # a ligand may be of an entity that the file does not list, but never has a place in a polymer
    return int(polymer_number > 0 and protein.get(entity, False))


def _polymers(
    tables: Mapping[str, CifTable], entities: Mapping[str, str], atoms: AtomTable
) -> tuple[dict[str, PolymerSequence], dict[str, list[int]]]:
    table = _Category(tables, "_entity_poly_seq")
    positions: dict[str, dict[int, list[str]]] = {}
    rows = zip(
        table.column("entity_id"), table.column("num", default="0"), table.column("mon_id"), strict=True
    )
    for entity, number, name in rows:
        # a number is listed again for each residue that a microheterogeneous position may be
        positions.setdefault(entity, {}).setdefault(int(number), []).append(name)
    polymers, numbers = {}, {}
    for asym in dict.fromkeys(atoms.segment_id[atoms.in_protein == 1].tolist()):
        listed = positions.get(entities[asym])
        if listed:
            kept = {number: names[0] for number, names in sorted(listed.items()) if names[0] not in CAPS}
            polymers[asym] = PolymerSequence(tuple(kept.values()), "_entity_poly_seq")
            numbers[asym] = list(kept)
    return polymers, numbers
