"""From the residues of a chain to the letters a model reads, and back.

A `position` is 0-based in the sequence, a `residue_index` 0-based in the `Chain`; `SequenceMap` is the
only place where one is turned into the other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .chain import Chain
from .errors import StructureError

__all__ = ["AMINO_ACIDS", "ONE_LETTER", "SequenceMap", "compute_sequence_map", "one_letter"]

AMINO_ACIDS: Final = "ACDEFGHIKLMNPQRSTVWY"
"""The 20 proteinogenic amino acids in one-letter code."""

ONE_LETTER: Final[dict[str, str]] = {
    # the standard residues, and the two that the genetic code can add
    "ALA": "A", "ARG": "R", "ASN": "N", "ASP": "D", "CYS": "C", "GLN": "Q", "GLU": "E", "GLY": "G",
    "HIS": "H", "ILE": "I", "LEU": "L", "LYS": "K", "MET": "M", "PHE": "F", "PRO": "P", "SER": "S",
    "THR": "T", "TRP": "W", "TYR": "Y", "VAL": "V", "SEC": "U", "PYL": "O", "ASX": "B", "GLX": "Z",
    # names that force fields and crystallographers give to protonation and bonding states
    "HID": "H", "HIE": "H", "HIP": "H", "HSD": "H", "HSE": "H", "HSP": "H", "CYX": "C", "CYM": "C",
    "ASH": "D", "GLH": "E", "LYN": "K", "ARN": "R", "TYM": "Y", "CYSH": "C", "LYSH": "K",
    # modified residues: the parent that the chemical component dictionary names
    "MSE": "M", "CSO": "C", "CSD": "C", "CME": "C", "OCS": "C", "CAS": "C", "CSX": "C", "SMC": "C",
    "CSS": "C", "CSW": "C", "SCY": "C", "YCM": "C", "CMT": "C", "SEP": "S", "TPO": "T", "PTR": "Y",
    "TYS": "Y", "KCX": "K", "LLP": "K", "MLY": "K", "M3L": "K", "MLZ": "K", "ALY": "K", "PCA": "Q",
    "HYP": "P", "CGU": "E", "NEP": "H", "HIC": "H", "FME": "M", "MHO": "M", "SME": "M", "AGM": "R",
    "CIR": "R", "ABA": "A", "SAC": "S", "TRQ": "W", "TPQ": "Y",
}  # fmt: skip
"""Component name to one letter, for the residues that ProVis knows; any other becomes ``X``."""


@dataclass(frozen=True, eq=False)
class SequenceMap:
    """The sequence a model sees, and which residue of the chain each position is.

    Attributes
    ----------
    sequence : str, length n_positions
        Upper-case letters; ``X`` for a residue without one.
    residue_index : numpy.ndarray, shape (n_positions,), dtype int64
        0-based index in the `Chain`; -1 where the residue is not resolved.
    """

    sequence: str
    residue_index: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        index = np.array(self.residue_index, dtype=np.int64)
        index.flags.writeable = False
        object.__setattr__(self, "residue_index", index)
        if len(index) != len(self.sequence):
            raise ValueError(f"{len(self.sequence)} letters but {len(index)} residue indices")

    @property
    def n_positions(self) -> int:
        """Length of the sequence."""
        return len(self.sequence)

    @property
    def n_unresolved(self) -> int:
        """Number of positions without a residue in the chain."""
        return int(np.count_nonzero(self.residue_index < 0))


def one_letter(residue_name: str) -> str:
    """One-letter code of a component.

    Parameters
    ----------
    residue_name : str
        Component name in any case, like ``"MSE"``.

    Returns
    -------
    str
        One upper-case letter, ``"X"`` for a name without one.
    """
    return ONE_LETTER.get(residue_name.strip().upper(), "X")


def compute_sequence_map(chain: Chain) -> SequenceMap:
    """Map the observed residues of a chain, in their order, to a sequence.

    Parameters
    ----------
    chain : Chain

    Returns
    -------
    SequenceMap
        With ``residue_index = 0 .. n_residues - 1``: gaps in the numbering are closed, as in the
        viewer of Vig et al. (arXiv 2006.15222).

    Raises
    ------
    StructureError
        If the chain has no residue, or none with a known one-letter code, or two residues of one number.
    """
    counts = Counter(chain.residue_ids)
    twice = [residue for residue, count in counts.items() if count > 1]
    if twice:
        raise StructureError(
            f"{chain.label} has two residues numbered {twice[0].resi} ({len(twice)} numbers are used twice)",
            "A number may stand for one residue of a chain: the model reads each chain by itself",
            "If these are several chains, name them apart, for example: alter rank 0-1500, chain='A'; sort",
        )
    sequence = "".join(one_letter(name) for name in chain.residue_names)
    if not sequence.strip("X"):
        shown = ", ".join(dict.fromkeys(chain.residue_names)) or "no residues"
        raise StructureError(
            f"{chain.label} has no amino acid that ProVis knows ({shown})",
            "A chain with at least one standard amino acid is needed",
            "Select a protein chain, for example: provis_attn polymer.protein",
        )
    return SequenceMap(sequence, np.arange(chain.n_residues))
