"""The state of the panel, without Qt: one chain, one model, some heads, and what is known about them.

Everything happens on the viewer's thread. What takes long is asked of the worker or a thread and arrives
later; listeners are told, and nothing waits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..actions.figure import Shown
from ..actions.head_request import choose_head
from ..actions.profile import check_profile, check_windowed_profile
from ..actions.report import describe_long_chains
from ..annotations.annotation import Annotation
from ..attention.head_id import HeadId, check_head
from ..checkpoints.config import read_config
from ..checkpoints.registry import ModelEntry, find_model
from ..errors import InputError, ProvisError, StructureError
from ..figures.grids import METRICS, RANKED, find_choice
from ..scenes.coloring import needs_annotation
from ..scenes.draw_options import DrawOptions, choose_look
from ..scoring.head_scores import HeadScores
from ..structures.subject import Subject
from ..targets.part_annotations import read_part_subject
from ..targets.scope import Scope, check_window
from ..targets.sites import SiteChoice, name_site_color
from ..targets.targets import Part, make_parts, read_chain_again, remake_part, split_selected
from .box import Box
from .model import TOPICS, InspectorModel, Topic
from .state import BAD, FORMAT, describe_bad_state, read_heads, read_options, write_options
from .words import (
    describe_attn,
    describe_heads,
    describe_panel,
    describe_profile,
    name_model,
    name_part,
    name_selected,
)

__all__ = ["TOPICS", "HeadInspector", "Topic"]

_STATE: Final = "panel"  # key of our state in the viewer's session


class HeadInspector(InspectorModel):
    """All heads of one model on one chain, and the chosen ones on the structure.

    Methods raise a `ProvisError` where what is asked for cannot be done; nothing has changed then. What
    fails later is in `status`, and the viewer has shown it.

    Parameters
    ----------
    session : Session
    clock : callable
        Seconds that only grow.
    """

    _written: tuple[str, ...] = ()  # the commands that were shown last
    _kept = ""  # the state that the viewer keeps
    _heads_of: Path | None = None  # the model that the heads were chosen of

    # -- which chain and which model -------------------------------------------------------------------

    def open(self, selection: str = "", link: bool = False) -> None:
        """Look at the chains of a selection, the first of them at once.

        Parameters
        ----------
        selection : str
            In the viewer's language. Empty for what was looked at last, here or when the session was saved,
            else all enabled objects.
        link : bool
            Look at all of them as one sequence, with linkers between them.

        Raises
        ------
        ProvisError
            If there is no such chain.
        """
        if not selection:
            is_there = self.part is not None and self._viewer.is_there(self.part.chain)
            if is_there or self._restore(self._viewer.kept_state(_STATE)):
                if link:
                    self.choose_link(True)
                return
        parts, skipped = Scope(selection, gaps=self.gaps, link=link).read(self._viewer)
        for error in skipped:
            self._viewer.warn(str(error))
        subject = self._read_subject(parts[0])
        self._find_model()
        self.chains = tuple(parts)
        self._look_at(parts[0], subject)

    def look_around(self) -> None:
        """Offer the chains of all enabled objects; the one that is looked at stays, or the first is taken.

        Raises
        ------
        ProvisError
            If there is no chain.
        """
        parts, skipped = Scope(gaps=self.gaps).read(self._viewer)
        for error in skipped:
            self._viewer.warn(str(error))
        here = self.part
        if here is None or not self._viewer.is_there(here.chain):
            self.chains = tuple(parts)
            self.choose_chain(0)
            return
        name = (here.chain.label, here.chain.residue_ids)
        found = [here if (one.chain.label, one.chain.residue_ids) == name else one for one in parts]
        self.chains = tuple(found) if here in found else (here, *found)
        self._events.tell("chain")
        self._keep()

    def choose_chain(self, index: int) -> None:
        """Look at one of `chains`."""
        part = self.chains[index]
        self._look_at(part, self._read_subject(part))

    def choose_gaps(self, gaps: str) -> None:
        """Choose what the model sees of the chain: one of `provis_core.structures.sequence.GAPS`."""
        if not self.chains:
            self.gaps = gaps
            return
        here = remake_part(self.part or self.chains[0], gaps)
        parts: list[Part] = []
        for one in self.chains:
            with suppress(ProvisError):  # it is offered no longer; what is looked at must be had
                parts.append(here if one.chain is here.chain else remake_part(one, gaps))
        subject = self._read_subject(here)
        self.gaps, self.chains = gaps, tuple(parts)
        self._look_at(here, subject)

    def choose_link(self, link: bool) -> None:
        """Look at all chains of the object as one sequence, or at each by itself again.

        Parameters
        ----------
        link : bool
            Whether the model sees those of `chains` that are of the same object as the one looked at as one
            sequence, with linkers between them. They are offered beside the single ones.

        Raises
        ------
        ProvisError
            If there is one chain only, or none.
        """
        here = self.need_part()
        if link == bool(here.chain.members):
            return
        singles = [one for one in self.chains if not one.chain.members]
        if link:
            own = [one.selected for one in singles if one.chain.object_name == here.chain.object_name]
            (part,), _ = make_parts(own, self.gaps, link=True)
            parts = [part, *singles]
        else:
            parts = singles or make_parts(split_selected(here.selected), self.gaps)[0]
            first = here.chain.members[0]
            part = next((one for one in parts if one.chain.label == first.label), parts[0])
        subject = self._read_subject(part)
        self.chains = tuple(parts)
        self._look_at(part, subject)

    def choose_model(self, name: str) -> None:
        """Look with another model, by its name or folder; the kept default stays."""
        entry = find_model(name)
        config = read_config(entry.folder)
        subject = None if self.part is None else self._read_subject(self.part)
        self._model = entry, config
        self._look_at(self.part, subject)

    def _look_at(self, part: Part | None, subject: Subject | None) -> None:
        """Begin anew with a chain, or with none."""
        config = self.config
        if part is not None:
            for line in describe_long_chains(self.entry, [part]):
                self._viewer.warn(line)
        self._painting.clear()
        self._cylinders.clear()
        if self.metric == RANKED.name:
            self.metric = METRICS[0].name
        self.readings.forget()
        if self.part is None or part is None or part.chain is not self.part.chain:
            self._site_show.hide()
            if part is not None:  # a panel that is closed leaves what it selected
                self._forget_box()
            self.box = None
            self._pointer.reset(part.chain if part is not None else None)
        self.part, self._cylinders.is_behind = part, part is not None
        if self._heads_of != config.folder:
            self.head = choose_head(self.entry, None, None)
            self.heads, self._heads_of = (self.head,), config.folder
        self._supply.reset(part, self.entry, self.window)
        self._known.reset(subject)
        self._supply.want(self.head, self.heads, self.options)
        self._paint()
        self._events.tell("chain", "scan", "grid", "head", "map", "drawing", "sites", "marks")

    # -- which heads, and how they are drawn -----------------------------------------------------------

    def choose_metric(self, name: str) -> None:
        """Show another metric in the grid."""
        choice = self.readings.find_metric(name)
        self.metric = choice.name
        if self.part is not None:
            settings, part = self.session.settings, self.part
            window = self.window
            line = describe_panel(self._viewer, settings, part, self.gaps, self.entry, choice.name, window)
            self._viewer.write(f" {line}")
            if choice.annotation and choice.annotation not in self._known.missing:
                self._viewer.write(f" {self._describe_ranking(choice.annotation)}")
        self.readings.make_grid()
        self._events.tell("grid")
        self._keep()

    def show_ranking(self, part: Part, entry: ModelEntry, table: HeadScores) -> None:
        """Show the scores of ``provis_heads`` in the grid if they are of the chain and model looked at."""
        if self.readings.take_ranking(part, entry, table):
            self.metric = RANKED.name
            self._events.tell("grid")

    def choose_head(self, head: HeadId, add: bool = False) -> None:
        """Draw another head.

        Parameters
        ----------
        head : HeadId
            0-based.
        add : bool
            Draw it beside those that are drawn, each in a colour of its own; if it is among them, draw it no
            longer.
        """
        head, config = HeadId(*head), self.config
        check_head(head, config.n_layers, config.n_heads, self.entry.name)
        self._look_again()
        heads: tuple[HeadId, ...] = (head,)
        if add and head in self.heads:
            heads = tuple(one for one in self.heads if one != head) or self.heads
        elif add:
            heads = (*self.heads, head)
        self.heads = heads
        self.head = head if head in heads else heads[-1]
        self._supply.retry()
        self._events.tell("head", "map")
        self._paint()
        self._draw()
        self._write()

    def step_head(self, d_layer: int, d_head: int) -> None:
        """Draw the head some layers and heads further on; at an edge of the grid it stays."""
        config = self.config
        layer = min(max(self.head.layer + d_layer, 0), config.n_layers - 1)
        head = min(max(self.head.head + d_head, 0), config.n_heads - 1)
        if (layer, head) != self.head:
            self.choose_head(HeadId(layer, head))

    def change(self, **options: Any) -> None:
        """Draw with other options; see `DrawOptions`. Call `settle` when they have come to rest."""
        window = options.pop("window", self.window)
        changed = replace(self.options, **options)
        check_window(window)
        changed.check(window)
        self._find_color(changed)
        is_new = window != self.window
        self.options, self.window = changed, window
        self._events.tell("options")
        if is_new and self.part is not None:
            self._look_at(self.part, self.subject)
        else:
            self._draw()

    def settle(self) -> None:
        """The user has let go of a slider: write the command that makes what is drawn, and keep the state.

        What failed while it moved is asked for once more.
        """
        self._supply.retry()
        if self._look_again() or self._cylinders.is_behind:
            self._draw()
        self._write()

    def _write(self) -> None:
        """Write the commands that make what is drawn now, unless they were written last; keep the state."""
        lines = [self._describe(head) for head in self.heads if head in self.drawn]
        if lines and not self._cylinders.is_behind and self.part is not None:
            window = self.window
            if self.colored_by and not (window and self.colored_by == "given"):
                lines.append(
                    describe_profile(
                        self._viewer,
                        self.session.settings,
                        self.part,
                        self.gaps,
                        self.entry,
                        self.head,
                        self.colored_by,
                        window,
                    )
                )
            for line in lines:
                if line not in self._written:
                    self._viewer.write(f" {line}")
            self._written = tuple(lines)
        self._keep()

    def command(self) -> str:
        """The commands that make this drawing, one per line; empty without a chain."""
        return "" if self.part is None else "\n".join(self._describe(head) for head in self.heads)

    def _describe(self, head: HeadId) -> str:
        assert self.part is not None
        options = name_site_color(choose_look(self.heads, head, self.options), self._known.choice)
        settings = self.session.settings
        return describe_attn(
            self._viewer, settings, self.part, self.gaps, self.entry, head, options, self.window
        )

    def _draw(self) -> None:
        """Draw the chosen heads, all together when all are there; ask for those that are not."""
        if self.part is None:
            return
        self._supply.want(self.head, self.heads, self.options)
        known = None
        try:
            known = self._find_color(self.options)
            self.loader.problems.pop("color", None)
        except ProvisError as error:  # the colours say "not known"
            self.loader.problems["color"] = str(error)
        self._cylinders.draw(self.part, self.heads, self.options, known, self.box)
        if not self._cylinders.is_behind:
            self._events.tell("drawing")

    def _find_color(self, options: DrawOptions) -> Annotation | None:
        """What the colours are about."""
        if not needs_annotation(options.color_by):
            return None
        return self._known.find(options.color_by, **options.annotation_options)

    def clear(self) -> None:
        """Remove what was drawn and selected here, and give residues their colours back."""
        if self.box is None:
            self._pointer.deselect(quiet=True)  # of a box before the panel was closed
        self._forget_box()
        self.colored_by, self.is_site_shown = "", False
        layers = [*self._painting.clear(), *self._site_show.hide()]
        self._write_cleared([*self._cylinders.clear(), *layers])
        self._written = ()
        self._events.tell("drawing")
        self._events.tell("sites")

    def restart(self) -> None:
        """Compute again, after a failure or `stop`."""
        if self.part is not None:
            self._look_at(self.part, self._read_subject(self.part))

    def stop(self) -> None:
        """Stop what the worker computes for the panel, within a second."""
        self.loader.stop()

    def close(self) -> None:
        """The panel is closed: nothing is awaited any more; what is drawn stays. `open` begins again."""
        self._keep()
        self._cylinders.forget()
        self._painting.forget()
        self._site_show.forget()
        self.chains = ()
        self._look_at(None, None)
        self.loader.close()

    def _look_again(self) -> bool:
        """Read the chain as it is now; whether it has moved, or another state of it is shown."""
        if self.part is None:
            return False
        old = self.part
        try:
            now = read_chain_again(self._viewer, old.chain)
        except StructureError as error:
            self._lose(error.got)
            return False
        same = now.state == old.chain.state
        if same and np.array_equal(now.ca_coords, old.chain.ca_coords, equal_nan=True):
            return False
        self.part = replace(old, selected=replace(old.selected, chain=now))
        self.chains = tuple(self.part if one is old else one for one in self.chains)
        self._known.reset(self._read_subject(self.part))
        if now.label != old.chain.label:  # another state of it
            self._events.tell("chain")
        return True

    def _read_subject(self, part: Part) -> Subject:
        return read_part_subject(self._viewer, part)

    def _lose(self, why: str) -> None:
        """Show nothing: the chain is gone."""
        self.chains = ()
        self._forget_box()
        self._look_at(None, None)
        self.loader.problems["chain"] = f"{why}. Load it again, or open another chain."
        self._kept = ""
        self._viewer.keep_state(_STATE, "")
        self._events.tell("status")

    def end(self) -> None:
        """The viewer is ending: nothing is awaited any more, and nobody is told."""
        self.loader.close()

    # -- the site --------------------------------------------------------------------------------------

    def choose_sites(self, source: str, **options: Any) -> None:
        """Take the site from somewhere else.

        Parameters
        ----------
        source : str
            A key of `site_sources`; ``selection`` takes what is selected in the viewer now.
        **options
            ``distance``, ``ion_distance``, ``kinds``, ``additives`` of ligands; ``path`` of a file, and
            the options of its annotator.

        Raises
        ------
        ProvisError
            If it cannot be taken from there. The site stays as it was.
        """
        part = self.need_part()
        if source == "selection":
            self.read_marks()
        residues = tuple(np.flatnonzero(self.marks).tolist()) if source == "selection" else ()
        chain = part.chain
        about = (chain.object_name, chain.segment_id, chain.chain_id)
        is_tied = source in ("selection", "file")
        self._known.choose(SiteChoice(source, options, residues, about if is_tied else ("", "", "")))
        if not self.is_site_shown:
            self._viewer.write(f" {self._describe_ranking('site')}")
        self._keep()

    def show_site(self, shown: bool) -> None:
        """Show the site on the structure, or no longer; it stays shown when another one is chosen.

        Raises
        ------
        ProvisError
            If there is no site to show.
        """
        part = self.need_part()
        if shown:
            self._site_show.show(part, self.site_choice)
        else:
            self._write_cleared(self._site_show.hide())
        self.is_site_shown = shown
        self._events.tell("sites")
        self._keep()

    def _refresh_site(self) -> None:
        """Show the site as it is now, if it is to be shown."""
        if not self.is_site_shown or self.part is None:
            return
        try:
            self._site_show.show(self.part, self.site_choice)
            self.loader.problems.pop("overlay", None)
        except ProvisError as error:
            self._site_show.hide()
            self.loader.problems["overlay"] = str(error)

    def _write_cleared(self, names: Iterable[str]) -> None:
        for name in names:
            self._viewer.write(f" «clear {name}»")

    def _describe_ranking(self, annotation: str) -> str:
        """The command that scores all heads on a property."""
        return describe_heads(
            self._viewer,
            self.session.settings,
            self.need_part(),
            self.gaps,
            self.entry,
            annotation,
            self._known.choice,
            self.window,
        )

    # -- what is pointed at -----------------------------------------------------------------------------

    def select_box(self, rows: slice, columns: slice) -> None:
        """Select and emphasise two ranges of residues.

        Parameters
        ----------
        rows, columns : slice
            Residue indices of queries and keys; made to fit the chain.
        """
        chain = self.need_part().chain
        ends = [part.indices(chain.n_residues)[:2] for part in (rows, columns)]
        box = Box.from_state(ends, chain.n_residues)
        if box.rows.start >= box.rows.stop or box.columns.start >= box.columns.stop:
            raise InputError("The box holds no residue", "", "Drag over some residues of the map")
        self.box = box
        self._pointer.select(chain, box)
        self._paint()
        self._draw()

    def clear_box(self) -> None:
        """Emphasise nothing; the two selections are removed."""
        if self.box is not None:
            self._forget_box()
            self._paint()
            self._draw()

    def _forget_box(self) -> None:
        """Remove the selections of the box, if there is one; the colours stay for now."""
        if self.box is not None:
            self.box = None
            self._pointer.deselect()

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
            check_windowed_profile(which, self.window)
        self.need_part()
        painted, self.colored_by = self._painting.names, which
        self._paint()
        if not self._painting.names:
            self._write_cleared(painted)
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
        if self._pointer.read_marks(self.part.chain):
            self._events.tell("marks")

    def center(self, *residues: int) -> None:
        """Bring a residue to the middle of the view, or several into it."""
        self._pointer.center(self.need_part().chain, residues, zoom=len(residues) > 1)

    # -- what arrives ----------------------------------------------------------------------------------

    def _take_scan(self) -> None:
        self._paint()
        self.readings.make_grid()
        self.readings.test_site()
        self._events.tell("scan", "grid")
        self._draw()
        self._write()

    def _take_values(self, head: HeadId) -> None:
        if head == self.head:
            self._paint()
            self._events.tell("map")
        if self._cylinders.is_behind:
            self._draw()
            self._write()
        else:
            self._supply.want(self.head, self.heads, self.options)

    def _take_annotations(self) -> None:
        self.readings.make_grid()
        self.readings.test_site()
        self._refresh_site()
        self._events.tell("sites", "grid")
        if self.options.color_by == "site" and self.drawn:
            self._draw()
            self._write()

    @property
    def shown(self) -> Shown | None:
        """What a figure of the panel shows; None where there is no chain, or it is gone."""
        part = self.part
        if part is None or not self._viewer.is_there(part.chain):
            return None
        return Shown(
            part,
            self.entry,
            (self.head, *(one for one in self.heads if one != self.head)),
            self.site_choice,
            self.metric,
            self.options.palette,
            self.window,
            self.marks,
        )

    # -- what stays ------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        """What is looked at and how, as JSON values; empty without a chain."""
        if self.part is None:
            return {}
        return {
            "format": FORMAT,
            "chains": [self._name_chain(one) for one in self.chains],
            "chain": self.chains.index(self.part),
            "gaps": self.gaps,
            "model": name_model(self.entry),
            "metric": METRICS[0].name if self.metric == RANKED.name else self.metric,
            "heads": [head.label for head in self.heads],
            "head": self.head.label,
            "options": write_options(self.options, self.window),
            "sites": self._known.to_state(),
            "site_shown": self.is_site_shown,
            "colored_by": self.colored_by,
            "box": self.box.to_state() if self.box is not None else None,
        }

    def from_state(self, state: dict[str, Any]) -> None:
        """Look at what a state tells.

        Raises
        ------
        ProvisError
            If it cannot be used, as where the chain is not there. Nothing has changed then.
        """
        try:
            if state["format"] != FORMAT:
                raise InputError(f"It has the format {state['format']}", "", "")
            options, window = read_options(state["options"], self.options, self.window)
            heads, (head,) = read_heads(state["heads"]), read_heads([state["head"]])
            entry = find_model(state["model"])
            config = read_config(entry.folder)
            for one in (head, *heads):
                check_head(one, config.n_layers, config.n_heads, entry.name)
            metric = find_choice(state["metric"]).name
            parts = self._read_chains(state["chains"], state["gaps"])
            part = parts[state["chain"]]
            subject = self._read_subject(part)
            sites = self._known.read_state(state["sites"])
            sites.check(part.chain)
            colored_by, is_site_shown = str(state["colored_by"]), bool(state["site_shown"])
            if colored_by:
                check_profile(colored_by)
            box = None if state["box"] is None else Box.from_state(state["box"], part.chain.n_residues)
        except BAD as error:
            raise describe_bad_state(error) from error
        self._model, self._heads_of = (entry, config), config.folder
        self.heads, self.head = heads, head if head in heads else heads[-1]
        self.options, self.window = options, window
        self.metric, self.gaps, self.chains = metric, state["gaps"], tuple(parts)
        self._known.choice = sites
        self.colored_by, self.is_site_shown = colored_by, is_site_shown
        self.box = None  # its selections are those of the session now
        self._look_at(part, subject)
        self.box = box
        self._paint()
        self._events.tell("options")

    def _name_chain(self, part: Part) -> str | list[str]:
        """How the state names a chain, or linked ones."""
        if not part.chain.members:
            return name_part(self._viewer, part)
        return [name_selected(self._viewer, one) for one in split_selected(part.selected)]

    def _read_chains(self, names: list[str | list[str]], gaps: str) -> list[Part]:
        """The chains that a state names, in its order: linked ones come before the others."""
        linked = [_join_names(one) for one in names if not isinstance(one, str)]
        parts = [Scope(one, gaps=gaps, link=True).read(self._viewer)[0][0] for one in linked]
        singles = [one for one in names if isinstance(one, str)]
        return [*parts, *(Scope(_join_names(singles), gaps=gaps).read(self._viewer)[0] if singles else ())]

    def read_session(self) -> bool:
        """If another session was loaded, look at what it tells; whether there was one."""
        kept = self._viewer.kept_state(_STATE)
        return kept != self._kept and self._restore(kept)

    def _restore(self, kept: str) -> bool:
        """Use a kept state, if there is one; whether it could be used."""
        self._kept = kept
        if not kept:
            return False
        try:
            try:
                state = json.loads(kept)
            except (ValueError, RecursionError) as error:
                raise describe_bad_state(error) from error
            self.from_state(state)
        except ProvisError as error:
            self._viewer.warn(str(error))
            return False
        return True

    def _keep(self) -> None:
        """Leave the state with the viewer, which saves it with its session."""
        state = self.to_state()
        if state:
            self._kept = json.dumps(state)
            self._viewer.keep_state(_STATE, self._kept)


def _join_names(names: Sequence[str]) -> str:
    return " or ".join(f"({name})" for name in names)
