"""What ``provis_explain`` does: relevance is asked for, placed on residues, and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ...attention.head_id import HeadId, check_head
from ...attention.profile import place_on_residues
from ...attention.relevance import Relevance
from ...checkpoints.catalogue import describe_status_note
from ...checkpoints.config import read_config
from ...checkpoints.registry import ModelEntry
from ...errors import InputError, ProvisError, StructureError
from ...scenes.colors import compute_colors
from ...session.session import Session
from ...structures.chain import Chain
from ...system.jobs import Job
from ...targets.targets import Target, read_chains_again
from ...viewers.viewer import Viewer
from ..explain_options import LAYER, ExplainOptions
from .relevance_report import describe_relevance
from .relevance_request import choose_predictions, load_relevance, submit_explanations
from .relevance_scene import style_relevance
from .scans import read_scan_targets

__all__ = ["ExplainedChain", "explain_chains"]

_PERCENTILE: Final = 98


@dataclass(frozen=True, eq=False)
class ExplainedChain:
    """What became of one chain.

    Attributes
    ----------
    target : Target
        With the chain as it was when it was shown.
    relevance : Relevance or None
        None where the chain failed.
    values : numpy.ndarray, shape (n_residues,)
        What the colours say; NaN where the model sees no residue.
    names : tuple of str
        What «clear» takes to give the chain its colours back, and to remove its cylinders.
    error : ProvisError or None
    """

    target: Target
    relevance: Relevance | None = None
    values: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    names: tuple[str, ...] = ()
    error: ProvisError | None = None

    @property
    def chain(self) -> Chain:
        """The chain."""
        return self.target.chain


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
    entry = session.find_model(options.model)
    layer, head = _read_head(options.head, entry)
    if head is not None and options.method not in ("ig", "paper", "attention"):
        raise InputError(
            f"«method={options.method}» with «head={options.head}»",
            "Only ig, paper and attention tell what residues bring to a head",
            "Try «method=ig»",
        )
    targets = read_scan_targets(session, options, entry)
    asked = choose_predictions(session.viewer, options.target, targets, entry)
    futures = submit_explanations(
        session,
        asked,
        entry,
        method=options.method,
        baseline=options.baseline,
        steps=options.steps,
        split=tuple(head) if head is not None and options.pairs else (),
        quiet=options.quiet,
    )

    def end() -> list[ExplainedChain]:
        answers = {key: load_relevance(future) for key, future in futures.items()}
        again = read_chains_again(session.viewer, [target.chain for target, _ in asked])
        done = [
            _place(target, now, answers[target.sequence_map.sequence, prediction], layer, head)
            for (target, prediction), now in zip(asked, again, strict=True)
        ]
        job.leave_out((one.chain.label, one.error) for one in done)
        return _show(session, entry, done, options, head)

    chains = ", ".join(target.chain.label for target, _ in asked)
    job = Job(f"{asked[0][1].text} of {chains}, {entry.name}", end)
    return session.start(job, tuple(futures.values()))


def _read_head(text: str, entry: ModelEntry) -> tuple[int | None, HeadId | None]:
    """Layer of a sum (0-based) or None, and the head or None."""
    text = text.strip()
    if not text:
        return None, None
    config = read_config(entry.folder)
    if found := LAYER.fullmatch(text):
        layer = int(found[1]) - 1
        check_head(HeadId(layer, 0), config.n_layers, config.n_heads, entry.name)
        return layer, None
    head = HeadId.parse(text)
    check_head(head, config.n_layers, config.n_heads, entry.name)
    return None, head


def _place(
    target: Target,
    now: Chain | StructureError,
    answer: Relevance | ProvisError,
    layer: int | None,
    head: HeadId | None,
) -> ExplainedChain:
    """Relevance of positions as that of residues."""
    for problem in (answer, now):
        if isinstance(problem, ProvisError):
            return ExplainedChain(target, error=problem)
    assert isinstance(now, Chain) and isinstance(answer, Relevance)
    positions = answer.residues
    if layer is not None:
        positions = answer.heads[layer].sum(axis=0)
    elif head is not None:
        positions = answer.heads[head]
    values = place_on_residues(positions, target.sequence_map, now.n_residues)
    return ExplainedChain(replace(target, selected=replace(target.selected, chain=now)), answer, values)


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
    sizes = np.abs(np.concatenate([values[np.isfinite(values)] for values in kept]))
    high = float(np.percentile(sizes, _PERCENTILE)) if len(sizes) else 0.0
    high = high or float(sizes.max(initial=0.0)) or 1.0
    shown: dict[int, ExplainedChain] = {}
    for one, values in zip(good, kept, strict=True):
        rgb = np.full((len(values), 3), np.nan, dtype=np.float32)
        known = np.isfinite(values)
        rgb[known] = compute_colors(values[known].astype(np.float32), options.palette, -high, high)
        names = viewer.color_residues(one.chain, rgb)
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
            f"are the {_PERCENTILE}th percentile of all sizes"
        )
    return [shown.get(id(one), one) for one in done]


def _keep_side(values: npt.NDArray[np.float64], which: str) -> npt.NDArray[np.float64]:
    """Values of one side; those of the other become zero."""
    if which == "for":
        return np.where(values < 0, 0.0, values)
    return np.where(values > 0, 0.0, values) if which == "against" else values


def choose_top(values: npt.NDArray[np.float64], n: int) -> list[int]:
    """Residue indices with the largest relevance of either sign, the largest first."""
    sizes = np.where(np.isfinite(values), np.abs(values), 0)
    order = np.argsort(-sizes, kind="stable")[:n]
    return [int(k) for k in order if sizes[k] > 0]
