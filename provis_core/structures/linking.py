"""Several chains as one sequence, so that a model can look from one chain into another.

The linker between them is cut out again of whatever the model returns: `LinkedSequence` does that with a map,
`join_chains` and `link_maps` make a `Chain` and a `SequenceMap` whose linker positions have no residue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .chain import Chain
from .sequence import SequenceMap

__all__ = ["LINKER", "LinkedSequence", "join_chains", "link_chains", "link_maps", "split_residues"]

LINKER: Final = "G" * 25
"""Glycines as in ESMFold's multimer trick (Lin et al., Science 379:1123, 2023)."""


@dataclass(frozen=True, eq=False)
class LinkedSequence:
    """One sequence made of several, and where each position comes from.

    Attributes
    ----------
    sequence : str, length n_positions
        What the model reads, linkers included.
    part : numpy.ndarray, shape (n_positions,), dtype int64
        0-based index of the sequence that a position belongs to; -1 in a linker.
    position : numpy.ndarray, shape (n_positions,), dtype int64
        0-based position in that sequence; -1 in a linker.
    """

    sequence: str
    part: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        for name in ("part", "position"):
            array = np.array(getattr(self, name), dtype=np.int64)
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def n_positions(self) -> int:
        """Length of what the model reads."""
        return len(self.sequence)

    @property
    def kept(self) -> npt.NDArray[np.int64]:
        """Positions that are not of a linker, shape (n_kept,)."""
        return np.flatnonzero(self.part >= 0)

    def cut(self, weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Take the linkers out of an attention map; rows are not renormalised.

        Parameters
        ----------
        weights : numpy.ndarray, shape (..., n_positions, n_positions)

        Returns
        -------
        numpy.ndarray, shape (..., n_kept, n_kept)
            The sequences one after another.
        """
        self._check(weights)
        return weights[..., self.kept[:, None], self.kept]

    def block(self, weights: npt.NDArray[Any], query_part: int, key_part: int) -> npt.NDArray[Any]:
        """Attention from one of the sequences to another one (or itself).

        Parameters
        ----------
        weights : numpy.ndarray, shape (..., n_positions, n_positions)
        query_part, key_part : int
            0-based indices of the two.

        Returns
        -------
        numpy.ndarray, shape (..., length of the one, length of the other)
        """
        self._check(weights)
        queries, keys = np.flatnonzero(self.part == query_part), np.flatnonzero(self.part == key_part)
        return weights[..., queries[:, None], keys]

    def _check(self, weights: npt.NDArray[Any]) -> None:
        if weights.shape[-2:] != (self.n_positions, self.n_positions):
            raise ValueError(f"a map of shape {weights.shape} for {self.n_positions} linked positions")


def link_chains(sequences: Sequence[str | SequenceMap], linker: str = LINKER) -> LinkedSequence:
    """Join sequences, with a linker between each two.

    Parameters
    ----------
    sequences : sequence of str or SequenceMap
    linker : str
        Letters; may be empty.

    Returns
    -------
    LinkedSequence

    Raises
    ------
    InputError
        If there is no sequence, an empty one, or a linker that is no letters.
    """
    texts = [item if isinstance(item, str) else item.sequence for item in sequences]
    if not texts or not all(texts):
        raise InputError(
            "There is nothing to link", "At least one residue in each chain is needed", "Select chains"
        )
    linker = linker.strip().upper()
    if linker and not (linker.isascii() and linker.isalpha()):
        raise InputError(
            f"linker={linker}", "Amino acids in one-letter code are needed", "Give for example GGGGS"
        )
    letters: list[str] = []
    parts: list[int] = []
    positions: list[int] = []
    for k, text in enumerate(texts):
        if k:
            letters.append(linker)
            parts += [-1] * len(linker)
            positions += [-1] * len(linker)
        letters.append(text)
        parts += [k] * len(text)
        positions += range(len(text))
    return LinkedSequence("".join(letters), np.array(parts), np.array(positions))


def join_chains(chains: Sequence[Chain]) -> Chain:
    """Put chains into one, residue after residue; each residue keeps the id of its own chain.

    Parameters
    ----------
    chains : sequence of Chain
        Two or more, of one object or of several.

    Returns
    -------
    Chain
        With the chains as its `members`.

    Raises
    ------
    InputError
        If there are fewer than two.
    """
    if len(chains) < 2:
        raise InputError(
            f"There is one chain to link, {chains[0].label}" if chains else "There is no chain to link",
            "Two or more protein chains are needed",
            "Select more chains, for example: «attn chain A+B, link=1»",
        )
    return Chain(
        object_name="+".join(dict.fromkeys(chain.object_name for chain in chains)),
        chain_id="+".join(chain.chain_id or chain.segment_id for chain in chains),
        residue_ids=tuple(residue for chain in chains for residue in chain.residue_ids),
        residue_names=tuple(name for chain in chains for name in chain.residue_names),
        ca_coords=np.concatenate([chain.ca_coords for chain in chains]),
        state=chains[0].state,
        n_states=chains[0].n_states,
        members=tuple(chains),
    )


def link_maps(maps: Sequence[SequenceMap], n_residues: Sequence[int], linker: str = LINKER) -> SequenceMap:
    """Join the sequences of chains that `join_chains` joins.

    Parameters
    ----------
    maps : sequence of SequenceMap
        One per chain.
    n_residues : sequence of int
        Number of residues of each chain.
    linker : str
        Letters; may be empty.

    Returns
    -------
    SequenceMap
        Positions of a linker have no residue (-1), like those that are not resolved; `part` tells them apart.
    """
    linked = link_chains(maps, linker)
    first = np.cumsum([0, *n_residues])
    index = np.full(linked.n_positions, -1, dtype=np.int64)
    for k, one in enumerate(maps):
        index[linked.part == k] = np.where(one.residue_index >= 0, one.residue_index + first[k], -1)
    return SequenceMap(
        linked.sequence,
        index,
        places=_link_places(maps, linked),
        gaps="observed" if all(one.gaps == "observed" for one in maps) else "full",
        source=", ".join(dict.fromkeys(one.source for one in maps)),
        identity=min(one.identity for one in maps),
        n_left_out=sum(one.n_left_out for one in maps),
        members=tuple(maps),
        part=linked.part,
    )


def _link_places(maps: Sequence[SequenceMap], linked: LinkedSequence) -> npt.NDArray[np.int64] | None:
    """Places of the positions of linked chains: each chain moves those after it by the gaps that it has."""
    if all(one.places is None for one in maps):
        return None
    opened = np.zeros(linked.n_positions, dtype=np.int64)
    for k, one in enumerate(maps):
        if one.places is None:
            continue
        own = np.flatnonzero(linked.part == k)
        more = one.places - np.arange(one.n_positions)
        opened[own] += more
        opened[own[-1] + 1 :] += more[-1]
    return np.arange(linked.n_positions) + opened


def split_residues(chain: Chain, residues: Sequence[int]) -> list[tuple[Chain, list[int]]]:
    """Residues of a chain by the chains that a viewer knows.

    Parameters
    ----------
    chain : Chain
        Joined or not.
    residues : sequence of int
        0-based residue indices in it.

    Returns
    -------
    list of (Chain, list of int)
        Each member with its own 0-based residue indices, also those without any; the chain itself where it
        was not joined.
    """
    split: list[tuple[Chain, list[int]]] = []
    first = 0
    for member in chain.singles:
        end = first + member.n_residues
        split.append((member, [index - first for index in residues if first <= index < end]))
        first = end
    return split
