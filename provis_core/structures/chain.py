"""One protein chain as a viewer or a file shows it: residues and CA coordinates.

All coordinates are in Å. A `residue_index` is 0-based in the `Chain`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import StructureError
from .components import one_letter
from .polymer import PolymerSequence

__all__ = ["Chain", "ResidueId", "SelectedChain", "find_chain_problem"]

_N_NAMED: Final = 4  # joined chains that a label names
_N_NAMED_SHORT: Final = 8  # the same where their letters are enough


class ResidueId(NamedTuple):
    """What a user reads as the name of a residue.

    Attributes
    ----------
    chain : str
        Author chain id as the viewer shows it; may be empty.
    number : int
        Author residue number; may be negative.
    insertion_code : str
        ``""`` or one letter.
    """

    chain: str
    number: int
    insertion_code: str = ""

    @property
    def resi(self) -> str:
        """Number and insertion code together, as PyMOL's ``resi``: ``"52A"``."""
        return f"{self.number}{self.insertion_code}"

    @classmethod
    def from_resi(cls, chain: str, resi: str) -> ResidueId:
        """Take a number and insertion code apart.

        Parameters
        ----------
        chain : str
        resi : str
            Like ``"52A"`` or ``"-3"``.

        Returns
        -------
        ResidueId

        Raises
        ------
        ValueError
            If there is no number in it.
        """
        if resi[-1:].isdigit():
            return cls(chain, int(resi))
        return cls(chain, int(resi[:-1]), resi[-1])


@dataclass(frozen=True, eq=False)
class Chain:
    """The polymer residues of one chain in one object and state, in the order of the chain.

    Attributes
    ----------
    object_name : str
        The object (PyMOL), model (ChimeraX) or file the chain was read from.
    chain_id : str
        Author chain id; may be empty.
    segment_id : str
        Segment id where the viewer has one, or where chains are told apart by it; else empty.
    state : int
        State of the object, 1-based as the viewer counts.
    n_states : int
        Number of states of the object.
    residue_ids : tuple of ResidueId, length n_residues
    residue_names : tuple of str, length n_residues
        Three-letter component names.
    ca_coords : numpy.ndarray, shape (n_residues, 3), dtype float32
        CA coordinates in Å; NaN where a residue has no CA.
    polymer : PolymerSequence, optional
        The whole sequence of the polymer, unresolved residues included, where the source tells it.
    members : tuple of Chain
        The chains that this one was joined from (`provis_core.structures.linking.join_chains`), in order;
        empty for a chain of its own.
    shares_id : bool
        Whether another protein chain of the object has the same chain id, so that the segment id belongs to
        the name of this one.
    object_key : str
        What the viewer finds the object by, where that is not its name: in ChimeraX names and ids change;
        empty where it is.
    """

    object_name: str
    chain_id: str
    residue_ids: tuple[ResidueId, ...]
    residue_names: tuple[str, ...]
    ca_coords: npt.NDArray[np.float32]
    segment_id: str = ""
    state: int = 1
    n_states: int = 1
    polymer: PolymerSequence | None = None
    members: tuple[Chain, ...] = ()
    shares_id: bool = False
    object_key: str = ""

    def __post_init__(self) -> None:
        coords = np.array(self.ca_coords, dtype=np.float32).reshape(-1, 3)
        coords.flags.writeable = False
        object.__setattr__(self, "ca_coords", coords)
        n_residues = len(self.residue_ids)
        if not n_residues == len(self.residue_names) == len(coords):
            raise ValueError(
                f"residue_ids ({n_residues}), residue_names ({len(self.residue_names)}) and "
                f"ca_coords ({len(coords)}) must have the same length"
            )
        exact = self.polymer.residue_index if self.polymer else None
        if exact is not None and exact.max(initial=-1) >= n_residues:
            raise ValueError(f"the polymer names residue {exact.max()} of a chain of {n_residues}")

    @property
    def singles(self) -> tuple[Chain, ...]:
        """The chains that a viewer knows: the members, or the chain itself where it was not joined."""
        return self.members or (self,)

    @property
    def n_residues(self) -> int:
        """Number of residues."""
        return len(self.residue_ids)

    @property
    def sequence(self) -> str:
        """The observed residues in one-letter code, ``X`` for a residue without one."""
        return "".join(one_letter(name) for name in self.residue_names)

    @property
    def label(self) -> str:
        """Object and chain as they are shown to the user, like ``1hpv chain A`` or ``1hpv chains A + B``."""
        if self.members:
            return self._label_of_members()
        if self.chain_id:
            part = f"chain {self.chain_id}"
            part += f" segment {self.segment_id}" if self.shares_id and self.segment_id else ""
        else:
            part = f"segment {self.segment_id}" if self.segment_id else "chain without id"
        return f"{self.object_name} {part}{self._state_words}"

    @property
    def _state_words(self) -> str:
        return "" if self.n_states == 1 else f" state {self.state} of {self.n_states}"

    def _label_of_members(self) -> str:
        """Like ``1hpv chains A + B``, or all their labels where they are not of one object."""
        about = {(one.object_name, one._state_words) for one in self.members}
        is_short = len(about) == 1 and all(one.chain_id and not one.shares_id for one in self.members)
        names = [one.chain_id if is_short else one.label for one in self.members]
        n_named = _N_NAMED_SHORT if is_short else _N_NAMED
        rest = len(names) - n_named
        text = " + ".join(names[:n_named]) + (f" and {rest} more" if rest > 0 else "")
        return f"{self.members[0].object_name} chains {text}{self._state_words}" if is_short else text

    def residue_label(self, residue_index: int) -> str:
        """Chain, residue name and number, like ``A/ASP25``.

        Parameters
        ----------
        residue_index : int
            0-based index in this chain.

        Returns
        -------
        str
        """
        for member in self.members:
            if residue_index < member.n_residues:
                return member.residue_label(residue_index)
            residue_index -= member.n_residues
        residue = self.residue_ids[residue_index]
        chain = residue.chain or self.segment_id
        if residue.chain and self.segment_id and self.shares_id:
            chain = f"{self.segment_id}/{residue.chain}"  # as PyMOL writes it
        return f"{chain}/{self.residue_names[residue_index]}{residue.resi}"


@dataclass(frozen=True, eq=False)
class SelectedChain:
    """A chain that a selection touches.

    Attributes
    ----------
    chain : Chain
        The whole chain.
    inside : numpy.ndarray of bool, shape (n_residues,)
        Which residues the selection holds.
    """

    chain: Chain
    inside: npt.NDArray[np.bool_]

    @property
    def residues(self) -> list[int] | None:
        """Indices of the residues that the selection holds; None where it holds the whole chain."""
        return None if self.inside.all() else np.flatnonzero(self.inside).tolist()


def find_chain_problem(
    chain: Chain, get_whole: str, name_apart: Callable[[Sequence[ResidueId]], str]
) -> StructureError | None:
    """Say why a chain that a viewer shows cannot be used.

    One number may not stand for two residues: it may be two chains in one.

    Parameters
    ----------
    chain : Chain
    get_whole : str
        What to do in this viewer where no residue has a CA atom.
    name_apart : callable
        Says what to do in this viewer about residues whose numbers are used twice, at least one.

    Returns
    -------
    StructureError or None
        None where it can be used.
    """
    if not np.isfinite(chain.ca_coords).any():
        return StructureError(
            f"{chain.label} has no CA atom in any of its {chain.n_residues} residues",
            "Attention is drawn between CA atoms",
            get_whole,
        )
    repeated = [residue for residue, count in Counter(chain.residue_ids).items() if count > 1]
    if not repeated:
        return None
    return StructureError(
        f"{chain.label} has two residues numbered {repeated[0].resi} ({len(repeated)} numbers are used so)",
        "In a chain one number may stand for one residue only: the model reads every chain by itself",
        name_apart(repeated),
    )
