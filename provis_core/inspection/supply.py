"""Scan and maps of one model on one chain, asked of the worker when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from ..actions.work.relevance_request import (
    choose_predictions,
    name_as_asked,
    name_prediction,
    submit_explanations,
)
from ..actions.work.scans import submit_scans
from ..attention.arcs import Arcs
from ..attention.head_id import Head, HeadSet
from ..attention.head_scan import HeadScan
from ..attention.relevance import Relevance
from ..checkpoints.registry import ModelEntry
from ..scenes.draw_options import DrawOptions
from ..session.session import Session
from ..targets.targets import Target
from ..viewers.viewer import Viewer
from ..worker.tasks.attention import AttentionRequest, AttentionResult
from ..worker.tasks.explain import ExplainResult
from ..worker.tasks.scan import ScanResult
from .loading import Loader

if TYPE_CHECKING:
    from ..worker.host.interface import Callbacks

__all__ = ["HeadSupply", "Values"]

Values = npt.NDArray[np.float32] | Arcs
"""A whole attention map, or the strong pairs of many heads."""

_N_MAPS: Final = 12  # that stay open; they are files mapped into memory


class HeadSupply:
    """What is there of the heads of one model on one chain, and what is on its way.

    Parameters
    ----------
    session : Session
    loader : Loader
    on_scan : callable
        Called when the scan is there.
    on_relevance : callable
        Called when what was asked why is there.
    on_values : callable
        Called with a head when its map, or its weaker pairs, are there; with a set also when its scan is.
    """

    def __init__(
        self,
        session: Session[Viewer],
        loader: Loader,
        on_scan: Callable[[], object],
        on_values: Callable[[Head], object],
        on_relevance: Callable[[], object],
    ) -> None:
        self._session = session
        self._loader = loader
        self._on_scan = on_scan
        self._on_values = on_values
        self._on_relevance = on_relevance
        self._why: str | None = None  # what was asked for last
        self.relevance: Relevance | None = None
        self._target: Target | None = None
        self._entry: ModelEntry | None = None
        self._window = 0
        self._values: dict[Head, Values] = {}
        self._asked: tuple[Head, float] | None = None  # one at a time: who steps through heads wants the last
        self._failed: set[tuple[Head, float]] = set()
        self.scan: HeadScan | None = None
        self._means: dict[HeadSet, HeadScan | None] = {}  # None: on its way, or failed

    def reset(self, target: Target | None, entry: ModelEntry, window: int = 0) -> None:
        """Forget everything, and ask for a scan of a chain; None for no chain."""
        self._loader.forget()
        self._values.clear()
        self._means.clear()
        self._failed.clear()
        self._asked = None
        self.scan = self.relevance = self._why = None
        self._target, self._entry, self._window = target, entry, window
        if target is None:
            return
        session, sequence = self._session, target.sequence_map.sequence

        def submit(callbacks: Callbacks) -> Future[ScanResult]:
            return submit_scans(session, [target], entry, window=window, callbacks=callbacks)[sequence]

        def load(result: ScanResult) -> tuple[HeadScan, bool]:
            return result.load(), result.cached

        label = f"all heads of {entry.name} on {target.chain.label}"
        self._loader.ask("scan", label, submit, load, self._take_scan)

    def scan_of(self, head: Head) -> HeadScan | None:
        """The scan that has a head, or that of a set; None where it is not there."""
        return self._means.get(head) if isinstance(head, HeadSet) else self.scan

    def weights(self, head: Head) -> npt.NDArray[np.float32] | None:
        """The whole map of a head; None where it is not there."""
        values = self._values.get(head)
        return None if isinstance(values, Arcs) else values

    def find(self, head: Head, options: DrawOptions) -> Values | None:
        """What tells the pairs of a head that some options ask for; None where nothing here does."""
        scan = self.scan_of(head)
        arcs = scan.arcs if scan is not None else None
        if arcs is not None and _can_select(arcs, options):  # a thousand times fewer numbers than the map has
            return arcs
        values = self._values.get(head)
        return values if _can_select(values, options) else None

    def want(self, head: Head, others: Iterable[Head], options: DrawOptions) -> None:
        """Ask for the map of a head and for what else the options need, one at a time.

        The map of a chain that is too long for one is asked for only where weak pairs are drawn.
        """
        if isinstance(head, HeadSet) and self._target is not None and head not in self._means:
            self._ask_mean(head)
        if self._target is None or self._asked is not None:
            return
        n_positions = self._target.sequence_map.n_positions
        kept = options.kept_weight(n_positions, self._window)
        wanted = [one for one in (head, *others) if self.find(one, options) is None]
        if not kept and head not in self._values and head not in wanted:
            wanted.append(head)
        for one in wanted:
            if (one, kept) not in self._failed and (kept == 0 or self.scan is not None):
                self._ask(one, kept)
                return

    def _ask_mean(self, heads: HeadSet) -> None:
        target, entry, session, window = self._target, self._entry, self._session, self._window
        assert target is not None and entry is not None
        self._means[heads] = None  # until it arrives; so it is asked for once

        def submit(callbacks: Callbacks) -> Future[ScanResult]:
            (future,) = submit_scans(
                session, [target], entry, head=heads, window=window, callbacks=callbacks
            ).values()
            return future

        def take(scan: HeadScan) -> None:
            self._means[heads] = scan
            self._on_values(heads)

        label = f"{entry.name} {heads.label} on {target.chain.label}"
        self._loader.ask("mean", label, submit, ScanResult.load, take)

    def _ask(self, head: Head, kept: float) -> None:
        target, entry, session = self._target, self._entry, self._session
        assert target is not None and entry is not None
        self._asked = (head, kept)
        self._failed.add(self._asked)  # until it arrives; so what fails is not asked for again and again
        request = AttentionRequest(
            target.sequence_map.sequence,
            str(entry.folder),
            entry.name,
            head.heads[0],
            kept,
            self._window,
            head.heads[1:],
            head.weights,
            device=session.settings.text("device"),
        )

        self._loader.ask(
            "map",
            f"{entry.name} {head.label} on {target.chain.label}",
            lambda callbacks: session.worker.submit(request, **callbacks),
            AttentionResult.load,
            partial(self._take_values, head, kept),
            self._end_request,
        )

    def want_relevance(self, prediction: str) -> None:
        """Ask why the model says something, once; what was asked before is forgotten.

        Parameters
        ----------
        prediction : str
            In the words of ``provis_explain``.

        Raises
        ------
        InputError
            If it cannot be meant of this chain and model.
        """
        target, entry, session = self._target, self._entry, self._session
        if target is None or entry is None or prediction == self._why:
            return
        asked = choose_predictions(session.viewer, prediction, [target], entry)
        self._why, self.relevance = prediction, None
        text = name_prediction(prediction, target, asked[0][1])

        def submit(callbacks: Callbacks) -> Future[ExplainResult]:
            (future,) = submit_explanations(session, asked, entry, callbacks=callbacks).values()
            return future

        def take(relevance: Relevance) -> None:
            if prediction == self._why:
                self.relevance = name_as_asked(relevance, text, asked[0][1])
                self._on_relevance()

        label = f"{asked[0][1].text} of {target.chain.label}, {entry.name}"
        self._loader.ask("relevance", label, submit, ExplainResult.load, take)

    def retry(self) -> None:
        """What failed may be asked for again: the user has done something."""
        self._failed = {self._asked} if self._asked is not None else set()
        if self.relevance is None and not self._loader.is_awaited("relevance"):
            self._why = None
        if not self._loader.is_awaited("mean"):
            self._means = {heads: scan for heads, scan in self._means.items() if scan is not None}

    def _take_scan(self, loaded: tuple[HeadScan, bool]) -> None:
        self.scan, was_there = loaded
        for note in self.scan.notes if was_there else ():  # the worker says it where it has run
            self._session.viewer.warn(note)
        self._on_scan()

    def _take_values(self, head: Head, kept: float, values: Values) -> None:
        self._failed.discard((head, kept))
        self._values[head] = values
        while len(self._values) > _N_MAPS:
            self._values.pop(next(iter(self._values)))
        self._on_values(head)

    def _end_request(self) -> None:
        self._asked = None


def _can_select(values: Values | None, options: DrawOptions) -> bool:
    """Whether these values tell the pairs that the options ask for."""
    if values is None:
        return False
    if isinstance(values, Arcs):
        return options.direction != "mean" and options.min_attn >= values.min_weight
    return True
