"""What a command is about: which chains, what the model sees of them, and which model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..commands.declaration import option
from ..errors import InputError, ProvisError
from ..structures.chain import Chain
from ..structures.sequence import GAPS, count_missing
from ..viewers.viewer import Reader
from .targets import Target, make_targets

__all__ = ["Scope", "check_window", "model_option"]

_N_NAMED: Final = 3  # gaps that a sentence names


def model_option(before: str = "", *, setting: str = "") -> Any:
    """Declare the option that names a checkpoint.

    Parameters
    ----------
    before : str
        What is taken before the model that «model» chose, in words that stand before it.
    setting : str
        See `provis_core.commands.declaration.option`.
    """
    shown = f"{before}the one that «model» chose"
    return option("", "a name that «models» shows, or a folder", kind="model", shown=shown, setting=setting)


@dataclass(frozen=True)
class Scope:
    """What is asked of a viewer and of a model, in the words of the user.

    Attributes
    ----------
    selection : str
        In the viewer's language; empty for all enabled objects.
    model : str
        Name or folder; empty for the kept default.
    gaps : str
        See `provis_core.structures.sequence.compute_sequence_map`.
    seqres : str
        Whole sequence in letters, or the path of a FASTA file, of which every chain takes the sequence that
        fits best; empty for none.
    link : bool
        Run all chains as one sequence, with linkers between them.
    window : int
        Residues that the model sees at a time, for chains beyond its hard limit; 0 for the whole chain.
    """

    selection: str = option(
        "",
        "",
        kind="selection",
        shown="all protein chains that are shown",
        is_bare=True,
    )
    model: str = model_option()
    gaps: str = option(
        "auto",
        "what the model sees of each chain: the residues with coordinates, the whole sequence with those "
        "that "
        "are not resolved, or the whole sequence where it is known",
        values=GAPS,
    )
    seqres: str = option(
        "",
        "the whole sequence in one-letter code, or the name of a FASTA, PDB or mmCIF file, of which each "
        "chain "
        "takes the sequence that fits",
        kind="file",
        shown="what the structure tells",
    )
    link: bool = option(
        False,
        "run all chains of the selection as one sequence, with linkers of 25 glycines that are cut out again",
    )
    window: int = option(
        0,
        "for chains that are longer than the model can take: show it this many residues at a time, in "
        "windows "
        "that overlap by half; pairs that are never in one window are absent",
        shown="0, the whole chain",
    )

    def check(self) -> None:
        """Raise `InputError` unless what needs no viewer can be used."""
        check_window(self.window)

    def read(self, viewer: Reader) -> tuple[list[Target], list[ProvisError]]:
        """Read the chains with their sequences, and why some were left out.

        Parameters
        ----------
        viewer : Reader

        Returns
        -------
        targets : list of Target
            At least one.
        skipped : list of ProvisError

        Raises
        ------
        ProvisError
            If no chain of the selection can be used.
        """
        return make_targets(viewer.read_chains(self.selection), self.gaps, self.seqres, self.link)

    def describe_unknown(self, targets: Sequence[Target]) -> list[str]:
        """Say which chains miss residues that nothing tells, where the whole sequence was wanted.

        Parameters
        ----------
        targets : sequence of Target
            What `read` gave.

        Returns
        -------
        list of str
        """
        if self.gaps != "auto" or self.seqres.strip():
            return []
        chains = [one for target in targets for one in target.chain.singles if one.polymer is None]
        gaps = [(one, np.flatnonzero(count_missing(one))) for one in chains]
        return [_describe_gaps(one, places) for one, places in gaps if len(places)]


def _describe_gaps(chain: Chain, places: npt.NDArray[np.int64]) -> str:
    names = [f"{chain.residue_ids[k - 1].resi}-{chain.residue_ids[k].resi}" for k in places]
    words = ", ".join(names[:_N_NAMED]) + (f" and {len(names) - _N_NAMED} more" if names[_N_NAMED:] else "")
    return (
        f"{chain.label} misses residues (between {words}), and nothing tells which: the model reads the rest "
        "as one stretch. Give the whole sequence as «seqres=», or load a file that lists it (SEQRES)"
    )


def check_window(window: int) -> None:
    """Raise `InputError` unless a chain can be cut into windows of this size; 0 is the whole chain."""
    if window < 0:
        raise InputError(
            f"«window={window}»",
            "A number of residues, or 0 for the whole chain, is needed",
            "Try «window=1000»",
        )
