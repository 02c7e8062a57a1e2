"""A structure file in the place of a viewer: it is read and never drawn on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..commands.dialect import SHELL, Dialect
from ..errors import StructureError
from ..structures.chain import Chain, SelectedChain
from ..structures.files.chains import check_chains, choose_chain, read_structure
from ..structures.files.subjects import make_subjects
from ..structures.subject import Subject

__all__ = ["FileViewer"]


class FileViewer:
    """A `provis_core.viewers.viewer.Program` on a file, for what needs no picture.

    Parameters
    ----------
    path : str or pathlib.Path
        A PDB or mmCIF file, plain or gzipped.
    chain_ids : sequence of str
        Author chain ids (or segment ids) in the order that is wanted; all protein chains where empty.
    state : int
        Which model of the file, 1-based.
    write, warn : callable
        What becomes of a line for the user.
    """

    name = "the program"
    dialect: Dialect = SHELL

    def __init__(
        self,
        path: str | Path,
        chain_ids: Sequence[str] = (),
        state: int = 1,
        *,
        write: Callable[[str], object],
        warn: Callable[[str], object],
    ) -> None:
        self.path = Path(path)
        self.chain_ids = tuple(dict.fromkeys(chain_ids))
        self.state = state
        self._write = write
        self._warn = warn

    def is_interactive(self, *, typed: bool) -> bool:
        """Never: whoever asks waits."""
        return False

    @cached_property
    def _subjects(self) -> tuple[Subject, ...]:
        """Those of the file, in its order."""
        source = read_structure(self.path, state=self.state)
        if source.skipped:
            names = ", ".join(source.skipped)
            self.warn(
                f"{self.path.name} holds other objects, which are not read: {names}. "
                "Save each object as a file of its own"
            )
        return make_subjects(source, self.path, self.state)

    @cached_property
    def _chains(self) -> tuple[Chain, ...]:
        chains = tuple(subject.chain for subject in self._subjects)
        if not self.chain_ids:
            return check_chains(chains, self.path, state=self.state)
        return tuple(choose_chain(chains, name, self.path, state=self.state) for name in self.chain_ids)

    def read_chains(self, selection: str) -> list[SelectedChain]:
        """The chains that were asked for, whole.

        Parameters
        ----------
        selection : str
            Empty; a file has no selections.

        Raises
        ------
        InputError
            If there is no such file or state.
        StructureError
            If it is damaged, or has no such protein chain.
        """
        assert not selection
        return [SelectedChain(chain, np.ones(chain.n_residues, dtype=np.bool_)) for chain in self._chains]

    def read_again(self, chain: Chain) -> Chain:
        """The chain: a file that was read does not change."""
        return chain

    def read_all_again(self, chains: Sequence[Chain]) -> list[Chain | StructureError]:
        """The chains: a file that was read does not change."""
        return list(chains)

    def name_residues(self, chain: Chain, indices: Sequence[int] | None = None) -> str:
        """Chains as they are chosen, and numbers of residues as they are read; a file has no selections."""
        chains = "chain " + "+".join(one.chain_id or one.segment_id for one in chain.singles)
        if indices is None:
            return chains
        numbers = "+".join(chain.residue_label(index).partition("/")[2] for index in indices)
        return f"{chains} and residue {numbers}"

    def read_marked(self, chain: Chain) -> npt.NDArray[np.bool_]:
        """No residue: nothing is selected in a file."""
        return np.zeros(chain.n_residues, dtype=np.bool_)

    @cached_property
    def _subject_of(self) -> dict[tuple[str, str], Subject]:
        return {(subject.chain.chain_id, subject.chain.segment_id): subject for subject in self._subjects}

    def read_subjects(self, chains: Sequence[Chain]) -> list[Subject]:
        """Some chains with all that their file tells."""
        return [self._subject_of[chain.chain_id, chain.segment_id] for chain in chains]

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Nothing: whoever waits looks into the mailbox."""

    def process_events(self) -> None:
        """Nothing: there is no event loop."""

    def find_problems(self) -> list[str]:
        """None: it has no window."""
        return []

    def write(self, text: str) -> None:
        """Show a line to the user."""
        self._write(self.dialect.render(text))

    def warn(self, text: str) -> None:
        """Show a line to the user as a warning."""
        self._warn(self.dialect.render(text))

    def echo(self, line: str) -> None:
        """Show a command to the user."""
        self.write(f" {line}")

    def tell_progress(self, text: str) -> None:
        """Show how far something is."""
        self.write(f" {text}")

    def report_bug(self) -> None:
        """Report the exception that is being handled."""
        sys.excepthook(*sys.exc_info())
