"""Relevance as files: tables and arrays, with what made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...checkpoints.catalogue import note_for_files
from ...exports.recording import summarise
from ...exports.relevance_table import (
    RELEVANCE_COLUMNS,
    describe_relevance_run,
    make_relevance_arrays,
    make_relevance_rows,
)
from ...exports.saving import write_table
from ...exports.tables import Table
from ...session.session import Session
from ...viewers.viewer import Program
from ..explain_options import ExplainOptions
from .explained_chains import ExplainedChain, Explaining
from .table_record import begin_record, end_record

__all__ = ["make_explained_table", "save_explained"]


def save_explained(
    session: Session[Program],
    done: Sequence[ExplainedChain],
    request: Explaining,
    options: ExplainOptions,
    about: Mapping[str, Any] | None = None,
) -> tuple[int, str]:
    """Write what was found into the file that was asked for.

    Parameters
    ----------
    session : Session
    done : sequence of ExplainedChain
    request : Explaining
    options : ExplainOptions
        With ``out``.
    about : mapping, optional
        What a JSON file says besides, of plain values.

    Returns
    -------
    int, str
        Number of rows, and where they are, as `provis_core.exports.saving.describe_written` says it.
    """
    good = [one for one in done if one.relevance is not None]
    record = begin_record(
        session.viewer,
        "explain",
        [one.target for one in good],
        request.entry,
        options,
        stem="relevance",
        what=f"Relevance for {', '.join(dict.fromkeys(one.text for _, one in request.asked))} of",
        head=request.head,
    )
    numbers = {f"chain {k + 1}": summarise(one.values) for k, one in enumerate(good)}
    told = {**(about or {}), **end_record(record, request.entry, numbers)}
    if options.out.lower().endswith(".npz"):
        ((one, relevance),) = [(one, one.relevance) for one in good if one.relevance is not None]
        arrays = make_relevance_arrays(one.chain, one.target.sequence_map, relevance)
        table = Table((), [], {**told, **note_for_files(request.entry)}, arrays=arrays)
        return one.chain.n_residues, write_table(options.out, table)
    table = make_explained_table(good, options.head, told)
    return len(table.rows), write_table(options.out, table)


def make_explained_table(
    done: Sequence[ExplainedChain], head: str, about: Mapping[str, Any] | None = None
) -> Table:
    """Rows of all chains, one residue each, and what each chain's are about."""
    rows, chains = [], []
    for one in done:
        if one.relevance is None:
            continue
        rows += make_relevance_rows(one.chain, one.target.sequence_map, one.values, one.relevance)
        chains.append({"chain": one.chain.label, **describe_relevance_run(one.relevance, head)})
    return Table(RELEVANCE_COLUMNS, rows, {**(about or {}), "chains": chains}, shown=RELEVANCE_COLUMNS[:5])
