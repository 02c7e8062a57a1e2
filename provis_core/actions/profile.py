"""The use case behind ``provis_profile``: residues coloured by the attention that they receive or give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..attention.arcs import Arcs
from ..attention.head_id import Head
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


def color_by_profile(
    session: Session[Viewer],
    scope: Scope,
    layer: int | None = None,
    head: int | None = None,
    which: str = "received",
    palette: str = PROFILE_PALETTE,
    *,
    heads: str = "",
    quiet: bool = True,
) -> Job:
    """Colour the residues of every chain of a selection by the profile of one head.

    Parameters
    ----------
    session : Session
    scope, layer, head, heads
        As in `draw_head`. The whole chain is coloured. In windows, and of chains that are too long for a
        whole map, it is known what residues receive, not what they give.
    which : str
        One of `PROFILES`.
    palette : str
        From 0 to the largest value on these chains.
    quiet : bool
        Leave out the report.

    Returns
    -------
    Job
        Its value is a list of `ColoredChain`. It fails where every chain does.

    Raises
    ------
    ProvisError
        If the command cannot be carried out. Nothing has been changed then.
    """
    check_profile(which)
    check_palette(palette)
    scope.check()
    check_windowed_profile(which, scope.window)
    entry, window = session.find_model(scope.model), scope.window
    head_id = choose_head(entry, layer, head, heads)
    targets = read_scan_targets(session, scope, entry)
    is_long = any(DrawOptions().kept_weight(target.sequence_map.n_positions) for target in targets)
    if window or (is_long and which == "received"):
        return _color_by_scan(session, targets, entry, head_id, palette, window, quiet)
    request = ask_head(session, targets, entry, head_id, DrawOptions(), quiet=quiet)

    def finish() -> list[ColoredChain]:
        done: list[ColoredChain] = []
        again = read_chains_again(session.viewer, [target.chain for target in request.targets])
        for target, chain, weights in zip(request.targets, again, request.weights(), strict=True):
            try:
                if isinstance(weights, ProvisError):
                    raise weights
                if isinstance(weights, Arcs):
                    raise _too_long(target.chain)
                if isinstance(chain, StructureError):
                    raise chain
                profile = compute_profile(None, weights, target.sequence_map, chain.n_residues)
                done.append(ColoredChain(chain, profile))
            except ProvisError as error:
                done.append(ColoredChain(target.chain, error=error))
        job.leave_out((item.chain.label, item.error) for item in done)
        return _color_all(session, entry, done, which, palette, quiet)

    job = Job(request.label, finish)
    return session.start(job, tuple(request.futures.values()))


def _color_by_scan(
    session: Session[Viewer],
    targets: list[Target],
    entry: ModelEntry,
    head: Head,
    palette: str,
    window: int,
    quiet: bool,
) -> Job:
    """Colour by what residues receive, which a scan knows: there is no whole map."""
    futures = submit_scans(session, targets, entry, head=head, window=window, quiet=quiet)

    def finish() -> list[ColoredChain]:
        done: list[ColoredChain] = []
        items = collect_scans(targets, futures, session.viewer.warn)
        again = read_chains_again(session.viewer, [item.target.chain for item in items])
        for item, chain in zip(items, again, strict=True):
            target = item.target
            try:
                if item.scan is None:
                    done.append(ColoredChain(target.chain, error=item.error))
                    continue
                if isinstance(chain, StructureError):
                    raise chain
                received = item.scan.received[head.place]
                profile = compute_profile(received, None, target.sequence_map, chain.n_residues)
                done.append(ColoredChain(chain, profile))
            except ProvisError as error:
                done.append(ColoredChain(target.chain, error=error))
        job.leave_out((item.chain.label, item.error) for item in done)
        return _color_all(session, entry, done, "received", palette, quiet)

    job = Job(f"{entry.name} {head.label} on {', '.join(target.chain.label for target in targets)}", finish)
    return session.start(job, tuple(futures.values()))


def _color_all(
    session: Session[Viewer],
    entry: ModelEntry,
    done: list[ColoredChain],
    which: str,
    palette: str,
    quiet: bool,
) -> list[ColoredChain]:
    values = [getattr(item.profile, which) for item in done if item.profile is not None]
    high = max(float(np.nanmax(one, initial=0.0)) for one in values)
    colored = [_color(session, item, which, palette, high) for item in done]
    if note := describe_status_note(entry):
        session.viewer.write(f" ProVis: {note}")
    for line in [] if quiet else _describe(colored, which, palette, high):
        session.viewer.write(line)
    return colored


def _color(
    session: Session[Viewer], item: ColoredChain, which: str, palette: str, high: float
) -> ColoredChain:
    if item.profile is None:
        return item
    rgb = compute_profile_colors(getattr(item.profile, which), palette, high)
    names = session.viewer.color_residues(item.chain, rgb)
    return ColoredChain(item.chain, item.profile, tuple(names))


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


def _color_profile(app: Asker, options: ProfileOptions) -> Any:
    job = color_by_profile(
        app.session,
        options,
        options.layer,
        options.head,
        options.which,
        options.palette,
        heads=options.heads,
        quiet=options.quiet,
    )
    return finish(app, job, options)


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
