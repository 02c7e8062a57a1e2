"""Every head of a model scored on a property of the structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ...annotations.annotation import Annotation
from ...annotations.annotators import find_annotator, type_options
from ...attention.head_id import Head, HeadSet
from ...checkpoints.catalogue import describe_status_note, note_for_files
from ...checkpoints.registry import ModelEntry
from ...errors import InputError, ProvisError
from ...exports.record import Record
from ...exports.recording import summarise
from ...exports.saving import write_table
from ...scoring.head_scores import HeadScores
from ...scoring.head_scoring import compute_head_scores
from ...session.session import Session
from ...system.jobs import Job, outcome, run_after
from ...targets.properties import Found, Property
from ...targets.targets import Target
from ...viewers.viewer import Program
from ...worker.tasks.scan import ScanResult
from ..head_options import HeadOptions
from .head_request import choose_head, explain_head
from .heads_report import OwnHead, describe_heads, make_scores_table
from .scans import read_scan_targets, submit_scans
from .table_record import begin_record, end_record

__all__ = ["RankedChain", "choose_property", "rank_heads"]


@dataclass(frozen=True, eq=False)
class RankedChain:
    """One chain with its scored heads.

    Attributes
    ----------
    target : Target
    entry : ModelEntry
    annotation : Annotation
        What the heads were scored on.
    table : HeadScores or None
        None where the chain failed.
    result : ScanResult or None
        What the worker said about the scan.
    error : ProvisError or None
        Why there is no table.
    own : OwnHead or None
        The head or set that was asked for, with its scores.
    """

    target: Target
    entry: ModelEntry
    annotation: Annotation
    table: HeadScores | None = None
    result: ScanResult | None = None
    error: ProvisError | None = None
    own: OwnHead | None = None


def rank_heads(
    session: Session[Program],
    options: HeadOptions,
    *,
    about: Mapping[str, Any] | None = None,
    progress: bool | None = None,
) -> Job:
    """Score every head of a model on a property of every chain of a selection.

    Each chain has its own table: chains of one sequence share the attention, but each has its own structure.

    Parameters
    ----------
    session : Session
    options : HeadOptions
        The whole chains are scored. ``quiet`` leaves out the report, but no warning.
    about : mapping of str to object, optional
        What a JSON file says besides, of plain values.
    progress : bool, optional
        Show progress; by default unless ``quiet``.

    Returns
    -------
    Job
        Its value is a list of `RankedChain`. The call returns before the work is done.

    Raises
    ------
    ProvisError
        If the command cannot be carried out. Nothing has been started then.
    """
    options.check()
    wanted = options.choose_property("contact")
    entry = session.find_model(options.model)
    own = choose_head(entry, None, None, options.heads) if options.heads else None
    note = describe_status_note(entry)
    targets = read_scan_targets(session, options, entry)
    found = choose_property(session.viewer, targets, wanted)
    is_silent = options.quiet if progress is None else not progress
    submit = partial(
        submit_scans, session, [one for one, _ in found], entry, window=options.window, quiet=is_silent
    )
    futures, means = submit(), submit(head=own) if isinstance(own, HeadSet) else {}
    thread = ThreadPoolExecutor(1, "provis-heads")  # one table at a time: each needs some 200 MB
    scored = [
        run_after(
            futures[target.sequence_map.sequence],
            partial(_score, target, entry, annotation, options, own),
            thread,
        )
        for target, annotation in found
    ]
    meant = [
        run_after(
            means[target.sequence_map.sequence], partial(_load_table, target, annotation, options), thread
        )
        for target, annotation in found
        if means
    ]
    record = _begin(session.viewer, found, entry, options) if options.out else None
    label = f"all heads of {entry.name} by {found[0][1].name} on {', '.join(p.chain.label for p, _ in found)}"

    def finish() -> list[RankedChain]:
        thread.shutdown(wait=False)
        ranked = _collect(entry, found, scored, own, meant)
        job.leave_out((item.target.chain.label, item.error) for item in ranked)
        if note:
            session.viewer.write(f" ProVis: {note}")
        for item in ranked:
            _report(session, item, entry, options)
            session.events.tell("ranking", ranked=item)
        if record is not None:
            _save(session, ranked, entry, options, about or {}, record)
        return ranked

    job = Job(label, finish)
    return session.start(job, (*futures.values(), *means.values(), *scored, *meant))


def choose_property(
    viewer: Program, targets: Sequence[Target], wanted: Property
) -> list[tuple[Target, Annotation]]:
    """Find one property of each chain; chains that cannot be scored on it are warned of and left out.

    Parameters
    ----------
    viewer : Program
    targets : sequence of Target
    wanted : Property

    Returns
    -------
    list of (Target, Annotation)
        At least one.

    Raises
    ------
    ProvisError
        If it can be told of no chain, or the name stands for several properties, of which none has all
        residues of the others.
    """
    if wanted.by:
        options = type_options(find_annotator(wanted.name), wanted.options)
        if options.get("between") and not all(target.chain.members for target in targets):
            raise InputError(
                f"«between=1» for {targets[0].chain.label}",
                "The model sees one chain at a time, unless they are linked",
                "Use «link=1», which counts contacts between the chains, too",
            )
    found = wanted.find(viewer, targets)
    chosen = [one for one in found if one.annotations and not _is_absent(one.annotations[0])]
    problems = [one.error or _refuse_absent(one, wanted) for one in found if one not in chosen]
    if not chosen:
        raise problems[0]
    for one in chosen:
        _check_only_one(one, wanted)
    for problem in problems:
        viewer.warn(str(problem))
    return [(one.target, one.annotations[0]) for one in chosen]


def _is_absent(annotation: Annotation) -> bool:
    """Whether no residue has the property: all heads would have a share of zero."""
    values = annotation.values
    return annotation.kind == "residue" and values.dtype == np.bool_ and not values.any()


def _refuse_absent(found: Found, wanted: Property) -> InputError:
    if wanted.site:
        return InputError(
            f"«site={wanted.site}» has no residue of {found.target.chain.label}",
            "A selection with residues of the chains that are scored is needed",
            "Select residues of a protein chain",
        )
    annotation = found.annotations[0]
    return InputError(
        f"{found.target.chain.label} has no {annotation.name} ({annotation.method})",
        "Heads are scored on a property that some residues have",
        "Choose another property with «by=», or another chain",
    )


def _check_only_one(found: Found, wanted: Property) -> None:
    """Raise `InputError` where a name stands for several properties."""
    names = [item.name for item in found.annotations]
    if wanted.site or names[0].lower() == wanted.name.lower():
        return
    others = [name for name in names if name != names[0] and not name.startswith(f"{names[0]}:")]
    if others:
        raise InputError(
            f"«by={wanted.by}» stands for {len(names)} properties of {found.target.chain.singles[0].label}: "
            f"{', '.join(names)}",
            "Heads are scored on one",
            f"Choose for example «by={names[0]}»",
        )


def _score(
    target: Target,
    entry: ModelEntry,
    annotation: Annotation,
    options: HeadOptions,
    own: Head | None,
    result: ScanResult,
) -> RankedChain:
    """Runs on a thread."""
    table = _load_table(target, annotation, options, result)
    shown = OwnHead(own, table) if own is not None and not isinstance(own, HeadSet) else None
    return RankedChain(target, entry, annotation, table, result, own=shown)


def _load_table(
    target: Target, annotation: Annotation, options: HeadOptions, result: ScanResult
) -> HeadScores:
    return compute_head_scores(
        result.load(),
        target.sequence_map,
        annotation,
        min_attn=options.min_attn,
        min_arcs=options.min_arcs,
        chain=target.chain.label,
    )


def _collect(
    entry: ModelEntry,
    found: Sequence[tuple[Target, Annotation]],
    scored: Sequence[Future[RankedChain]],
    own: Head | None,
    meant: Sequence[Future[HeadScores]],
) -> list[RankedChain]:
    ranked = []
    for k, ((target, annotation), future) in enumerate(zip(found, scored, strict=True)):
        item: RankedChain | ProvisError = outcome(future)
        mean: HeadScores | ProvisError | None = outcome(meant[k]) if meant else None
        if isinstance(item, ProvisError) or isinstance(mean, ProvisError):
            error = item if isinstance(item, ProvisError) else mean
            assert isinstance(error, ProvisError)
            item = RankedChain(target, entry, annotation, error=error)
        elif own is not None and mean is not None:
            item = replace(item, own=OwnHead(own, mean))
        ranked.append(item)
    return ranked


def _report(session: Session[Program], item: RankedChain, entry: ModelEntry, options: HeadOptions) -> None:
    if item.table is None or options.quiet:
        return
    chain = item.target.chain
    session.viewer.write(f" ProVis: {chain.label}, {item.target.sequence_map.description}, {entry.name}")
    for line in describe_heads(item.table, chain, options.top, item.own):
        session.viewer.write(f"   {line}")
    if item.own is not None and (words := explain_head(entry, item.own.head)):
        session.viewer.write(f"   {words}")


def _begin(
    viewer: Program, found: Sequence[tuple[Target, Annotation]], entry: ModelEntry, options: HeadOptions
) -> Record:
    told = dict.fromkeys(f"{one.name}: {one.method}" for _, one in found)
    targets = [target for target, _ in found]
    return begin_record(
        viewer,
        "heads",
        targets,
        entry,
        options,
        stem="heads",
        what="Attention of all heads of",
        definitions=told,
    )


def _save(
    session: Session[Program],
    ranked: Sequence[RankedChain],
    entry: ModelEntry,
    options: HeadOptions,
    about: Mapping[str, Any],
    record: Record,
) -> None:
    from ... import __version__

    items = [(item.table, item.target.chain, item.own) for item in ranked if item.table is not None]
    about = {
        "program": f"provis {__version__}",
        **about,
        "model": entry.name,
        **note_for_files(entry),
        "by": options.site or options.by or "contact",
        "sequences": {item.target.chain.label: item.target.sequence_map.description for item in ranked},
        **end_record(
            record,
            entry,
            {f"chain {k + 1}": summarise(table.share) for k, (table, _, _) in enumerate(items)},
        ),
    }
    table = make_scores_table(items, about)
    where = write_table(options.out, table)
    if not options.quiet:
        session.viewer.write(f" ProVis: {len(table.rows)} heads {where}")
