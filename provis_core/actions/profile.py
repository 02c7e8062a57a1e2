"""The use case behind ``provis_profile``: residues coloured by the attention that they receive or give."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..attention.arcs import Arcs
from ..attention.profile import Profile, compute_profile
from ..checkpoints.catalogue import describe_status_note
from ..checkpoints.registry import ModelEntry
from ..commands.declaration import Command, option
from ..errors import InputError, ProvisError, StructureError
from ..scenes.colors import check_palette, compute_colors, palette_names
from ..scenes.draw_options import DrawOptions
from ..session.session import Session
from ..structures.chain import Chain
from ..system.jobs import Job
from ..targets.scope import Scope
from ..targets.targets import Target, read_chains_again
from ..viewers.viewer import Viewer
from ._asking import Asker, HeadPlace, Waiting, finish
from .attention import ask_head
from .head_request import choose_head
from .scans import collect_scans, read_scan_targets, submit_scans

__all__ = [
    "COMMAND",
    "PROFILES",
    "PROFILE_PALETTE",
    "ColoredChain",
    "ProfileOptions",
    "check_profile",
    "check_windowed_profile",
    "color_by_profile",
    "compute_profile_colors",
]

PROFILES: Final = ("received", "given")
"""Column sums and row sums of the map of a head."""

PROFILE_PALETTE: Final = "viridis"
"""From 0 to the largest value."""

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


def check_profile(which: str) -> None:
    """Raise `InputError` unless it is one of `PROFILES`."""
    if which not in PROFILES:
        raise InputError(
            f"«which={which}»", f"One of {', '.join(PROFILES)} is needed", "Try «which=received»"
        )


def check_windowed_profile(which: str, window: int) -> None:
    """Raise `InputError` where it is not known in windows."""
    if window and which == "given":
        raise InputError(
            f"«which={which}» together with «window={window}»",
            "In windows it is known what residues receive, not what they give",
            "Choose received",
        )


def compute_profile_colors(
    values: npt.NDArray[np.float64], palette: str, high: float
) -> npt.NDArray[np.float32]:
    """Colours from 0 to `high`, shape (n_residues, 3); NaN where the value is NaN."""
    rgb = np.full((len(values), 3), np.nan, dtype=np.float32)
    known = np.isfinite(values)
    rgb[known] = compute_colors(values[known].astype(np.float32), palette, 0.0, high or 1.0)
    return rgb


@dataclass(frozen=True)
class ProfileOptions(HeadPlace, Scope, Waiting):
    """Which head of which chains, and what the colours say."""

    which: str = option(
        "received",
        "from all residues, or to all residues; of what a residue gives, the rest to 1 goes to special "
        "tokens",
        values=PROFILES,
    )
    palette: str = option(PROFILE_PALETTE, "colours from 0 to the largest value", values=palette_names)

    def check(self) -> None:
        """Raise `InputError` unless what needs no chain can be used."""
        super().check()
        check_profile(self.which)
        check_palette(self.palette)
        check_windowed_profile(self.which, self.window)


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
        names = tuple(session.viewer.color_residues(item.chain, rgb))
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


def _color_profile(app: Asker, options: ProfileOptions) -> Any:
    return finish(app, color_by_profile(app.session, options), options)


COMMAND: Final = Command(
    "profile",
    "colours residues by their attention",
    ProfileOptions,
    run=_color_profile,
    about="colours the residues of each chain that the selection touches by the attention that they "
    "receive, or "
    "give, in one head: the sums over the columns, or the rows, of its map. «clear» gives the structure back "
    "its own colours.",
    places=(
        *(
            "selection",
            "layer",
            "head",
            "model",
            "which",
            "palette",
            "gaps",
            "seqres",
            "link",
            "wait",
            "quiet",
        ),
        "window",
    ),
    examples=(
        "«profile chain A, layer=12, head=4»",
        "«profile chain A, 12, 4, which=given, palette=cividis»",
        "«clear *_profile»",
    ),
    notes="Windows are for «which=received» alone.",
    see_also=("attn", "panel", "clear"),
)
