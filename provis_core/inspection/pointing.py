"""What the user points at: a box in the map, residues in the viewer, a site, a row of a table; and files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..actions.profile import check_profile, check_windowed_profile
from ..errors import InputError
from ..exports.pairs import write_pairs
from ..figures.grids import METRICS, RANKED
from ..figures.process import start_figure
from ..scenes.colors import CATEGORY_RGB
from ..session.settings import SETTINGS
from .box import KEY_COLOR, QUERY_COLOR, Box
from .siting import SitingInspector
from .state import write_options
from .words import describe_figure, name_model, name_part

__all__ = ["BOX_NAMES", "PointingInspector"]

_QUERY: Final = "provis_query"
_KEY: Final = "provis_key"
BOX_NAMES: Final = (_QUERY, _KEY)
"""Selections of a box."""


class PointingInspector(SitingInspector):
    """The part of the inspector that links map, tables and structure."""

    def select_box(self, rows: slice, columns: slice) -> None:
        """Select and emphasise two ranges of residues.

        Parameters
        ----------
        rows, columns : slice
            Residue indices of queries and keys; made to fit the chain.
        """
        chain = self._need_part().chain
        ends = [part.indices(chain.n_residues)[:2] for part in (rows, columns)]
        box = Box.from_state(ends, chain.n_residues)
        if box.rows.start >= box.rows.stop or box.columns.start >= box.columns.stop:
            raise InputError("The box holds no residue", "", "Drag over some residues of the map")
        self.box = box
        for name, part, color in ((_QUERY, box.rows, QUERY_COLOR), (_KEY, box.columns, KEY_COLOR)):
            indices = list(range(part.start, part.stop))
            legal = self._viewer.select_residues(name, [(chain, indices)])
            self._viewer.write(f" select {legal}, {self._viewer.name_residues(chain, indices)}")
            hexadecimal = "".join(f"{round(255 * value):02x}" for value in CATEGORY_RGB[color])
            self._viewer.write(f" color 0x{hexadecimal}, {legal}")
        self._paint()
        self._draw()

    def clear_box(self) -> None:
        """Emphasise nothing; the two selections are removed."""
        if self._drop_box():
            self._draw()

    def _drop_box(self) -> bool:
        if self.box is None:
            return False
        self._forget_box()
        self._paint()
        return True

    def _forget_box(self) -> None:
        """Remove the selections of the box, if there is one; the colours stay for now."""
        if self.box is not None:
            self.box = None
            self._viewer.drop_selections(BOX_NAMES)
            self._viewer.write(f" delete {_QUERY} {_KEY}")

    def color_by_profile(self, which: str) -> None:
        """Colour the residues by the attention that they receive or give in the chosen head, as it changes.

        Parameters
        ----------
        which : str
            ``"received"``, ``"given"``, or empty for the user's own colours.

        Raises
        ------
        InputError
            If it is another word.
        """
        if which:
            check_profile(which)
            check_windowed_profile(which, self.options.window)
        self._need_part()
        painted, self.colored_by = self._painting.names, which
        self._paint()
        for name in painted if not self._painting.names else ():
            self._viewer.write(f" provis_clear {name}")
        self._events.tell("options")
        self._write()

    def _paint(self) -> None:
        """Colour the residues as it is chosen, once that is known."""
        if self.part is not None and (profile := self.readings.profile) is not None:
            self._painting.paint(self.part.chain, profile, self.colored_by, self.box)

    def read_marks(self) -> None:
        """Look which residues of the chain are selected in the viewer, and whether the chain is still there.

        Cheap enough to be called several times per second. A session that was loaded meanwhile is taken up.
        """
        if self.read_session() or self.part is None:
            return
        if not self._viewer.is_there(self.part.chain):
            verb = "were" if self.part.chain.members else "was"
            self._lose(f"{self.part.chain.label} {verb} deleted or renamed")
            return
        marks = self._viewer.read_marked(self.part.chain)
        if not np.array_equal(marks, self.marks):
            self.marks = marks
            self._events.tell("marks")

    def center(self, residue_index: int) -> None:
        """Bring a residue to the middle of the view."""
        self._show([residue_index], zoom=False)

    def center_pair(self, index: int) -> None:
        """Bring both residues of a row of `pair_rows` into view."""
        rows = self.readings.pair_rows
        if rows is not None:
            self._show([int(rows.query[index]), int(rows.key[index])], zoom=True)

    def export_pairs(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawn pairs of `head` as CSV or JSON, by the ending of the name.

        Raises
        ------
        ProvisError
            If nothing is drawn, or the file cannot be written.
        """
        rows, part = self.readings.pair_rows, self._need_part()
        if rows is None:
            raise InputError("Nothing is drawn yet", "", "Wait until the cylinders are there")
        about = {
            "chain": part.chain.label,
            "selection": name_part(self._viewer, part),
            "sequence": part.sequence_map.description,
            "model": name_model(self.entry),
            "head": self.head.label,
            "options": write_options(self.options),
            "n_passed": self._drawn[self.head].n_passed,
            "contacts": self.readings.contacts.method if self.readings.contacts else "",
            "site": f"{self.readings.sites.source}: {self.readings.sites.method}"
            if self.readings.sites
            else "",
        }
        written = write_pairs(path, rows, about)
        self._viewer.write(f" provis_pairs {written}")
        self._viewer.write(f" ProVis: {len(rows)} pairs written to {written}")
        return written

    def describe_figure(self, path: str | os.PathLike[str], **options: object) -> str:
        """The command that writes a figure of what is looked at, with options of `provis_figure`."""
        part, settings, chain = self._need_part(), self.explorer.settings, self._need_part().chain
        options["metric"] = "" if self.metric in (METRICS[0].name, RANKED.name) else self.metric
        options["others"] = "+".join(head.label for head in self.heads if head != self.head)
        palette = self.options.palette
        is_own = palette == SETTINGS["palette"].default and not settings.is_changed("palette")
        options["palette"] = "" if is_own else palette
        options["window"] = self.options.window
        for name in ("rows", "columns"):
            if (ends := options.get(name)) is not None:
                assert isinstance(ends, tuple)
                indices = list(range(ends[0], ends[1] + 1))
                options[name] = self._viewer.name_residues(chain, indices)
        marks = np.flatnonzero(self.marks).tolist()
        options["mark"] = self._viewer.name_residues(chain, marks) if marks else ""
        given = [(name, value) for name, value in options.items() if value not in ("", None, 0)]
        return describe_figure(
            self._viewer,
            settings,
            part,
            self.gaps,
            self.entry,
            self.head,
            os.fspath(path),
            self.site_choice,
            given,
        )

    def save_figure(self, path: Path, pictures: Sequence[Any], size: str, line: str) -> None:
        """Begin to write pictures into a file; a process of its own draws them.

        Parameters
        ----------
        path : pathlib.Path
            Ends in .png, .pdf or .svg.
        pictures : sequence
            Rows of `provis_core.figures.paper.Panel`, as they are now.
        size : str
            ``single`` or ``double`` column.
        line : str
            The command that does the same: written when the file is there.

        Raises
        ------
        ProvisError
            If it is known at once that this cannot be done, as where a figure is being saved.
        """
        if self.is_saving:
            raise InputError("A figure is being saved", "One at a time is drawn", "Wait until it is there")

        def tell(written: Path) -> None:
            self._viewer.write(f" {line}")
            self._viewer.write(f" ProVis: figure written to {written}")

        future = start_figure(path, pictures, size=size)
        self._loader.follow("figure", f"figure {path.name}", future, tell, "being drawn and saved")

    @property
    def is_saving(self) -> bool:
        """Whether a figure is being saved."""
        return self._loader.is_awaited("figure")

    @property
    def figure_problem(self) -> str:
        """Why the last figure was not saved; empty where it was."""
        return self._loader.problems.get("figure", "")

    def save_view(self, path: str | os.PathLike[str], width: int = 2400, height: int = 1800) -> Path:
        """Write what the viewer shows as a ray-traced PNG; PyMOL answers nothing else meanwhile.

        Raises
        ------
        ProvisError
            If the name has another ending, or the file cannot be written.
        """
        path = Path(path).expanduser().absolute()
        if path.suffix.lower() != ".png":
            raise InputError(
                f"The picture is to be called {path.name}", "A name that ends in .png is needed", ""
            )
        self._viewer.write(f" {self._viewer.save_image(path, width, height)}")
        return path

    def _show(self, indices: Sequence[int], *, zoom: bool) -> None:
        chain = self._need_part().chain
        self._viewer.write(f" {self._viewer.center_residues(chain, indices, zoom)}")
