"""The whole sequence of a polymer, with the residues that no coordinates were found for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .components import CAPS, NUCLEOTIDES, one_letter

__all__ = ["PolymerSequence"]


@dataclass(frozen=True, eq=False)
class PolymerSequence:
    """What was in the tube, as the file or the viewer tells it.

    Attributes
    ----------
    residue_names : tuple of str, length n_positions
        Component names. Caps (``ACE``, ``NH2``) are left out: they are no residues of the sequence.
    source : str
        Where it comes from, in words for the user: ``"SEQRES"``, ``"_entity_poly_seq"``.
    residue_index : numpy.ndarray, shape (n_positions,), dtype int64, optional
        0-based index in the `Chain` of each position, -1 where it is not resolved. None where the source
        does not tell: then the residues are aligned to the sequence.
    """

    residue_names: tuple[str, ...]
    source: str
    residue_index: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.residue_index is None:
            return
        index = np.array(self.residue_index, dtype=np.int64)
        if len(index) != len(self.residue_names):
            raise ValueError(f"{len(self.residue_names)} residue names but {len(index)} residue indices")
        index.flags.writeable = False
        object.__setattr__(self, "residue_index", index)

    @classmethod
    def from_components(cls, names: Iterable[str], source: str) -> PolymerSequence:
        """Keep the amino acids of a list of components.

        Parameters
        ----------
        names : iterable of str
            Component names; caps and nucleotides are left out.
        source : str

        Returns
        -------
        PolymerSequence
            Without `residue_index`.
        """
        return cls(tuple(name for name in names if name not in CAPS and name not in NUCLEOTIDES), source)

    @property
    def n_positions(self) -> int:
        """Length of the sequence."""
        return len(self.residue_names)

    @property
    def sequence(self) -> str:
        """One letter per position, ``X`` where a component has none."""
        return "".join(one_letter(name) for name in self.residue_names)
