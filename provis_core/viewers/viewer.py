"""What ProVis needs of a viewer, by role. PyMOL and ChimeraX each have one adapter that meets all of them.

A function names the roles that it needs. Types only: no viewer is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..commands.dialect import Dialect
from ..errors import StructureError
from ..scenes.scene import Overlay, Scene
from ..structures.chain import Chain, SelectedChain
from ..structures.subject import Subject

__all__ = ["Console", "Link", "Painter", "Program", "Reader", "Viewer"]


class Reader(Protocol):
    """Reads structures.

    Its methods, and those of the other roles, are called on the viewer's main thread, or on the thread that
    runs a script.
    """

    def read_chains(self, selection: str) -> list[SelectedChain]:
        """Every protein chain that a selection touches, in its object and state.

        Parameters
        ----------
        selection : str
            In the viewer's language; empty for all enabled objects.

        Raises
        ------
        InputError
            If the viewer does not understand the selection.
        StructureError
            If it holds no protein; the message says what it holds.
        """

    def read_again(self, chain: Chain) -> Chain:
        """The same chain as it is now: its coordinates and its state may have changed.

        Raises
        ------
        StructureError
            If it is gone, or has other residues than it had.
        """

    def read_all_again(self, chains: Sequence[Chain]) -> list[Chain | StructureError]:
        """As `read_again`, for several chains: each object is read once. Errors are in place of chains."""

    def name_residues(self, chain: Chain, indices: Sequence[int] | None = None) -> str:
        """Residues of a chain (0-based indices), or all of it, as a selection in the viewer's language."""

    def read_marked(self, chain: Chain) -> npt.NDArray[np.bool_]:
        """Which residues of a chain the user has selected, shape (n_residues,).

        Of the active selection: the one that is shown. As cheap as `is_there` while nothing changes.
        """

    def read_subjects(self, chains: Sequence[Chain]) -> list[Subject]:
        """Read what annotations can be made of: chains as they are now, with all that is around them.

        Parameters
        ----------
        chains : sequence of Chain
            As `read_chains` or `read_again` gave them. Each object is read once.

        Returns
        -------
        list of Subject
            Per chain the atoms of the object in the state that is shown, partners, the viewer's secondary
            structure, and the records of the structure file where it can be found. Coordinates are those on
            the screen.

        Raises
        ------
        StructureError
            If a chain is gone, or has other residues than it had.
        """


class Painter(Protocol):
    """Changes what is seen."""

    def check_names(self, name: str, sele: str) -> None:
        """Raise `InputError` unless an object and a selection can have these names; empty ones can."""

    def object_names(self, chains: Sequence[Chain], head: str, base: str = "") -> list[str]:
        """Names for the drawings of one head on some chains.

        ``provis_<object>_<chain>_<head>``, or made from `base`; legal in the viewer, the same at each
        call, and never one that the viewer confuses with another chain's or with an object of the user.
        """

    def draw_scene(self, scene: Scene) -> list[str]:
        """Draw a scene under its name, in our group, replacing what has this name there; camera stays.

        Returns
        -------
        list of str
            Names of the drawings of its chains that had the same look and were seen: they are hidden now, and
            the user can show them again. None where the scene itself was seen already.
        """

    def show_overlay(self, overlay: Overlay) -> None:
        """Show an overlay, in place of the one with this name.

        Raises
        ------
        StructureError
            If the chain is gone.
        """

    def color_residues(
        self,
        chain: Chain,
        rgb: npt.NDArray[np.float32],
        values: Mapping[str, npt.NDArray[np.float64]] | None = None,
    ) -> list[str]:
        """Colour the residues of a chain, in place of what this coloured there before.

        Parameters
        ----------
        chain : Chain
            Joined or not.
        rgb : numpy.ndarray, shape (n_residues, 3)
            In [0, 1]; residues with NaN keep the user's colour.
        values : mapping of str to numpy.ndarray, shape (n_residues,), optional
            Numbers by name, for a viewer that keeps them (ChimeraX, as ``provis_NAME``); a residue
            with NaN has none. They stay when the colours are given back.

        Returns
        -------
        list of str
            Names by which `clear` gives the chain, or each of linked ones, its colours back.
        """

    def read_color(self, name: str) -> tuple[float, float, float]:
        """Red, green and blue, in [0, 1], of what the viewer calls a colour.

        Raises
        ------
        InputError
            If it knows no such colour.
        """

    def stale_drawings(self) -> list[str]:
        """Names of the drawings whose structure has moved, or shows another state, since they were made.

        The viewer marks them, and says so once, also when `Reader.read_chains` or `Link.is_there` is called.
        """

    def clear(self, pattern: str = "") -> list[str]:
        """Delete our objects and overlays, all or those that match (``*``: any letters); returns their names.

        What the user's atoms looked like below an overlay comes back, unless the user has changed it since.
        """


class Link(Protocol):
    """Ties a panel, and what is typed, to the structure that is seen, both ways."""

    def list_objects(self) -> dict[str, str]:
        """Names of the molecules that are enabled, in their order, and how each is selected.

        As cheap as `is_there`. A name is one that `Chain.object_name` has.
        """

    def is_there(self, chain: Chain) -> bool:
        """Whether the object still has this chain; cheap enough for several times per second."""

    def select_residues(self, name: str, parts: Sequence[tuple[Chain, Sequence[int]]]) -> str:
        """Make a named selection of residues (0-based indices) of some chains; returns its legal name.

        A chain may be a joined one, here and in the methods below.
        """

    def drop_selections(self, names: Sequence[str]) -> None:
        """Remove named selections that `select_residues` made; those that are gone do not matter."""

    def center_residues(self, chain: Chain, indices: Sequence[int], zoom: bool = False) -> str:
        """Bring residues (0-based indices) to the middle of the view, and near where `zoom` is true.

        Returns
        -------
        str
            The viewer's own command that does the same.
        """

    def save_image(self, path: Path, width: int, height: int, is_clear: bool = False) -> str:
        """Write what is seen as a ray-traced PNG, in pixels; the file appears only when it is complete.

        With `is_clear` the background is transparent, whatever it is on the screen.

        Returns
        -------
        str
            The viewer's own command that does the same.

        Raises
        ------
        CacheError
            If it cannot be written.
        """

    def keep_state(self, key: str, text: str) -> None:
        """Keep a text of ours; it is saved with the viewer's session."""

    def kept_state(self, key: str) -> str:
        """What was kept, here or in the session that was loaded last; empty where nothing was."""


class Console(Protocol):
    """Speaks to the user, and knows when the main thread is free."""

    name: str
    """What the user calls the program: ``"PyMOL"``."""

    dialect: Dialect
    """How commands and options are typed here; what `write` and `warn` are given is rendered with it."""

    def is_interactive(self, *, typed: bool) -> bool:
        """Whether a command should return at once and draw when ready.

        Parameters
        ----------
        typed : bool
            Whether the command came from the console or a script file, not from Python.

        Returns
        -------
        bool
            True where a person typed it and an event loop will run what `call_soon` is given.
        """

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Run something on the main thread when it is free. May be called from any thread."""

    def process_events(self) -> None:
        """Let the event loop run for a moment, where there is one and we are on its thread.

        Raises
        ------
        JobCancelledError
            If the viewer is being closed: what waits must give way.
        """

    def find_problems(self) -> list[str]:
        """What this program lacks for a panel, each with what to do; none where it is to have no window."""

    def write(self, text: str) -> None:
        """Show a line to the user."""

    def warn(self, text: str) -> None:
        """Show a line to the user as a warning."""

    def echo(self, line: str) -> None:
        """Show the command that does what has just been done by other means, as if it had been typed."""

    def tell_progress(self, text: str) -> None:
        """Show how far something is; the next text takes its place where the program can do that."""

    def report_bug(self) -> None:
        """Report the exception that is being handled, which is a fault of ours, with its traceback."""


class Program(Reader, Console, Protocol):
    """What structures are read from and the user is spoken to in; it need not show anything."""


class Viewer(Program, Painter, Link, Protocol):
    """The program that shows the structure."""
