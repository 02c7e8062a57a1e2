"""Relevance as files: tables and arrays, with what made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ...checkpoints.catalogue import note_for_files
from ...commands.dialect import PYMOL
from ...commands.line import line
from ...exports.recording import add_weights, make_record, summarise
from ...exports.relevance_table import (
    RELEVANCE_COLUMNS,
    describe_relevance_run,
    make_relevance_arrays,
    make_relevance_rows,
)
from ...exports.saving import write_table
from ...exports.tables import Table
from ...session.session import Session
from ...targets.properties import read_target_subject
from ...viewers.viewer import Program
from .. import find_command
from ..explain_options import ExplainOptions
from .explained_chains import ExplainedChain, Explaining

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
    if options.out.lower().endswith(".npz"):
        ((one, relevance),) = [(one, one.relevance) for one in good if one.relevance is not None]
        arrays = make_relevance_arrays(one.chain, one.target.sequence_map, relevance)
        table = Table((), [], note_for_files(request.entry), arrays=arrays)
        return one.chain.n_residues, write_table(options.out, table)
    subjects = [read_target_subject(session.viewer, one.target) for one in good]
    chains = " or ".join(session.viewer.name_residues(one.chain) for one in good)
    full = replace(
        options,
        selection=chains,
        model=request.entry.address,
        out=f"relevance{Path(options.out).suffix.lower()}",  # the same table is the same file
        overwrite=True,
        quiet=True,
        wait=None,
    )
    record = make_record(
        "explain",
        [(one.target, subject) for one, subject in zip(good, subjects, strict=True)],
        request.entry,
        request.head,
        what=f"Relevance for {', '.join(dict.fromkeys(one.text for _, one in request.asked))} of",
        commands=(line(find_command("explain"), full, PYMOL),),
        options=asdict(full),
        viewer=session.viewer.name,
    )
    record = replace(record, numbers={f"chain {k + 1}": summarise(one.values) for k, one in enumerate(good)})
    record = add_weights(record, request.entry.folder)
    table = make_explained_table(good, options.head, {**(about or {}), "record": record.to_values()})
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
