"""What a figure asks of the worker: attention of all heads or of one, and why the model says something."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from ...attention.head_id import HeadSet
from ...attention.relevance import Relevance
from ...errors import ProvisError
from ...scenes.draw_options import DrawOptions
from ...session.session import Session
from ...targets.predictions import read_prediction
from ...viewers.viewer import Program
from ...worker.tasks.explain import ExplainResult
from ...worker.tasks.scan import ScanResult
from .attention import ask_head
from .figure_choice import Shown
from .head_request import HeadRequest
from .relevance_request import (
    choose_predictions,
    load_relevance,
    name_as_asked,
    name_prediction,
    submit_explanations,
)
from .scans import submit_scans

__all__ = ["Asked", "ask_for_figure", "load_why"]


@dataclass(frozen=True, eq=False)
class Asked:
    """What the worker was asked: scans of all heads and of a set, the map of a head, and why."""

    scans: dict[str, Future[ScanResult]]
    own: dict[str, Future[ScanResult]]
    weights: HeadRequest | None
    why: Future[ExplainResult] | None

    @property
    def futures(self) -> tuple[Future[Any], ...]:
        """All that is awaited."""
        maps = self.weights.futures.values() if self.weights is not None else ()
        why = () if self.why is None else (self.why,)
        return (*why, *self.scans.values(), *self.own.values(), *maps)


def ask_for_figure(
    session: Session[Program], shown: Shown, which: tuple[str, ...], *, quiet: bool
) -> tuple[Shown, Asked]:
    """Ask the worker for what the pictures need; what is shown says then what relevance is for."""
    target, entry, head, window = shown.target, shown.entry, shown.heads[0], shown.window
    of_attention, why = {*which}, None
    if shown.shows_relevance(which):
        of_attention -= {"grid", "profile"}
        asked = choose_predictions(session.viewer, shown.why, [target], entry)
        shown = replace(shown, why=name_prediction(shown.why, target, asked[0][1]))
        (why,) = submit_explanations(session, asked, entry, quiet=quiet).values()
    is_long = DrawOptions().kept_weight(target.sequence_map.n_positions, window) > 0
    is_set, needs_own = (
        isinstance(head, HeadSet),
        "profile" in of_attention or (is_long and bool(of_attention)),
    )
    scans, own, weights = {}, {}, None
    if "grid" in of_attention or (needs_own and not is_set):
        scans = submit_scans(session, [target], entry, window=window, quiet=quiet)
    if needs_own and is_set:
        own = submit_scans(session, [target], entry, head=head, window=window, quiet=quiet)
    if not is_long and of_attention - {"grid"}:
        weights = ask_head(session, [target], entry, head, DrawOptions(), window=window, quiet=quiet)
    return shown, Asked(scans, own, weights, why)


def load_why(future: Future[ExplainResult], shown: Shown) -> Relevance:
    """Relevance with its residues called as they were asked for; raises why there is none."""
    found = load_relevance(future)
    if isinstance(found, ProvisError):
        raise found
    return name_as_asked(found, shown.why, read_prediction(shown.why, shown.target))
