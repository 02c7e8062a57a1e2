"""The use case behind ``provis_export``: pairs and what shows them, without touching the viewer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...annotations.annotation import Annotation
from ...annotations.annotators import compute_annotations
from ...attention.head_id import Head, HeadSet
from ...checkpoints.catalogue import describe_status_note, note_for_files
from ...checkpoints.registry import ModelEntry
from ...commands.dialect import PYMOL
from ...commands.line import line
from ...errors import InputError, ProvisError
from ...exports.drawing import Drawing
from ...exports.pairs import make_pair_rows, make_pair_table
from ...exports.recording import add_weights, make_record, summarise
from ...exports.saving import check_out_path, write_table
from ...exports.tables import Table
from ...scenes.coloring import ColoredPairs
from ...session.session import Session
from ...structures.subject import Subject
from ...system.given_files import find_path
from ...system.jobs import Job
from ...targets.properties import read_target_subjects
from ...targets.sites import SiteChoice, compute_sites
from ...targets.targets import Target, read_chains_again
from ...viewers.viewer import Program
from .. import find_command
from ..attention_options import ExportOptions
from .attention import request_head
from .drawing import DrawnChain, select_pairs, style_drawn
from .report import describe_nothing

__all__ = ["DrawnPairs", "export_drawn", "make_export", "start_export"]


@dataclass(frozen=True, eq=False)
class DrawnPairs:
    """What is written: the pairs of some chains, with the options that drew them.

    Attributes
    ----------
    targets : tuple of Target
    drawn : tuple of DrawnChain
        Per target, with edges.
    entry : ModelEntry
    head : HeadId or HeadSet
        0-based.
    options : ExportOptions
        That draw the same; ``selection`` may be empty.
    colored_by : tuple of Annotation or None
        Per target what ``color_by`` names.
    site : SiteChoice
    """

    targets: tuple[Target, ...]
    drawn: tuple[DrawnChain, ...]
    entry: ModelEntry
    head: Head
    options: ExportOptions
    colored_by: tuple[Annotation | None, ...] = ()
    site: SiteChoice = field(default_factory=SiteChoice)


def start_export(session: Session[Program], options: ExportOptions) -> Job:
    """Compute one head's attention on every chain of a selection, and write its pairs.

    Parameters
    ----------
    session : Session
    options : ExportOptions

    Returns
    -------
    Job
        Its value is the path. The call returns before the work is done.

    Raises
    ------
    ProvisError
        If it cannot be done. Nothing has been computed or written then.
    """
    options = replace(options, filename=str(_check(options)))
    request = request_head(
        session, options, options.layer, options.head, options, heads=options.heads, quiet=options.quiet
    )
    viewer = session.viewer

    def finish() -> Path:
        chains = read_chains_again(viewer, [target.chain for target in request.targets])
        known = request.annotations or (None,) * len(request.targets)
        rows = [
            (target, select_pairs(target, chain, values, request.head, options), one)
            for target, chain, values, one in zip(
                request.targets, chains, request.weights(), known, strict=True
            )
        ]
        job.leave_out((drawn.chain.label, drawn.error) for _, drawn, _ in rows)
        good = [row for row in rows if row[1].error is None]
        if not good:
            raise next(drawn.error for _, drawn, _ in rows if drawn.error is not None)
        targets, drawn, colored_by = zip(*good, strict=True)
        for one in drawn:
            if not one.edges.n_edges:
                viewer.warn(f"{one.chain.label}: {describe_nothing(one.edges, options)}")
        found = DrawnPairs(targets, drawn, request.entry, request.head, options, colored_by)
        return _write(session, found)

    job = Job(f"export of {request.label}", finish)
    return session.start(job, tuple(request.futures.values()))


def export_drawn(session: Session[Program], found: DrawnPairs, options: ExportOptions) -> Path:
    """Write pairs that are drawn already; file, script and overwriting are those of the options given."""
    path = _check(options)
    own = replace(found.options, filename=str(path), script=options.script, overwrite=options.overwrite)
    return _write(session, replace(found, options=own))


def _check(options: ExportOptions) -> Path:
    path = check_out_path(options.filename, overwrite=options.overwrite)
    if options.script and path.suffix.lower() != ".html":
        raise InputError(
            f"«script={options.script}» for a {path.suffix} file",
            "A page (.html) is needed: it alone shows the drawing with Mol*",
            "Leave out «script=», or give another name",
        )
    return path


def _write(session: Session[Program], found: DrawnPairs) -> Path:
    viewer, options = session.viewer, found.options
    subjects = read_target_subjects(viewer, found.targets)
    table = make_export(viewer, found, subjects)
    where = write_table(options.filename, table)
    if note := describe_status_note(found.entry):
        viewer.write(f" ProVis: {note}")
    viewer.write(f" ProVis: {len(table.rows)} pairs {where}")
    path = Path(options.filename)
    if path.suffix.lower() == ".html" and not options.script:
        viewer.write("   When it is opened it loads Mol* from molstar.org; «script=» puts a copy into it")
    return path


def make_export(viewer: Program, found: DrawnPairs, subjects: Sequence[Subject]) -> Table:
    """Return the table of the pairs of some chains, with the drawing and the record.

    Parameters
    ----------
    viewer : Program
    found : DrawnPairs
    subjects : sequence of Subject
        Per target.

    Returns
    -------
    Table
        Rows of all chains, in the columns of every table of pairs, as `make_pair_table`.
    """
    options, entry, head = found.options, found.entry, found.head
    contacts = [_tell(lambda one=one: compute_annotations("contact", one)) for one in subjects]
    sites = [_tell(lambda one=one: compute_sites(found.site, one)) for one in subjects]
    full, command = _describe(viewer, found)
    definitions = {
        f"{name}: {one.method}"
        for name, known in (("contacts", contacts), ("site", sites))
        for one in known
        if one is not None and one.method
    }
    record = make_record(
        "export",
        list(zip(found.targets, subjects, strict=True)),
        entry,
        head,
        commands=(command,),
        options=asdict(full),
        viewer=viewer.name,
        definitions=sorted(definitions),
    )
    weights = np.concatenate([one.edges.weight for one in found.drawn if one.edges is not None])
    record = replace(add_weights(record, entry.folder), numbers={"weights": summarise(weights)})
    rows: list[tuple[Any, ...]] = []
    columns: tuple[str, ...] = ()
    for target, drawn, contact, site in zip(found.targets, found.drawn, contacts, sites, strict=True):
        assert drawn.edges is not None
        pairs = make_pair_rows(drawn.chain, target.sequence_map, drawn.edges, contact, site)
        part = make_pair_table(pairs, target.sequence_map, drawn.edges, {})
        columns, rows = part.columns, [*rows, *part.rows]
    about = {
        "title": record.title,
        "caption": record.caption,
        "model": entry.address,
        **note_for_files(entry),
        "head": head.label,
        "options": {name: value for name, value in record.options.items() if name != "filename"},
        "chains": [_describe_chain(viewer, *one) for one in zip(found.targets, found.drawn, strict=True)],
        "contacts": next((one.method for one in contacts if one is not None), ""),
        "site": next((f"{one.source}: {one.method}" for one in sites if one is not None), ""),
        "record": record.to_values(),
    }
    colored = [
        ColoredPairs(drawn.chain, target.sequence_map, drawn.edges, known)
        for target, drawn, known in zip(
            found.targets, found.drawn, found.colored_by or (None,) * len(found.drawn), strict=True
        )
        if drawn.edges is not None
    ]
    scenes, _ = style_drawn(_name_objects(found), colored, options)
    members = [one for subject in subjects for one in (subject.members or (subject,))]
    atoms = {one.atoms.object_name: one.atoms for one in members if one.atoms is not None}
    script = find_path(options.script, "«script=»") if options.script else None
    drawing = Drawing(tuple(scenes), tuple(sites), tuple(atoms.values()), script)
    return Table(columns, rows, about, drawing=drawing)


def _name_objects(found: DrawnPairs) -> list[str]:
    """Names of the cylinders of each chain, good in any program, like those that PyMOL shows."""
    names: list[str] = []
    for one in found.drawn:
        chain = one.chain
        words = [
            "provis",
            chain.object_name,
            *(single.chain_id or single.segment_id for single in chain.singles),
        ]
        base = re.sub(r"[^A-Za-z0-9]+", "_", found.options.name or "_".join(filter(None, words)))
        if not found.options.name:
            base = f"{base}_{found.head.label}"
        names.append(base if base not in names else f"{base}_{len(names) + 1}")
    return names


def _tell(compute: Any) -> Annotation | None:
    """What is known of a chain; None where it cannot be told, which the columns then leave empty."""
    try:
        found: Annotation = compute()[0]
    except ProvisError:
        return None
    return found


def _describe_chain(viewer: Program, target: Target, drawn: DrawnChain) -> dict[str, Any]:
    edges = drawn.edges
    assert edges is not None
    return {
        "chain": drawn.chain.label,
        "selection": viewer.name_residues(drawn.chain, target.selected.residues),
        "sequence": target.sequence_map.sequence,
        "sequence_shown": target.sequence_map.description,
        "n_pairs": edges.n_edges,
        "n_passed": edges.n_passed,
        "n_candidates": edges.n_candidates,
    }


def _describe(viewer: Program, found: DrawnPairs) -> tuple[ExportOptions, str]:
    """All options with nothing left to what is drawn, and the line that is typed for them."""
    place: dict[str, Any] = {"layer": None, "head": None, "heads": ""}
    if isinstance(found.head, HeadSet):
        place["heads"] = found.head.asked or found.head.label
    else:
        place |= {"layer": found.head.layer + 1, "head": found.head.head + 1}
    chosen = [viewer.name_residues(one.chain, one.selected.residues) for one in found.targets]
    full = replace(
        found.options,
        filename=f"pairs{Path(found.options.filename).suffix.lower()}",
        selection=" or ".join(chosen),
        model=found.entry.address,
        link=any(one.chain.members for one in found.targets),
        script="",
        overwrite=True,
        wait=None,
        quiet=True,
        **place,
    )
    return full, line(find_command("export"), full, PYMOL)
