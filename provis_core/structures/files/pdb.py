"""Read the fixed columns of PDB files.

By a reader of our own: gemmi 0.7 reads a residue number ``****`` as 0 and a coordinate that is none as a
number, without a word, takes a residue name of four letters for a chain id of two, and puts the atoms of
molecules that share chain id and numbers into one residue.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from ...errors import StructureError
from ..components import is_amino_acid
from ..polymer import PolymerSequence
from .atom_table import AtomTable, StructureFile
from .records import read_header_records

__all__ = ["read_pdb", "read_seqres"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def read_pdb(lines: Sequence[str], name: str, state: int = 1) -> StructureFile:
    """Read one model of a PDB file.

    Parameters
    ----------
    lines : sequence of str
        The lines of the file.
    name : str
        What to call the file in an error.
    state : int
        Which model, 1-based in the order of the file. Where there are no ``MODEL`` records, atoms after
        an ``END`` are the next model.

    Returns
    -------
    StructureFile
        With `polymers` by author chain id, where there are ``SEQRES`` records.

    Raises
    ------
    StructureError
        If a line of an atom cannot be read, with its number.
    """
    has_long_chains = _has_long_chains(lines)
    rows: list[_Row] = []
    n_models, is_open = 0, False
    ends: list[tuple[str, int]] = []
    for line_number, line in enumerate(lines, 1):
        record = line[:6]
        if record in ("ATOM  ", "HETATM"):
            if not is_open:  # the first atom of a file without MODEL records, or of the next frame
                n_models, is_open = n_models + 1, True
            if n_models == state:
                try:
                    rows.append(_read_atom(line, has_long_chains))
                except (ValueError, IndexError):
                    raise _damaged(line, line_number, name) from None
        elif record == "MODEL ":
            n_models, is_open = n_models + 1, True
        elif record[:3] == "TER":
            if rows and n_models == state and is_open:
                ends.append((rows[-1][3], len(rows)))
        elif record[:3] == "END":
            is_open = False
    polymers = {
        chain: PolymerSequence.from_components(names, "SEQRES") for chain, names in read_seqres(lines)
    }
    return StructureFile(_make_table(rows, ends), n_models, read_header_records(lines, name), polymers)


def read_seqres(lines: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Read the sequences of the ``SEQRES`` records.

    Parameters
    ----------
    lines : iterable of str
        The lines of a PDB file.

    Returns
    -------
    list of (str, list of str)
        Chain id, and the component names of the whole polymer, caps and nucleotides included.
    """
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("SEQRES"):
            # files from before 1996 have the id of the entry and a line number after column 72
            found.setdefault(line[10:12].strip(), []).extend(line[19:72].split()[:13])
        elif line.startswith(("ATOM  ", "HETATM")):
            break
    return list(found.items())


# name, alternate, residue name, chain, segment, insertion code, element, number, x, y, z, occupancy,
# B-factor, is_het
_Row = tuple[
    str, str, str, str, str, str, str, int, float, float, float, float, float, bool
]  # fmt: skip


def _read_atom(line: str, has_long_chains: bool) -> _Row:
    if has_long_chains:
        residue_name, chain_id = line[17:20].strip(), line[20:22].strip()
    else:
        residue_name, chain_id = line[17:21].strip(), line[21].strip()
    occupancy, b_factor = line[54:60].strip(), line[60:66].strip()
    return (
        line[12:16].strip(),
        line[16].strip(),
        residue_name,
        chain_id,
        line[72:76].strip(),
        line[26].strip(),
        _element(line, residue_name),
        _read_number(line[22:26]),
        float(line[30:38]),
        float(line[38:46]),
        float(line[46:54]),
        float(occupancy) if occupancy else 1.0,
        float(b_factor) if b_factor else float("nan"),
        line[0] == "H",
    )


def _has_long_chains(lines: Sequence[str]) -> bool:
    """Whether column 21 belongs to chain ids of two letters, or (rather) to residue names of four."""
    votes = 0
    for line in lines:
        if line[20:21].strip() and line.startswith(("ATOM  ", "HETATM")):
            is_long = line[21:22].strip() and is_amino_acid(line[17:20]) and not is_amino_acid(line[17:21])
            votes += 1 if is_long else -1
    return votes > 0


def _element(line: str, residue_name: str) -> str:
    element = line[76:78].strip()
    if element.isalpha():
        return element.upper()
    # no element column (or the line numbers of old files there): one-letter elements start in column 14
    letters = "".join(c for c in line[12:16] if c.isalpha())
    if line[12] == " " or line[12].isdigit() or len(letters) > 2 or is_amino_acid(residue_name):
        return letters[:1].upper()
    return letters.upper()


def _read_number(text: str) -> int:
    """A residue number; those above 9999 are in hybrid-36 (``A000`` is 10000)."""
    if not text[:1].isalpha():
        return int(text)
    text = text.rstrip()
    if len(text) != 4 or not text.isalnum() or not (text.isupper() or text.islower()):
        raise ValueError(text)
    value = 0
    for character in text.upper():
        value = 36 * value + _DIGITS.index(character)
    first = value - 10 * 36**3 + 10000
    return first if text.isupper() else first + 26 * 36**3


def _make_table(rows: list[_Row], ends: list[tuple[str, int]]) -> AtomTable:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 14
    name, alternate, residue_name, chain_id, segment_id, insertion_code, element = (
        np.array(column, dtype=np.str_) for column in columns[:7]
    )
    n_ter, before_ter = _count_ends(chain_id.tolist(), ends)
    return AtomTable(
        name=name,
        alternate=alternate,
        residue_name=residue_name,
        chain_id=chain_id,
        segment_id=segment_id,
        insertion_code=insertion_code,
        element=element,
        number=np.array(columns[7], dtype=np.int64),
        coords=np.array(columns[8:11], dtype=np.float32).T.reshape(-1, 3),
        occupancy=np.array(columns[11], dtype=np.float32),
        b_factor=np.array(columns[12], dtype=np.float32),
        is_het=np.array(columns[13], dtype=bool),
        n_ter=n_ter,
        before_ter=before_ter,
        polymer_number=np.zeros(len(rows), dtype=np.int64),
        in_protein=np.full(len(rows), -1, dtype=np.int8),
    )


def _count_ends(
    chain_ids: list[str], ends: list[tuple[str, int]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """How many TER of its chain are before each atom, and whether one is after it."""
    of_chain: dict[str, list[int]] = {}
    for chain_id, row in ends:
        of_chain.setdefault(chain_id, []).append(row)
    n_ter = np.zeros(len(chain_ids), dtype=np.int64)
    before_ter = np.zeros(len(chain_ids), dtype=np.bool_)
    for row, chain_id in enumerate(chain_ids):
        if found := of_chain.get(chain_id):
            n_ter[row] = bisect.bisect_right(found, row)
            before_ter[row] = n_ter[row] < len(found)
    return n_ter, before_ter


def _damaged(line: str, line_number: int, name: str) -> StructureError:
    return StructureError(
        f"Line {line_number} of {name} is not a line of a PDB file: {line.rstrip()[:60]!r}",
        "Atoms need a residue number in columns 23-26 and coordinates in columns 31-54",
        "Repair the line, or download the file again",
    )
