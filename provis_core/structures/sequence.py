"""From the residues of a chain to the letters a model reads, and back.

A `position` is 0-based in the sequence, a `residue_index` 0-based in the `Chain`; `SequenceMap` is the
only place where one is turned into the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import InputError, StructureError, check_word
from .alignment import align_to_components, align_to_letters
from .chain import Chain
from .components import AMINO_ACIDS, ONE_LETTER, one_letter

__all__ = [
    "AMINO_ACIDS",
    "BETWEEN_CHAINS",
    "GAPS",
    "ONE_LETTER",
    "SequenceMap",
    "compute_sequence_map",
    "count_missing",
    "one_letter",
]

GAPS: Final = ("observed", "full", "auto")
"""What a model can be shown: observed residues, the whole polymer, or the whole one where it is known."""

BETWEEN_CHAINS: Final = 2**31 - 1
"""What stands for the sequence separation of residues in two linked chains, which have none: above any."""

_CA_CA: Final = 4.5  # Å; residues whose CA are nearer are neighbours
_LONGEST_GAP: Final = 500  # residues; where numbers jump farther another domain counts on its own
MIN_IDENTITY: Final = 0.9
"""Share of the observed residues that must agree with a whole sequence."""


@dataclass(frozen=True, eq=False)
class SequenceMap:
    """The sequence a model sees, and which residue of the chain each position is.

    Attributes
    ----------
    sequence : str, length n_positions
        Upper-case letters; ``X`` for a residue without one.
    residue_index : numpy.ndarray, shape (n_positions,), dtype int64
        0-based index in the `Chain`; -1 where the residue is not resolved.
    gaps : str
        What the sequence is: ``"observed"`` or ``"full"``.
    source : str
        Where it comes from, in words: ``"coordinates"``, ``"SEQRES"``, ``"_entity_poly_seq"``,
        ``"given sequence"``.
    identity : float
        Share of the observed residues with a letter that stand at a position with the same letter.
    n_left_out : int
        Number of observed residues without a position: the model does not see them.
    note : str
        What the user should know about the choice: why the whole sequence was not used.
    members : tuple of SequenceMap
        The maps that this one was linked from (`provis_core.structures.linking.link_maps`), in order; empty
        for the map of one chain.
    part : numpy.ndarray, shape (n_positions,), dtype int64, or None
        0-based index of the member that a position belongs to, -1 in a linker; None for one chain.
    places : numpy.ndarray, shape (n_positions,), dtype int64, or None
        Where each position stands in the chain, for separations: where nothing tells the whole sequence, a
        gap that this one closes counts the residues that the numbers leave out. Rising; None for the
        positions themselves.
    """

    sequence: str
    residue_index: npt.NDArray[np.int64]
    gaps: str = "observed"
    source: str = "coordinates"
    identity: float = 1.0
    n_left_out: int = 0
    note: str = ""
    members: tuple[SequenceMap, ...] = ()
    part: npt.NDArray[np.int64] | None = None
    places: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        for name in ("residue_index", "part", "places"):
            if getattr(self, name) is None:
                continue
            index = np.array(getattr(self, name), dtype=np.int64)
            index.flags.writeable = False
            object.__setattr__(self, name, index)
            if len(index) != len(self.sequence):
                raise ValueError(f"{len(self.sequence)} letters but {len(index)} values of {name}")

    @property
    def n_positions(self) -> int:
        """Length of the sequence."""
        return len(self.sequence)

    @property
    def n_unresolved(self) -> int:
        """Number of positions without a residue in the chain; those of a linker do not count."""
        return int(np.count_nonzero(self.residue_index < 0)) - self.n_linker

    @property
    def n_linker(self) -> int:
        """Number of positions of linkers between chains."""
        return 0 if self.part is None else int(np.count_nonzero(self.part < 0))

    def separations(
        self, query: npt.NDArray[np.integer[Any]], key: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int64]:
        """How far positions are apart in the sequence, by `places`; `BETWEEN_CHAINS` between linked chains.

        Parameters
        ----------
        query, key : numpy.ndarray of int
            Positions, of shapes that broadcast.

        Returns
        -------
        numpy.ndarray, dtype int64
            Of the broadcast shape.
        """
        first, second = (query, key) if self.places is None else (self.places[query], self.places[key])
        apart: npt.NDArray[np.int64] = np.abs(np.subtract(first, second, dtype=np.int64))
        if self.part is not None:
            apart = np.where(self.part[query] == self.part[key], apart, BETWEEN_CHAINS)
        return apart

    def positions_of(self, n_residues: int) -> npt.NDArray[np.int64]:
        """Position of each residue of the chain; the opposite of `residue_index`.

        Parameters
        ----------
        n_residues : int
            Number of residues of the chain.

        Returns
        -------
        numpy.ndarray, shape (n_residues,), dtype int64
            -1 for a residue that the model does not see.
        """
        places = np.flatnonzero(self.residue_index >= 0)
        positions = np.full(n_residues, -1, dtype=np.int64)
        positions[self.residue_index[places]] = places
        return positions

    def places_of(self, n_residues: int) -> npt.NDArray[np.int64]:
        """Where each residue of the chain stands, for separations in the sequence.

        Parameters
        ----------
        n_residues : int
            Number of residues of the chain.

        Returns
        -------
        numpy.ndarray, shape (n_residues,), dtype int64
            -1 for a residue that the model does not see.
        """
        positions = self.positions_of(n_residues)
        if self.places is None or not len(self.places):
            return positions
        return np.where(positions >= 0, self.places[positions], -1)

    @property
    def description(self) -> str:
        """What was used, for the user: ``120 residues of the full sequence (SEQRES), 12 not resolved``."""
        if self.members:
            different = list(dict.fromkeys(member.description for member in self.members))
            each = f"each {different[0]}" if len(different) == 1 else "; ".join(different)
            return f"{len(self.members)} chains in one sequence with {self.n_linker} linker residues, {each}"
        if self.gaps == "observed":
            return f"{self.n_positions} observed residues" + (f" ({self.note})" if self.note else "")
        words = f"{self.n_positions} residues of the full sequence ({self.source}), "
        words += f"{self.n_unresolved} not resolved"
        if self.identity < 1:
            words += f", {100 * self.identity:.1f} % of the observed residues agree"
        if self.n_left_out:
            words += f", {self.n_left_out} observed residues are not in it"
        return words


def compute_sequence_map(chain: Chain, gaps: str = "observed", seqres: str | None = None) -> SequenceMap:
    """Map the residues of a chain to the sequence that a model sees.

    Parameters
    ----------
    chain : Chain
    gaps : str
        ``"observed"``: the residues with coordinates, in their order; gaps are closed, as in the viewer of
        Vig et al. (arXiv 2006.15222). ``"full"``: the whole polymer, with the unresolved residues.
        ``"auto"``: the whole polymer where the source tells it and it has every observed residue, else the
        observed ones.
    seqres : str, optional
        The whole sequence in letters, from the user; blanks do not count. It is used whatever `gaps` says.

    Returns
    -------
    SequenceMap

    Raises
    ------
    StructureError
        If the chain has no residue, or none with a known one-letter code.
    InputError
        If `gaps` is not one of the three, the whole sequence is not known, or it does not agree with the
        observed residues.
    """
    check_word("gaps", gaps, GAPS, "auto")
    if not chain.sequence.strip("X"):
        shown = ", ".join(dict.fromkeys(chain.residue_names)) or "no residues"
        raise StructureError(
            f"{chain.label} has no amino acid that ProVis knows ({shown})",
            "A chain with at least one standard amino acid is needed",
            "Select a protein chain",
        )
    if seqres is not None:
        return _agreeing(_map_given(chain, _clean(seqres)), chain, "seqres")
    places = None
    if chain.polymer is None and (n_missing := count_missing(chain)).any():
        places = np.arange(chain.n_residues) + np.cumsum(n_missing)
    observed = SequenceMap(chain.sequence, np.arange(chain.n_residues), places=places)
    if gaps == "observed":
        return observed
    if chain.polymer is None:
        if gaps == "auto":
            return replace(observed, note="full sequence not known")
        raise InputError(
            f"«gaps=full», but nothing tells the whole sequence of {chain.label}",
            "SEQRES records, an _entity_poly_seq category, or a sequence from you are needed",
            "Give it as «seqres=» (letters or a FASTA file), or use «gaps=observed»",
        )
    full = _map_polymer(chain)
    if gaps == "auto":
        if full.identity >= MIN_IDENTITY and not full.n_left_out:
            return full
        why = (
            f"{full.n_left_out} residues are not in it"
            if full.n_left_out
            else f"{100 * full.identity:.0f} % of the residues agree with it"
        )
        return replace(observed, note=f"not the full sequence ({full.source}): {why}")
    return _agreeing(full, chain, full.source)


def count_missing(chain: Chain) -> npt.NDArray[np.int64]:
    """How many residues the numbers leave out before each residue, where the chain is broken.

    Parameters
    ----------
    chain : Chain

    Returns
    -------
    numpy.ndarray, shape (n_residues,), dtype int64
        0 where the chain goes on (CA-CA up to 4.5 Å), where a CA is missing, and where numbers do not rise.
    """
    missing = np.zeros(chain.n_residues, dtype=np.int64)
    apart = np.linalg.norm(np.diff(chain.ca_coords.astype(np.float64), axis=0), axis=1)
    steps = np.diff([residue.number for residue in chain.residue_ids])
    missing[1:] = np.where((apart > _CA_CA) & (steps > 1) & (steps <= _LONGEST_GAP), steps - 1, 0)
    return missing


def _map_polymer(chain: Chain) -> SequenceMap:
    """The polymer that the source tells: exactly where it says so, else by alignment."""
    polymer = chain.polymer
    assert polymer is not None
    exact = polymer.residue_index
    index = exact
    if index is None:
        index = _invert(align_to_components(chain, polymer.residue_names), polymer.n_positions)
    # what is drawn is what is read: of a microheterogeneous position the residue that was chosen
    observed = chain.sequence
    letters = [
        observed[k] if k >= 0 and observed[k] != "X" else letter
        for k, letter in zip(index.tolist(), polymer.sequence, strict=True)
    ]
    # a place that the source tells is not doubted: the residue is one of several that may be there
    expected = "".join(letters) if exact is not None else polymer.sequence
    return _describe(chain, expected, "".join(letters), index, polymer.source)


def _map_given(chain: Chain, letters: str) -> SequenceMap:
    index = _invert(align_to_letters(chain, letters), len(letters))
    return _describe(chain, letters, letters, index, "given sequence")


def _describe(
    chain: Chain, expected: str, sequence: str, index: npt.NDArray[np.int64], source: str
) -> SequenceMap:
    observed = np.frombuffer(chain.sequence.encode("ascii"), dtype=np.uint8)
    there = np.frombuffer(expected.encode("ascii"), dtype=np.uint8)
    resolved = index >= 0
    n_same = int(np.count_nonzero((observed[index] == there) & resolved & (there != ord("X"))))
    n_known = int(np.count_nonzero(observed != ord("X")))
    return SequenceMap(
        sequence,
        index,
        gaps="full",
        source=source,
        identity=n_same / n_known,
        n_left_out=chain.n_residues - int(np.count_nonzero(resolved)),
    )


def _invert(places: npt.NDArray[np.int64], n_positions: int) -> npt.NDArray[np.int64]:
    index = np.full(n_positions, -1, dtype=np.int64)
    placed = np.flatnonzero(places >= 0)
    index[places[placed]] = placed
    return index


def _agreeing(found: SequenceMap, chain: Chain, source: str) -> SequenceMap:
    if found.identity >= MIN_IDENTITY:
        return found
    raise InputError(
        f"The {source} of {found.n_positions} residues agrees with {100 * found.identity:.0f} % of the "
        f"{chain.n_residues} observed residues of {chain.label}",
        f"At least {100 * MIN_IDENTITY:.0f} % must agree: it seems to be another protein",
        "Give the sequence of this chain as «seqres=» (letters or a FASTA file), or leave it out",
    )


def _clean(seqres: str) -> str:
    letters = re.sub(r"\s", "", seqres).upper().rstrip("*")
    wrong = "".join(dict.fromkeys(re.sub("[A-Z]", "", letters)))
    if letters and not wrong:
        return letters
    raise InputError(
        f"seqres has the characters {wrong!r}" if wrong else "seqres is empty",
        "A sequence in one-letter code is needed",
        "Give letters only, without a FASTA header or gaps",
    )
