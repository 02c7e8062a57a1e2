"""Heads ranked by the relevance that falls on a property: ``provis_heads ..., measure=relevance``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...annotations.annotation import Annotation
from ...attention.head_id import HeadId
from ...attention.relevance import Relevance
from ...checkpoints.registry import ModelEntry
from ...errors import ProvisError
from ...exports.saving import write_table
from ...exports.tables import Table, format_table
from ...scoring.relevance_scores import RelevanceScores, score_relevance
from ...session.session import Session
from ...system.jobs import Job
from ...targets.targets import Target
from ...viewers.viewer import Viewer
from .relevance_request import choose_predictions, load_relevance, submit_explanations

__all__ = ["RelevanceRanking", "rank_by_relevance"]

_COLUMNS: Final = (
    "model", "chain", "property", "target", "head",
    "relevance", "difference", "auroc", "r", "z", "p", "p_max",
)  # fmt: skip
_SHOWN: Final = ("head", "relevance", "difference", "auroc", "r", "z", "p_max")
_N_BRIEF: Final = 5


@dataclass(frozen=True, eq=False)
class RelevanceRanking:
    """One chain with its heads scored by relevance.

    Attributes
    ----------
    target : Target
    annotation : Annotation
    relevance : Relevance or None
        None where the chain failed.
    scores : RelevanceScores or None
    error : ProvisError or None
    """

    target: Target
    annotation: Annotation
    relevance: Relevance | None = None
    scores: RelevanceScores | None = None
    error: ProvisError | None = None


def rank_by_relevance(
    session: Session[Viewer],
    entry: ModelEntry,
    found: Sequence[tuple[Target, Annotation]],
    prediction: str,
    *,
    top: int | None = None,
    out: str = "",
    quiet: bool = True,
) -> Job:
    """Score every head of some chains by the relevance on a property.

    Parameters
    ----------
    session : Session
    entry : ModelEntry
    found : sequence of (Target, Annotation)
    prediction : str
        As it was typed.
    top : int, optional
        Heads that are shown; 0 for all.
    out : str
        File for all heads; empty for none.
    quiet : bool
        Leave out the report.

    Returns
    -------
    Job
        Its value is a list of `RelevanceRanking`.

    Raises
    ------
    ProvisError
        If the model cannot be asked that. Nothing has been started then.
    """
    asked = choose_predictions(session.viewer, prediction, [target for target, _ in found], entry)
    properties = {id(target): annotation for target, annotation in found}
    futures = submit_explanations(session, asked, entry, quiet=quiet)

    def end() -> list[RelevanceRanking]:
        done = []
        for target, question in asked:
            annotation = properties[id(target)]
            answer = load_relevance(futures[target.sequence_map.sequence, question])
            try:
                if isinstance(answer, ProvisError):
                    raise answer
                scores = score_relevance(answer.heads, target.sequence_map, annotation)
                done.append(RelevanceRanking(target, annotation, answer, scores))
            except ProvisError as error:
                done.append(RelevanceRanking(target, annotation, error=error))
        job.leave_out((one.target.chain.label, one.error) for one in done)
        tables = [_make_table(one, entry) for one in done if one.scores is not None]
        for one, table in zip((one for one in done if one.scores is not None), tables, strict=True):
            for note in one.relevance.notes if one.relevance is not None else ():
                session.viewer.warn(f"{one.target.chain.label}: {note}")
            for line in [] if quiet else _describe(one, table, top):
                session.viewer.write(line)
        if out:
            rows = [row for table in tables for row in table.rows]
            where = write_table(out, Table(_COLUMNS, rows, {"model": entry.name, "measure": "relevance"}))
            if not quiet:
                session.viewer.write(f" ProVis: {len(rows)} heads {where}")
        return done

    chains = ", ".join(target.chain.label for target, _ in asked)
    job = Job(f"all heads of {entry.name} by relevance on {chains}", end)
    return session.start(job, tuple(futures.values()))


def _make_table(one: RelevanceRanking, entry: ModelEntry) -> Table:
    assert one.scores is not None and one.relevance is not None
    scores, sums = one.scores, one.relevance.heads.sum(axis=2)
    rows = []
    for k in scores.order.tolist():
        place = np.unravel_index(k, scores.z.shape)
        head = HeadId(*(int(number) for number in place))
        values = (sums, scores.difference, scores.auroc, scores.r, scores.z, scores.p, scores.p_max)
        numbers = [float(f"{value[place]:.4g}") if np.isfinite(value[place]) else None for value in values]
        about = (entry.name, one.target.chain.label, one.annotation.name, one.relevance.prediction)
        rows.append((*about, head.label, *numbers))
    return Table(_COLUMNS, rows, shown=_SHOWN)


def _describe(one: RelevanceRanking, table: Table, top: int | None) -> list[str]:
    assert one.scores is not None and one.relevance is not None
    n_shown = _N_BRIEF if top is None else top or len(table.rows)
    part = Table(table.columns, table.rows[:n_shown], shown=table.shown)
    count = f"{one.scores.n_on} of {one.scores.n_known} residues"
    what = f"relevance for {one.relevance.prediction}, baseline {one.relevance.baseline}"
    return [
        f" ProVis: {one.target.chain.label}, {one.annotation.name} ({count}), {what}",
        *(f"   {line}" for line in format_table(part)),
        "   difference: mean relevance on the property minus off it; z, p_max: r against all circular",
        "   shifts, p_max for all heads together",
    ]
