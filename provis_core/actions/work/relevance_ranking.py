"""Heads ranked by the relevance on a property: ``provis_heads ..., measure=relevance``, and ``both``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ...annotations.annotation import Annotation
from ...attention.head_id import HeadId
from ...attention.relevance import Relevance
from ...checkpoints.catalogue import note_for_files
from ...checkpoints.registry import ModelEntry
from ...errors import InputError, ProvisError
from ...exports.record import Record
from ...exports.recording import summarise
from ...exports.saving import write_table
from ...exports.tables import Table, format_table
from ...scoring.head_scores import HeadScores
from ...scoring.head_scoring import compute_head_scores
from ...scoring.relevance_scores import RelevanceScores, score_relevance
from ...session.session import Session
from ...system.jobs import Job
from ...targets.targets import Target
from ...viewers.viewer import Program
from ..head_options import HeadOptions
from .heads import choose_property
from .relevance_request import choose_predictions, load_relevance, submit_explanations
from .scans import ScannedChain, collect_scans, read_scan_targets, submit_scans
from .table_record import begin_record, end_record

__all__ = ["RelevanceRanking", "describe_ranking", "rank_by_relevance"]

_ABOUT: Final = ("model", "chain", "property", "target", "head", "layer", "head_of_layer")
_RELEVANCE: Final = ("relevance", "difference", "auroc", "r", "z", "p", "p_max")
_ATTENTION: Final = ("rank", "arcs", "share", "expected", "attention_z", "attention_p_max")
_N_BRIEF: Final = 5


@dataclass(frozen=True, eq=False)
class RelevanceRanking:
    """One chain with its heads scored by relevance, and by attention where that was asked for, too.

    Attributes
    ----------
    target : Target
    annotation : Annotation
    relevance : Relevance or None
        None where the chain failed.
    scores : RelevanceScores or None
    attention : HeadScores or None
    error : ProvisError or None
    """

    target: Target
    annotation: Annotation
    relevance: Relevance | None = None
    scores: RelevanceScores | None = None
    attention: HeadScores | None = None
    error: ProvisError | None = None


def rank_by_relevance(
    session: Session[Program], options: HeadOptions, *, about: Mapping[str, Any] | None = None
) -> Job:
    """Score every head of a model by the relevance on a property of every chain of a selection.

    Parameters
    ----------
    session : Session
    options : HeadOptions
        With ``measure="both"`` the attention on the property is scored, too.
    about : mapping of str to object, optional
        What a JSON file says besides, of plain values.

    Returns
    -------
    Job
        Its value is a list of `RelevanceRanking`.

    Raises
    ------
    ProvisError
        If the model cannot be asked that. Nothing has been started then.
    """
    options.check()
    quiet, entry = options.quiet, session.find_model(options.model)
    targets = read_scan_targets(session, options, entry)
    found = choose_property(session.viewer, targets, options.choose_property("site"))
    properties = {id(target): annotation for target, annotation in found}
    for _, annotation in found:
        if annotation.kind != "residue":
            raise InputError(
                f"«measure={options.measure}» with «by={options.by}»",
                "Relevance stands at residues: a property of residues is needed",
                "Choose another property with «by=», or leave out «measure=»",
            )
    asked = choose_predictions(session.viewer, options.target, [target for target, _ in found], entry)
    futures = submit_explanations(session, asked, entry, quiet=quiet)
    wanted = [target for target, _ in asked] if options.measure == "both" else []
    scans = submit_scans(session, wanted, entry, quiet=quiet)
    record = None
    if options.out:
        told = dict.fromkeys(f"{one.name}: {one.method}" for _, one in found)
        shown = f"Relevance for {', '.join(dict.fromkeys(one.text for _, one in asked))} in all heads of"
        record = begin_record(
            session.viewer,
            "heads",
            [target for target, _ in asked],
            entry,
            options,
            stem="heads",
            what=shown,
            definitions=told,
        )

    def end() -> list[RelevanceRanking]:
        seen = {id(one.target): one for one in collect_scans(wanted, scans, session.viewer.warn)}
        done = []
        for target, question in asked:
            annotation = properties[id(target)]
            answer = load_relevance(futures[target.sequence_map.sequence, question])
            try:
                if isinstance(answer, ProvisError):
                    raise answer
                scores = score_relevance(answer.heads, target.sequence_map, annotation)
                attention = _score_attention(seen.get(id(target)), annotation, options)
                done.append(RelevanceRanking(target, annotation, answer, scores, attention))
            except ProvisError as error:
                done.append(RelevanceRanking(target, annotation, error=error))
        job.leave_out((one.target.chain.label, one.error) for one in done)
        for one in done:
            for note in one.relevance.notes if one.relevance is not None else ():
                session.viewer.warn(f"{one.target.chain.label}: {note}")
            for line in [] if quiet else describe_ranking(one, entry, options.top):
                session.viewer.write(line)
        if record is not None:
            n, where = _save_rankings(done, entry, options, about or {}, record)
            if not quiet:
                session.viewer.write(f" ProVis: {n} heads {where}")
        return done

    chains = ", ".join(target.chain.label for target, _ in asked)
    job = Job(f"all heads of {entry.name} by relevance on {chains}", end)
    return session.start(job, (*futures.values(), *scans.values()))


def _save_rankings(
    done: Sequence[RelevanceRanking],
    entry: ModelEntry,
    options: HeadOptions,
    about: Mapping[str, Any],
    record: Record,
) -> tuple[int, str]:
    """Write all heads into the file that was asked for; returns how many rows, and where they are."""
    tables = [_make_table(one, entry) for one in done if one.scores is not None]
    scores = [one.scores for one in done if one.scores is not None]
    told = {**about, "model": entry.name, **note_for_files(entry), "measure": options.measure}
    told |= end_record(record, entry, {f"chain {k + 1}": summarise(one.z) for k, one in enumerate(scores)})
    rows = [row for table in tables for row in table.rows]
    return len(rows), write_table(options.out, Table(tables[0].columns, rows, told))


def _score_attention(
    scanned: ScannedChain | None, annotation: Annotation, options: HeadOptions
) -> HeadScores | None:
    if scanned is None:
        return None
    if scanned.scan is None:
        assert scanned.error is not None
        raise scanned.error
    return compute_head_scores(
        scanned.scan,
        scanned.target.sequence_map,
        annotation,
        min_attn=options.min_attn,
        min_arcs=options.min_arcs,
        chain=scanned.target.chain.label,
    )


def _make_table(one: RelevanceRanking, entry: ModelEntry) -> Table:
    """One row per head, the most telling by relevance first."""
    assert one.scores is not None and one.relevance is not None
    scores, attention = one.scores, one.attention
    ranks = {head: k for k, head in enumerate(attention.rank(), 1)} if attention is not None else {}
    rows = []
    for k in scores.order.tolist():
        place = np.unravel_index(k, scores.z.shape)
        head = HeadId(*(int(number) for number in place))
        values = [one.relevance.heads.sum(axis=2), *(getattr(scores, name) for name in _RELEVANCE[1:])]
        seen: list[Any] = []
        if attention is not None:
            seen = [ranks[head], int(attention.n_arcs[head])]
            parts = (attention.share, attention.expected, attention.shift_z, attention.p_max)
            seen += [_number(part[head]) for part in parts]
        about = (entry.name, one.target.chain.label, one.annotation.name, one.relevance.prediction)
        numbers = (_number(value[head]) for value in values)
        rows.append((*about, head.label, head.layer + 1, head.head + 1, *numbers, *seen))
    columns = (*_ABOUT, *_RELEVANCE, *(_ATTENTION if attention is not None else ()))
    shown = ("head", *(name for name in _RELEVANCE if name != "p"))
    if attention is not None:
        shown = ("head", "difference", "auroc", "z", "p_max", *_ATTENTION)
    return Table(columns, rows, shown=shown)


def _number(value: Any) -> float | None:
    return float(f"{value:.4g}") if np.isfinite(value) else None


def describe_ranking(one: RelevanceRanking, entry: ModelEntry, top: int | None) -> list[str]:
    """The best heads of a chain as lines for the console; none where it failed.

    Parameters
    ----------
    one : RelevanceRanking
    entry : ModelEntry
    top : int, optional
        How many heads; 0 for all. By default a few.

    Returns
    -------
    list of str
    """
    if one.scores is None or one.relevance is None:
        return []
    table = _make_table(one, entry)
    n_shown = _N_BRIEF if top is None else top or len(table.rows)
    part = Table(table.columns, table.rows[:n_shown], shown=table.shown)
    count = f"{one.scores.n_on} of {one.scores.n_known} residues"
    what = f"relevance for {one.relevance.prediction}, baseline {one.relevance.baseline}"
    lines = [
        f" ProVis: {one.target.chain.label}, {one.annotation.name} ({count}), {what}",
        *(f"   {line}" for line in format_table(part)),
        "   difference: mean relevance on the property minus off it; z, p_max: r against all circular",
        "   shifts, p_max for all heads together",
    ]
    if one.attention is not None:
        lines.append(
            "   rank, arcs, share, expected, attention_z, attention_p_max: attention on the property, as "
            "without «measure=»"
        )
    return lines
