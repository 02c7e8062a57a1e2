"""The chosen heads, and how they are drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..actions.drawing import choose_edges
from ..annotations.annotation import Annotation
from ..attention.head_id import HeadId, check_head
from ..errors import ProvisError
from ..scenes.coloring import needs_annotation
from ..scenes.draw_options import DrawOptions, choose_look
from ..targets.sites import name_site_color
from .model import InspectorModel
from .words import describe_attn, describe_profile

__all__ = ["ShowingInspector"]


class ShowingInspector(InspectorModel):
    """The part of the inspector that draws heads and writes the commands that do the same."""

    _written: tuple[str, ...] = ()  # the commands that were shown last
    _is_behind = False  # whether something has not come that is to be drawn

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
        changed = replace(self.options, **options)
        changed.check()
        self._find_color(changed)
        is_new = changed.window != self.options.window
        self.options = changed
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
        if self._look_again() or self._is_behind:
            self._draw()
        self._write()

    def _write(self) -> None:
        """Write the commands that make what is drawn now, unless they were written last; keep the state."""
        lines = [self._describe(head) for head in self.heads if head in self._drawn]
        if lines and not self._is_behind and self.part is not None:
            window = self.options.window
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
        return describe_attn(self._viewer, settings, self.part, self.gaps, self.entry, head, options)

    def _draw(self) -> None:
        """Draw the chosen heads, all together when all are there; ask for those that are not."""
        if self.part is None:
            return
        part, options = self.part, self.options
        self._supply.want(self.head, self.heads, options)
        found = {head: self._supply.find(head, options) for head in self.heads}
        self._is_behind = any(values is None for values in found.values())
        if self._is_behind:
            return
        self._drawn = {
            head: choose_edges(values, head, part.chain, part, options)
            for head, values in found.items()
            if values is not None
        }
        try:
            known = self._find_color(options)
            self.loader.problems.pop("color", None)
        except ProvisError as error:  # the colours say "not known"
            known, self.loader.problems["color"] = None, str(error)
        self.legend = self._drawings.draw(part, self._drawn, options, known, self.box)
        self._events.tell("drawing")

    def _find_color(self, options: DrawOptions) -> Annotation | None:
        """What the colours are about."""
        if not needs_annotation(options.color_by):
            return None
        return self._known.find(options.color_by, **options.annotation_options)
