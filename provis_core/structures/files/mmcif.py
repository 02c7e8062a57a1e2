"""The atoms and polymers of mmCIF files, as archives, programs and viewers write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ...errors import StructureError
from ..components import CAPS, NUCLEOTIDES, is_amino_acid
from ..polymer import PolymerSequence
from .atom_table import AtomTable, StructureFile
from .cif import CifBlock, read_cif
from .records import read_block_records

__all__ = ["read_mmcif"]

_ITEMS: Final = (
    "group_PDB", "label_atom_id", "auth_atom_id", "label_alt_id", "label_comp_id", "auth_comp_id",
    "label_asym_id", "auth_asym_id", "label_entity_id", "label_seq_id", "auth_seq_id", "pdbx_PDB_ins_code",
    "type_symbol", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv", "pdbx_PDB_model_num",
)  # fmt: skip
_NUMBER: Final = re.compile(r"([+-]?\d+)([A-Za-z]?)")
_UNCERTAINTY: Final = re.compile(r"\(\d+\)$")


def read_mmcif(text: str, name: str, state: int = 1) -> StructureFile:
    """Read one model of an mmCIF file.

    Of several data blocks it is the first with atoms; the others are named in `StructureFile.skipped`.

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
    blocks = read_cif(text, name)
    sites = [block.columns("_atom_site", _ITEMS) for block in blocks]
    filled = [k for k, site in enumerate(sites) if site]
    first = filled[0] if filled else 0
    try:
        found = _read(blocks[first], sites[first], name, state)
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        reason = f"{type(error).__name__} {error}".strip()[:120]
        raise StructureError(
            f"{name} is not an mmCIF file that can be read ({reason})",
            "A complete _atom_site category with residue numbers and coordinates is needed",
            "Download the file again",
        ) from error
    return replace(found, skipped=tuple(_describe(blocks[k].name, sites[k]) for k in filled[1:]))


def _describe(name: str, site: dict[str, list[str]]) -> str:
    chains = dict.fromkeys(site.get("auth_asym_id") or site.get("label_asym_id") or [])
    ids = [chain or "without id" for chain in chains]
    shown = ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")
    return f"{name} (chain{'s' if len(ids) > 1 else ''} {shown})" if ids else name


def _read(block: CifBlock, site: dict[str, list[str]], name: str, state: int) -> StructureFile:
    n_rows = len(next(iter(site.values()), []))
    models = site.get("pdbx_PDB_model_num", [""] * n_rows)
    order = list(dict.fromkeys(models))
    wanted = order[state - 1] if 1 <= state <= len(order) else None
    rows = [k for k, model in enumerate(models) if model == wanted]

    def pick(*names: str, needed: bool = False) -> list[str]:
        """The first of some columns that is there; what is unknown is taken from the next."""
        columns = [site[name] for name in names if name in site]
        if not columns and needed:
            raise KeyError(f"no column {names[0]}")
        found = [columns[0][k] for k in rows] if columns else [""] * len(rows)
        for column in columns[1:]:
            if "" in found:
                found = [text or column[k] for text, k in zip(found, rows, strict=True)]
        return found

    entities = _Entities(block)
    # _entity_poly_seq speaks of label_comp_id and label_seq_id; chain and number are the author's
    names, entity = pick("label_comp_id", "auth_comp_id", needed=True), pick("label_entity_id")
    in_protein, places = entities.place(entity, pick("label_seq_id"))
    is_het = np.array([group == "HETATM" for group in pick("group_PDB")], dtype=bool)
    numbers = [_split_number(text) for text in pick("auth_seq_id", "label_seq_id", needed=True)]
    for k, (number, _) in enumerate(numbers):
        if number is None and (in_protein[k] == 1 or (not is_het[k] and is_amino_acid(names[k]))):
            raise ValueError(f"{names[k]} without a residue number")
    codes = [code or other for code, (_, other) in zip(pick("pdbx_PDB_ins_code"), numbers, strict=True)]
    asym = pick("label_asym_id", "auth_asym_id")
    table = AtomTable(
        name=np.array(pick("label_atom_id", "auth_atom_id", needed=True), dtype=np.str_),
        alternate=np.array(pick("label_alt_id"), dtype=np.str_),
        residue_name=np.array(names, dtype=np.str_),
        chain_id=np.array(pick("auth_asym_id", "label_asym_id"), dtype=np.str_),
        segment_id=np.array(asym, dtype=np.str_),
        insertion_code=np.array(codes, dtype=np.str_),
        element=np.array([element.upper() for element in pick("type_symbol")], dtype=np.str_),
        number=np.array([number or 0 for number, _ in numbers], dtype=np.int64),
        coords=np.stack([_floats(pick(f"Cartn_{axis}", needed=True)) for axis in "xyz"], axis=-1)
        .astype(np.float32)
        .reshape(-1, 3),
        occupancy=_floats(pick("occupancy"), missing=1.0).astype(np.float32),
        b_factor=_floats(pick("B_iso_or_equiv")).astype(np.float32),
        is_het=is_het,
        n_ter=np.zeros(len(rows), dtype=np.int64),
        before_ter=np.zeros(len(rows), dtype=bool),
        polymer_number=places,
        in_protein=in_protein,
    )
    polymers, listed = entities.polymers(
        {segment: one for segment, one, inside in zip(asym, entity, in_protein, strict=True) if inside == 1}
    )
    return StructureFile(table, len(order), read_block_records(block, name), polymers, listed)


def _split_number(text: str) -> tuple[int | None, str]:
    """Number and insertion code, which some programs write into one item (``19A``)."""
    match = _NUMBER.fullmatch(text)
    return (int(match[1]), match[2]) if match else (None, "")


def _floats(texts: Sequence[str], missing: float = np.nan) -> npt.NDArray[np.float64]:
    """Numbers, with or without the uncertainty in their last digits (``12.345(6)``)."""
    values = [text or missing for text in texts]
    try:
        return np.array(values, dtype=np.float64)
    except ValueError:
        return np.array([float(_UNCERTAINTY.sub("", str(value))) for value in values])


class _Entities:
    """What the file says of its molecules: which is a protein, and its whole sequence."""

    def __init__(self, block: CifBlock) -> None:
        seq = block.columns("_entity_poly_seq", ("entity_id", "num", "mon_id"))
        rows: dict[str, list[tuple[str, str]]] = {}
        if len(seq) == 3:
            for entity, number, name in zip(*seq.values(), strict=True):
                rows.setdefault(entity, []).append((number, name))
        self._listed = {entity: _by_place(found) for entity, found in rows.items()}
        poly = block.columns("_entity_poly", ("entity_id", "type"))
        types = dict(zip(poly.get("entity_id", []), poly.get("type", []), strict=False))
        self._is_protein = {
            entity: _is_protein(types.get(entity, ""), [name for _, name in rows.get(entity, [])])
            for entity in {**types, **rows}
        }
        entities = block.columns("_entity", ("id", "type"))
        self._is_other = {
            entity
            for entity, kind in zip(entities.get("id", []), entities.get("type", []), strict=False)
            if kind and kind.lower() != "polymer"
        }

    def place(
        self, entities: Sequence[str], numbers: Sequence[str]
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int64]]:
        """Where each atom is: `AtomTable.in_protein` and `AtomTable.polymer_number`.

        A place counts only in a polymer that the file describes and that has this place: programs that know
        no polymers write residue numbers of ligands there.
        """
        numbered = {entity for entity, number in zip(entities, numbers, strict=True) if number}
        known: dict[tuple[str, str], tuple[int, int]] = {}
        for key in set(zip(entities, numbers, strict=True)):
            known[key] = self._place(*key, key[0] in numbered)
        found = [known[key] for key in zip(entities, numbers, strict=True)]
        return (
            np.array([inside for inside, _ in found], dtype=np.int8),
            np.array([place for _, place in found], dtype=np.int64),
        )

    def _place(self, entity: str, text: str, is_numbered: bool) -> tuple[int, int]:
        is_protein = self._is_protein.get(entity)
        if is_protein is None:
            return (0 if entity in self._is_other else -1), 0
        number = int(text) if text.isdigit() else 0
        listed = self._listed.get(entity)
        if number and (listed is None or number in listed):
            return int(is_protein), number
        # without any number, names and bonds have to tell
        return (-1 if is_protein and (number or not is_numbered) else 0), 0

    def polymers(
        self, entity_of: dict[str, str]
    ) -> tuple[dict[str, PolymerSequence], dict[str, Sequence[int]]]:
        """Whole sequences of proteins by segment, and the places of their residues."""
        polymers: dict[str, PolymerSequence] = {}
        numbers: dict[str, Sequence[int]] = {}
        made: dict[str, tuple[PolymerSequence, Sequence[int]]] = {}
        for segment, entity in entity_of.items():
            if entity not in self._listed:
                continue
            if entity not in made:
                names = self._listed[entity]
                kept = {number: found[0] for number, found in names.items() if found[0] not in CAPS}
                made[entity] = PolymerSequence(tuple(kept.values()), "_entity_poly_seq"), tuple(kept)
            polymers[segment], numbers[segment] = made[entity]
        return polymers, numbers


def _by_place(rows: Iterable[tuple[str, str]]) -> dict[int, list[str]]:
    """Residue names by place; a number comes again for each residue that may be there."""
    found: dict[int, list[str]] = {}
    for number, name in rows:
        found.setdefault(int(number or 0), []).append(name)
    return dict(sorted(found.items()))


def _is_protein(polymer_type: str, names: Sequence[str]) -> bool:
    polymer_type = polymer_type.lower()
    if "nucle" in polymer_type or "saccharide" in polymer_type:
        return False
    if "peptide" in polymer_type:
        return True
    known = Counter(is_amino_acid(name) for name in names if name not in NUCLEOTIDES)
    return known[True] > known[False]
