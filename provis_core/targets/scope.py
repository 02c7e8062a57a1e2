"""What a command is about: which chains, what the model sees of them, and which model."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError, ProvisError
from ..viewers.viewer import Reader
from .targets import Part, make_parts

__all__ = ["Scope", "check_window"]


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

    selection: str = ""
    model: str = ""
    gaps: str = "auto"
    seqres: str = ""
    link: bool = False
    window: int = 0

    def check(self) -> None:
        """Raise `InputError` unless what needs no viewer can be used."""
        check_window(self.window)

    def read(self, viewer: Reader) -> tuple[list[Part], list[ProvisError]]:
        """Read the chains with their sequences, and why some were left out.

        Parameters
        ----------
        viewer : Reader

        Returns
        -------
        parts : list of Part
            At least one.
        skipped : list of ProvisError

        Raises
        ------
        ProvisError
            If no chain of the selection can be used.
        """
        return make_parts(viewer.read_chains(self.selection), self.gaps, self.seqres, self.link)


def check_window(window: int) -> None:
    """Raise `InputError` unless a chain can be cut into windows of this size; 0 is the whole chain."""
    if window < 0:
        raise InputError(
            f"«window={window}»",
            "A number of residues, or 0 for the whole chain, is needed",
            "Try «window=1000»",
        )
