"""Proteins from records of JSON lines and Parquet: ``id``, ``sequence``, and labels.

Labels are ``ss`` (one letter per residue: H, E, T, C, or the eight of DSSP with C or a blank for other; ``-``
or ``?`` where it is not known), ``ca_coords`` ([x, y, z] in Å or null per residue), and any other key that
holds

* a list of whole numbers: the residues that have the label, 0-based;
* a string of ``0``, ``1`` and ``-`` (not known), one per residue;
* a list of pairs of whole numbers: residue pairs, 0-based;
* ``{"numbers": [...]}``: one number or null per residue.

Everything else (texts, single numbers) is no label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..errors import InputError
from ..structures.chain import Chain, ResidueId
from ..structures.components import ONE_LETTER
from ..structures.sequence import compute_sequence_map
from ..structures.subject import SecondaryStructure, Subject
from .protein import Protein

__all__ = ["make_protein"]

_RESERVED: Final = ("id", "sequence", "ss", "ca_coords")

_THREE: Final = {letter: name for name, letter in reversed(ONE_LETTER.items())}
"""A component name of each letter: the standard one, which stands first."""

_UNKNOWN: Final = "-?"


def make_protein(record: Mapping[str, Any], source: str, place: str) -> Protein:
    """Make a protein of a record.

    Parameters
    ----------
    record : mapping
        As in the head of this module.
    source : str
        The file, for messages.
    place : str
        Where in it, for a record without id.

    Returns
    -------
    Protein

    Raises
    ------
    ProvisError
        If it has no sequence that a model can read, or a label that is not of its length.
    """
    name = str(record.get("id") or place)
    sequence = _read_sequence(record.get("sequence"), name)
    coords = _read_coords(record.get("ca_coords"), len(sequence), name)
    chain = Chain(
        object_name=name,
        chain_id="",
        residue_ids=tuple(ResidueId("", number) for number in range(1, len(sequence) + 1)),
        residue_names=tuple(_THREE.get(letter, "UNK") for letter in sequence),
        ca_coords=coords,
    )
    subject = Subject(chain, secondary_structure=_read_ss(record.get("ss"), len(sequence), name, source))
    given: dict[str, Annotation] = {}
    for key, value in record.items():
        if key not in _RESERVED and (label := _read_label(key, value, len(sequence), name)) is not None:
            values, valid, kind = label
            given[key] = Annotation(key, kind, values, valid, source, f"as given in {source}")
    return Protein(name, source, subject, compute_sequence_map(chain), given)


def _read_sequence(value: Any, name: str) -> str:
    letters = value.strip().upper().rstrip("*") if isinstance(value, str) else ""
    wrong = "".join(dict.fromkeys(re.sub("[A-Z]", "", letters)))
    if letters and not wrong:
        return letters
    raise InputError(
        f"The sequence of {name} has the characters {wrong[:10]!r}" if wrong else f"{name} has no sequence",
        "Amino acids in one-letter code are needed",
        "Correct it, or leave it out",
    )


def _read_coords(value: Any, n: int, name: str) -> npt.NDArray[np.float32]:
    coords = np.full((n, 3), np.nan, dtype=np.float32)
    if value is None:
        return coords
    _check_length(value, n, "ca_coords", name)
    for index, point in enumerate(value):
        if point is None:
            continue
        try:
            x, y, z = (float("nan") if part is None else float(part) for part in point)
        except (TypeError, ValueError) as error:
            raise _unclear(
                name, "ca_coords", point, "three numbers, or null, are needed per residue"
            ) from error
        if np.isfinite([x, y, z]).all():
            coords[index] = x, y, z
    return coords


def _read_ss(value: Any, n: int, name: str, source: str) -> SecondaryStructure | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise _unclear(name, "ss", value, "a string with one letter per residue is needed")
    _check_length(value, n, "ss", name)
    codes = tuple(None if code in _UNKNOWN else code for code in value.upper())
    return SecondaryStructure(codes, "dssp", source)


_Label = tuple[npt.NDArray[Any], npt.NDArray[np.bool_], str]
"""Values, where they are known, and the kind."""


def _read_label(key: str, value: Any, n: int, name: str) -> _Label | None:
    """Read what a key holds; None for what is no label."""
    if isinstance(value, str):
        return _read_marks(key, value, n, name)
    if isinstance(value, Mapping):
        return _read_numbers(key, value.get("numbers"), n, name)
    if isinstance(value, Sequence) and not (value and all(isinstance(one, str) for one in value)):
        return _read_residues(key, value, n, name)
    return None


def _read_marks(key: str, value: str, n: int, name: str) -> _Label | None:
    if re.fullmatch("[01-]+", value) is None or len(value) == 1 != n:
        return None
    _check_length(value, n, key, name)
    letters = np.array(list(value))
    return letters == "1", letters != "-", "residue"


def _read_numbers(key: str, numbers: Any, n: int, name: str) -> _Label | None:
    if numbers is None:
        return None
    _check_length(numbers, n, key, name)
    try:
        values = np.array([np.nan if one is None else float(one) for one in numbers], dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise _unclear(name, key, numbers, "numbers or null are needed") from error
    return values, np.isfinite(values), "residue"


def _read_residues(key: str, value: Sequence[Any], n: int, name: str) -> _Label:
    everywhere = np.ones(n, dtype=np.bool_)
    if all(_is_index(one) for one in value):
        _check_range(value, n, key, name)
        values = np.zeros(n, dtype=np.bool_)
        values[list(value)] = True
        return values, everywhere, "residue"
    if all(isinstance(one, Sequence) and len(one) == 2 and all(map(_is_index, one)) for one in value):
        _check_range([index for one in value for index in one], n, key, name)
        if any(i == j for i, j in value):
            raise _unclear(name, key, value, "pairs of two different residues are needed")
        values = np.zeros((n, n), dtype=np.bool_)
        i, j = np.array(value, dtype=np.int64).reshape(-1, 2).T
        values[i, j] = values[j, i] = True
        return values, everywhere, "pair"
    raise _unclear(name, key, value, "residues, pairs of residues, or {'numbers': [...]} are needed")


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_length(value: Any, n: int, key: str, name: str) -> None:
    if not isinstance(value, (str, Sequence)) or len(value) != n:
        size = len(value) if hasattr(value, "__len__") else value
        raise InputError(
            f"{key} of {name} has {size} values for {n} residues",
            "One per residue is needed",
            "Correct it, or leave the label out",
        )


def _check_range(residues: Sequence[int], n: int, key: str, name: str) -> None:
    wrong = [index for index in residues if not 0 <= index < n]
    if wrong:
        raise InputError(
            f"{key} of {name} names residue {wrong[0]}, and it has {n} residues",
            f"Numbers from 0 to {n - 1} are needed: they are counted from 0",
            "Correct it, or leave the label out",
        )


def _unclear(name: str, key: str, value: Any, need: str) -> InputError:
    return InputError(
        f"{key} of {name} holds {str(value)[:40]}", need.capitalize(), "Correct it, or leave the label out"
    )
