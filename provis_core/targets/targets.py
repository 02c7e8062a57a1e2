"""The chains of a command, each with the sequence that the model sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import InputError, ProvisError, StructureError, check_word
from ..structures.chain import Chain, SelectedChain
from ..structures.given_sequences import GivenSequence, map_given, read_given
from ..structures.linking import join_chains, link_maps
from ..structures.sequence import GAPS, SequenceMap, compute_sequence_map
from ..viewers.viewer import Reader

__all__ = [
    "Target",
    "find_inside",
    "make_targets",
    "read_chain_again",
    "read_chains_again",
    "remake_target",
    "split_selected",
]


@dataclass(frozen=True, eq=False)
class Target:
    """One chain of a command, or several linked ones, with the sequence the model sees."""

    selected: SelectedChain
    sequence_map: SequenceMap

    @property
    def chain(self) -> Chain:
        """The chain."""
        return self.selected.chain


def make_targets(
    chains: Sequence[SelectedChain], gaps: str = "auto", seqres: str = "", link: bool = False
) -> tuple[list[Target], list[ProvisError]]:
    """Decide what the model sees of some chains.

    Parameters
    ----------
    chains : sequence of SelectedChain
        At least one.
    gaps : str
        See `provis_core.structures.sequence.compute_sequence_map`.
    seqres : str
        Whole sequence in letters, or the path of a FASTA file, of which every chain takes the sequence that
        fits best; empty for none.
    link : bool
        Run all chains as one sequence, with linkers between them.

    Returns
    -------
    targets : list of Target
        One per chain that can be used; a single one where they are linked.
    skipped : list of ProvisError
        Why other chains were left out.

    Raises
    ------
    ProvisError
        If an argument cannot be used, no chain is left, or there is only one to link.
    """
    check_word("gaps", gaps, GAPS, "auto")
    given = read_given(seqres) if seqres.strip() else ()
    targets: list[Target] = []
    skipped: list[ProvisError] = []
    for selected in chains:
        try:
            targets.append(Target(selected, _map(selected.chain, gaps, given)))
        except (InputError, StructureError) as error:
            skipped.append(error)
    if not targets:
        raise skipped[0]
    if link:
        chain = join_chains([target.chain for target in targets])
        inside = np.concatenate([target.selected.inside for target in targets])
        maps = [target.sequence_map for target in targets]
        targets = [
            Target(SelectedChain(chain, inside), link_maps(maps, [one.n_residues for one in chain.members]))
        ]
    return targets, skipped


def remake_target(target: Target, gaps: str = "auto") -> Target:
    """A chain, or linked ones, with another sequence that the model sees.

    Parameters
    ----------
    target : Target
    gaps : str
        See `provis_core.structures.sequence.compute_sequence_map`.

    Returns
    -------
    Target
        With the same chain.

    Raises
    ------
    ProvisError
        If it cannot be had, of linked chains if it cannot be had of each.
    """
    selected = target.selected
    (made, *_), skipped = make_targets(split_selected(selected), gaps, link=bool(target.chain.members))
    if skipped:
        raise skipped[0]
    return Target(selected, made.sequence_map)


def split_selected(selected: SelectedChain) -> list[SelectedChain]:
    """Linked chains one by one; a chain that is not linked by itself."""
    members = selected.chain.members
    if not members:
        return [selected]
    ends = np.cumsum([one.n_residues for one in members])
    inside = np.split(selected.inside, ends[:-1])
    return [SelectedChain(one, own) for one, own in zip(members, inside, strict=True)]


def find_inside(chain: Chain, selected: Sequence[SelectedChain]) -> npt.NDArray[np.bool_]:
    """Which residues of a chain, joined or not, are in a selection.

    Parameters
    ----------
    chain : Chain
    selected : sequence of SelectedChain
        What the viewer gave for the selection.

    Returns
    -------
    numpy.ndarray of bool, shape (n_residues,)
    """
    inside = {(one.chain.label, one.chain.residue_ids): one.inside for one in selected}
    nothing = [np.zeros(one.n_residues, dtype=np.bool_) for one in chain.singles]
    keys = [(one.label, one.residue_ids) for one in chain.singles]
    return np.concatenate([inside.get(key, none) for key, none in zip(keys, nothing, strict=True)])


def read_chain_again(viewer: Reader, chain: Chain) -> Chain:
    """A chain, joined or not, as it is now.

    Parameters
    ----------
    viewer : Reader
    chain : Chain

    Returns
    -------
    Chain

    Raises
    ------
    StructureError
        If it, or a member of it, is gone or has other residues than it had.
    """
    if chain.members:
        return join_chains([viewer.read_again(member) for member in chain.members])
    return viewer.read_again(chain)


def read_chains_again(viewer: Reader, chains: Sequence[Chain]) -> list[Chain | StructureError]:
    """Chains, joined or not, as they are now; each object is read once.

    Parameters
    ----------
    viewer : Reader
    chains : sequence of Chain

    Returns
    -------
    list of Chain or StructureError
        In place of a chain why it, or a member of it, is not what it was.
    """
    singles = list(dict.fromkeys(one for chain in chains for one in chain.singles))
    now = dict(zip(singles, viewer.read_all_again(singles), strict=True))
    return [_join_again([now[one] for one in chain.singles]) for chain in chains]


def _join_again(members: Sequence[Chain | StructureError]) -> Chain | StructureError:
    found = [one for one in members if isinstance(one, Chain)]
    problems = [one for one in members if isinstance(one, StructureError)]
    if problems:
        return problems[0]
    return join_chains(found) if found[1:] else found[0]


def _map(chain: Chain, gaps: str, given: Sequence[GivenSequence]) -> SequenceMap:
    return map_given(chain, given) if given else compute_sequence_map(chain, gaps)
