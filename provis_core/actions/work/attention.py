"""One head's attention on every chain of a selection, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ...annotations.annotation import Annotation
from ...annotations.annotators import find_annotator
from ...attention.head_id import Head
from ...checkpoints.registry import ModelEntry
from ...scenes.coloring import needs_annotation
from ...scenes.draw_options import DrawOptions
from ...session.session import Session
from ...system.jobs import Job
from ...targets.properties import Property
from ...targets.scope import Scope
from ...targets.targets import Target
from ...viewers.viewer import Program, Viewer
from .drawing import DrawnChain, draw_targets
from .head_request import HeadRequest, choose_head, submit_head
from .report import describe_drawing
from .scans import read_scan_targets

__all__ = ["ask_head", "draw_head", "request_head"]


def draw_head(
    session: Session[Viewer],
    scope: Scope,
    layer: int | None = None,
    head: int | None = None,
    options: DrawOptions | None = None,
    *,
    heads: str = "",
    quiet: bool = True,
) -> Job:
    """Compute one head's attention on every chain of a selection and draw it.

    Parameters
    ----------
    session : Session
    scope : Scope
    layer, head : int, optional
        Counted from 1, as users type them. The model's registered head by default.
    options : DrawOptions, optional
    heads : str
        In place of a head, the mean of several; see `choose_head`.
    quiet : bool
        Leave out the report; warnings are shown all the same.

    Returns
    -------
    Job
        Its value is a list of `DrawnChain`. The call returns before the work is done.

    Raises
    ------
    ProvisError
        If the command cannot be carried out. Nothing has been changed then.
    """
    options, viewer = options or DrawOptions(), session.viewer
    _check(scope, options)
    viewer.check_names(options.name, options.sele)
    started = session.clock()
    request = request_head(session, scope, layer, head, options, heads=heads, quiet=quiet)

    def finish() -> list[DrawnChain]:
        drawn = draw_targets(
            viewer, request.targets, request.weights(), request.head, options, request.annotations
        )
        job.leave_out((item.chain.label, item.error) for item in drawn)
        seconds = session.clock() - started
        for line in describe_drawing(drawn, request, options, seconds, quiet=quiet):
            viewer.write(line)
        return drawn

    job = Job(request.label, finish)
    return session.start(job, tuple(request.futures.values()))


def request_head(
    session: Session[Program],
    scope: Scope,
    layer: int | None,
    head: int | None,
    options: DrawOptions,
    *,
    heads: str = "",
    quiet: bool,
) -> HeadRequest:
    """Ask the worker for one head on every chain of a selection; parameters as in `draw_head`.

    Returns
    -------
    HeadRequest
        To be read when its futures are done. What the user must know of the chains has been said.

    Raises
    ------
    ProvisError
        If nothing can be asked for.
    """
    _check(scope, options)
    entry = session.find_model(scope.model)
    head_id = choose_head(entry, layer, head, heads)
    targets = read_scan_targets(session, scope, entry)
    annotations: list[Annotation | None] = []
    if needs_annotation(options.color_by):
        for one in _ask_color(options).find(session.viewer, targets):
            annotations.append(one.annotations[0] if one.annotations else None)
            if one.error is not None:
                session.viewer.warn(f"«color_by={options.color_by}»: {one.error}")
    request = ask_head(session, targets, entry, head_id, options, window=scope.window, quiet=quiet)
    return replace(request, annotations=tuple(annotations))


def ask_head(
    session: Session[Program],
    targets: Sequence[Target],
    entry: ModelEntry,
    head: Head,
    options: DrawOptions,
    *,
    window: int = 0,
    quiet: bool,
) -> HeadRequest:
    """Ask the worker for one head (0-based) on chains that were read, one run per distinct sequence."""
    submit = partial(session.worker.submit, **session.callbacks(quiet=quiet))
    return submit_head(submit, targets, entry, head, options, window, session.settings.text("device"))


def _ask_color(options: DrawOptions) -> Property:
    """The property that cylinders are coloured by; where records are needed, a file is the structure's."""
    given = options.annotation_options
    file = options.file if "records" in find_annotator(options.color_by).needs else ""
    return Property(options.color_by, file=file, options=given)


def _check(scope: Scope, options: DrawOptions) -> None:
    """Raise `InputError` unless what needs no chain can be used."""
    scope.check()
    options.check(scope.window)
