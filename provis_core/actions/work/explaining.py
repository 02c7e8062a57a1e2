"""What ``provis_explain`` does: relevance is asked for, placed on residues, and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ...attention.head_id import HeadId
from ...checkpoints.catalogue import describe_status_note
from ...checkpoints.registry import ModelEntry
from ...session.session import Session
from ...system.jobs import Job
from ...viewers.viewer import Viewer
from ..explain_options import ExplainOptions
from .explained_chains import ExplainedChain, request_explaining
from .relevance_files import save_explained
from .relevance_report import choose_top, describe_relevance
from .relevance_scene import PERCENTILE, color_relevance, scale_relevance, style_relevance

__all__ = ["explain_chains"]


def explain_chains(session: Session[Viewer], options: ExplainOptions) -> Job:
    """Colour the residues of every chain of a selection by their relevance for a prediction.

    Parameters
    ----------
    session : Session
    options : ExplainOptions

    Returns
    -------
    Job
        Its value is a list of `ExplainedChain`. It fails where every chain does.

    Raises
    ------
    ProvisError
        If the command cannot be carried out. Nothing has been changed then.
    """
    options.check()
    session.viewer.check_names("", options.sele)
    request = request_explaining(session, options)

    def end() -> list[ExplainedChain]:
        done = request.collect(session.viewer)
        job.leave_out((one.chain.label, one.error) for one in done)
        shown = _show(session, request.entry, done, options, request.head)
        if options.out:
            n, where = save_explained(session, shown, request, options)
            if not options.quiet:
                session.viewer.write(f" ProVis: relevance of {n} residues {where}")
        return shown

    job = Job(request.label, end)
    return session.start(job, tuple(request.futures.values()))


def _show(
    session: Session[Viewer],
    entry: ModelEntry,
    done: Sequence[ExplainedChain],
    options: ExplainOptions,
    head: HeadId | None,
) -> list[ExplainedChain]:
    viewer = session.viewer
    good = [one for one in done if one.relevance is not None]
    kept = [_keep_side(one.values, options.which) for one in good]
    high = scale_relevance(kept)
    shown: dict[int, ExplainedChain] = {}
    for one, values in zip(good, kept, strict=True):
        names = viewer.color_residues(one.chain, color_relevance(values, high, options.palette))
        if options.pairs and head is not None and one.relevance is not None:
            scene = style_relevance(
                viewer, one.chain, one.target, one.relevance, head, options.which, options.top
            )
            if scene is not None:
                viewer.draw_scene(scene)
                names = [*names, scene.name]
        shown[id(one)] = replace(one, names=tuple(names))
    tops = [choose_top(values, options.top) for values in kept]
    if options.sele:
        parts = [(one.chain, top) for one, top in zip(good, tops, strict=True)]
        viewer.select_residues(options.sele, parts)
    if note := describe_status_note(entry):
        viewer.write(f" ProVis: {note}")
    for one, top in zip(good, tops, strict=True):
        assert one.relevance is not None
        for note in one.relevance.notes:
            viewer.warn(f"{one.chain.label}: {note}")
        if not options.quiet:
            item = shown[id(one)]
            said = describe_relevance(item.chain, one.relevance, item.values, top, item.names, options.head)
            for line in said:
                viewer.write(line)
    if not options.quiet:
        viewer.write(
            f"   colours: {options.palette}, {-high:.3g} (against) to {high:.3g} (for), white at 0; the ends "
            f"are the {PERCENTILE}th percentile of all sizes"
        )
    return [shown.get(id(one), one) for one in done]


def _keep_side(values: npt.NDArray[np.float64], which: str) -> npt.NDArray[np.float64]:
    """Values of one side; those of the other become zero."""
    if which == "for":
        return np.where(values < 0, 0.0, values)
    return np.where(values > 0, 0.0, values) if which == "against" else values
