"""Residues coloured by the attention that they receive or give."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...attention.arcs import Arcs
from ...attention.profile import Profile, compute_profile
from ...checkpoints.catalogue import describe_status_note
from ...checkpoints.registry import ModelEntry
from ...errors import InputError, ProvisError, StructureError
from ...scenes.colors import compute_colors
from ...scenes.draw_options import DrawOptions
from ...session.session import Session
from ...structures.chain import Chain
from ...system.jobs import Job
from ...targets.targets import Target, read_chains_again
from ...viewers.viewer import Viewer
from ..profile_options import ProfileOptions
from .attention import ask_head
from .head_request import choose_head
from .scans import collect_scans, read_scan_targets, submit_scans

__all__ = ["ColoredChain", "color_by_profile", "compute_profile_colors"]

_N_NAMED: Final = 5

_Sums = npt.NDArray[np.float32] | Arcs | ProvisError | None
"""What residues receive, a whole map, its strong pairs, or why there is nothing."""


@dataclass(frozen=True, eq=False)
class ColoredChain:
    """What became of one chain.

    Attributes
    ----------
    chain : Chain
    profile : Profile or None
        None where the chain failed.
    names : tuple of str
        What `provis_clear` takes to give the chain, or each of linked ones, its colours back.
    error : ProvisError or None
    """

    chain: Chain
    profile: Profile | None = None
    names: tuple[str, ...] = ()
    error: ProvisError | None = None


def compute_profile_colors(
    values: npt.NDArray[np.float64], palette: str, high: float
) -> npt.NDArray[np.float32]:
    """Colours from 0 to `high`, shape (n_residues, 3); NaN where the value is NaN."""
    rgb = np.full((len(values), 3), np.nan, dtype=np.float32)
    known = np.isfinite(values)
    rgb[known] = compute_colors(values[known].astype(np.float32), palette, 0.0, high or 1.0)
    return rgb


def color_by_profile(session: Session[Viewer], options: ProfileOptions) -> Job:
    """Colour the residues of every chain of a selection by the profile of one head.

    Parameters
    ----------
    session : Session
    options : ProfileOptions
        The whole chains are coloured. In windows, and of chains that are too long for a whole map, it is
        known what residues receive, not what they give.

    Returns
    -------
    Job
        Its value is a list of `ColoredChain`. It fails where every chain does.

    Raises
    ------
    ProvisError
        If the command cannot be carried out. Nothing has been changed then.
    """
    options.check()
    entry, window = session.find_model(options.model), options.window
    head_id = choose_head(entry, options.layer, options.head, options.heads)
    targets = read_scan_targets(session, options, entry)
    is_long = any(DrawOptions().kept_weight(target.sequence_map.n_positions) for target in targets)
    if window or (is_long and options.which == "received"):  # which a scan knows: there is no whole map
        scans = submit_scans(session, targets, entry, head=head_id, window=window, quiet=options.quiet)
        futures: tuple[Future[Any], ...] = tuple(scans.values())
        label = f"{entry.name} {head_id.label} on {', '.join(target.chain.label for target in targets)}"

        def collect() -> list[tuple[Target, _Sums]]:
            items = collect_scans(targets, scans, session.viewer.warn)
            return [
                (one.target, one.scan.received[head_id.place] if one.scan else one.error) for one in items
            ]
    else:
        request = ask_head(session, targets, entry, head_id, DrawOptions(), quiet=options.quiet)
        futures, label = tuple(request.futures.values()), request.label

        def collect() -> list[tuple[Target, _Sums]]:
            return list(zip(request.targets, request.weights(), strict=True))

    def finish() -> list[ColoredChain]:
        found = collect()
        again = read_chains_again(session.viewer, [target.chain for target, _ in found])
        done = [_sum_up(target, chain, sums) for (target, sums), chain in zip(found, again, strict=True)]
        job.leave_out((item.chain.label, item.error) for item in done)
        return _color_all(session, entry, done, options)

    job = Job(label, finish)
    return session.start(job, futures)


def _sum_up(target: Target, chain: Chain | StructureError, sums: _Sums) -> ColoredChain:
    """The profile of a chain as it is now, of what it receives or of its whole map."""
    if sums is None or isinstance(sums, ProvisError):
        return ColoredChain(target.chain, error=sums)
    if isinstance(sums, Arcs):
        return ColoredChain(target.chain, error=_too_long(target.chain))
    if isinstance(chain, StructureError):
        return ColoredChain(target.chain, error=chain)
    received, weights = (sums, None) if sums.ndim == 1 else (None, sums)
    return ColoredChain(chain, compute_profile(received, weights, target.sequence_map, chain.n_residues))


def _color_all(
    session: Session[Viewer], entry: ModelEntry, done: list[ColoredChain], options: ProfileOptions
) -> list[ColoredChain]:
    which, palette, colored = options.which, options.palette, []
    values = [getattr(item.profile, which) for item in done if item.profile is not None]
    high = max(float(np.nanmax(one, initial=0.0)) for one in values)
    for item in done:
        if item.profile is None:
            colored.append(item)
            continue
        rgb = compute_profile_colors(getattr(item.profile, which), palette, high)
        both = {"received": item.profile.received, "given": item.profile.given}
        names = tuple(session.viewer.color_residues(item.chain, rgb, both))
        colored.append(ColoredChain(item.chain, item.profile, names))
    if note := describe_status_note(entry):
        session.viewer.write(f" ProVis: {note}")
    for line in [] if options.quiet else _describe(colored, which, palette, high):
        session.viewer.write(line)
    return colored


def _describe(items: list[ColoredChain], which: str, palette: str, high: float) -> list[str]:
    lines = []
    for item in items:
        if item.profile is None:
            continue
        values = getattr(item.profile, which)
        order = np.argsort(np.where(np.isfinite(values), -values, np.inf), kind="stable")[:_N_NAMED]
        top = ", ".join(f"{item.chain.residue_label(k)} {values[k]:.2f}" for k in order.tolist())
        named = " ".join(item.names)
        lines.append(f" ProVis: {item.chain.label} coloured by attention {which} ({named}); most: {top}")
    return [*lines, f"   colours: {palette}, 0 to {high:.2f}"]


def _too_long(chain: Chain) -> InputError:
    return InputError(
        f"Of {chain.label} ({chain.n_residues} residues) only strong pairs are kept",
        "The whole attention map is needed to know what residues give",
        "Choose «which=received», or a shorter chain",
    )
