"""The use case behind everything that looks at all heads: scan the chains of a selection.

One request goes out per distinct sequence, so identical chains are run once, and what was scanned before is
read from the results on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..attention.head_scan import HeadScan
from ..checkpoints.registry import ModelEntry
from ..errors import CacheError, ProvisError
from ..scenes.draw_options import check_window
from ..session.session import Session
from ..system.jobs import Job, outcome
from ..targets.targets import Part
from ..viewers.viewer import Program
from ..worker.tasks.scan import ScanRequest, ScanResult
from .report import describe_long_chains

if TYPE_CHECKING:
    from ..worker.host.interface import Callbacks

__all__ = [
    "SCAN_METRICS",
    "ScannedChain",
    "collect_scans",
    "read_scan_parts",
    "scan_chains",
    "scan_part",
    "submit_scans",
]

SCAN_METRICS: Final = ("entropy", "separation", "special_tokens")
"""What every scan brings beside arcs, attention received and ranked pairs; one set, so one file on disk."""


@dataclass(frozen=True, eq=False)
class ScannedChain:
    """One chain of a command with all heads of the model on its sequence.

    Attributes
    ----------
    part : Part
    scan : HeadScan or None
        Shared by chains of one sequence; None where it failed.
    result : ScanResult or None
        What the worker said about it: time, device, whether it had been there.
    error : ProvisError or None
        Why there is no scan.
    """

    part: Part
    scan: HeadScan | None = None
    result: ScanResult | None = None
    error: ProvisError | None = None


def scan_chains(
    session: Session[Program],
    selection: str = "",
    model: str = "",
    *,
    window: int = 0,
    gaps: str = "auto",
    seqres: str = "",
    link: bool = False,
    quiet: bool = True,
) -> Job:
    """Compute all heads of a model on every chain of a selection.

    Parameters
    ----------
    session : Session
    selection : str
        In the viewer's language; empty for all enabled objects.
    model : str
        Name or folder; empty for the kept default.
    window : int
        Residues that the model sees at a time, for chains beyond its hard limit; 0 for the whole chain.
    gaps, seqres, link
        What the model sees; see `provis_core.targets.targets.make_parts`.
    quiet : bool
        Leave out progress; warnings are shown all the same.

    Returns
    -------
    Job
        Its value is a list of `ScannedChain`, one per chain. The call returns before the work is done. The
        job fails where every chain does; else a chain that fails is warned of.

    Raises
    ------
    ProvisError
        If nothing can be scanned; nothing has been started then.
    """
    check_window(window)
    entry = session.find_model(model)
    parts = read_scan_parts(session, selection, entry, gaps=gaps, seqres=seqres, link=link)
    futures = submit_scans(session, parts, entry, window=window, quiet=quiet)
    label = f"all heads of {entry.name} on {', '.join(part.chain.label for part in parts)}"

    def finish() -> list[ScannedChain]:
        return collect_scans(parts, futures, session.viewer.warn)

    return session.start(Job(label, finish), tuple(futures.values()))


def scan_part(
    session: Session[Program], part: Part, entry: ModelEntry, *, window: int = 0, quiet: bool = True
) -> Job:
    """Compute all heads of a model on one chain that was read already.

    Parameters
    ----------
    session : Session
    part : Part
    entry : ModelEntry
    window, quiet
        As in `scan_chains`.

    Returns
    -------
    Job
        Its value is a `ScannedChain` with a scan; it fails where the chain does.

    Raises
    ------
    InputError
        If the window is not usable.
    """
    check_window(window)
    futures = submit_scans(session, [part], entry, window=window, quiet=quiet)

    def finish() -> ScannedChain:
        return collect_scans([part], futures, session.viewer.warn)[0]

    label = f"all heads of {entry.name} on {part.chain.label}"
    return session.start(Job(label, finish), tuple(futures.values()))


def read_scan_parts(
    session: Session[Program],
    selection: str,
    entry: ModelEntry,
    *,
    gaps: str = "auto",
    seqres: str = "",
    link: bool = False,
) -> list[Part]:
    """The chains of a selection; what was left out, or is long for the model, is warned of.

    Parameters
    ----------
    session : Session
    selection : str
    entry : ModelEntry
    gaps, seqres, link
        As in `scan_chains`.

    Returns
    -------
    list of Part
        At least one.

    Raises
    ------
    ProvisError
        If the selection is not understood or holds no chain that can be read.
    """
    parts, skipped = session.read_parts(selection, gaps, seqres, link)
    for line in (*map(str, skipped), *describe_long_chains(entry, parts)):
        session.viewer.warn(line)
    return parts


def submit_scans(
    session: Session[Program],
    parts: Iterable[Part],
    entry: ModelEntry,
    *,
    window: int = 0,
    quiet: bool = True,
    callbacks: Callbacks | None = None,
) -> dict[str, Future[ScanResult]]:
    """Ask the worker for one scan per distinct sequence.

    Parameters
    ----------
    session : Session
    parts : iterable of Part
    entry : ModelEntry
    window, quiet
        As in `scan_chains`.
    callbacks : Callbacks, optional
        What the requests call back; by default the user is told, as `quiet` says.

    Returns
    -------
    dict of str to Future
        By sequence, in the order of the parts.
    """
    worker, futures = session.worker, {}
    for sequence in dict.fromkeys(part.sequence_map.sequence for part in parts):
        request = ScanRequest(
            sequence,
            str(entry.folder),
            entry.name,
            SCAN_METRICS,
            window=window,
            device=session.settings.text("device"),
        )
        futures[sequence] = worker.submit(request, **(callbacks or session.callbacks(quiet=quiet)))
    return futures


def collect_scans(
    parts: Sequence[Part], futures: Mapping[str, Future[ScanResult]], warn: Callable[[str], object]
) -> list[ScannedChain]:
    """Read the scans once they are there.

    Parameters
    ----------
    parts : sequence of Part
    futures : mapping of str to Future
        Of `submit_scans`; all done.
    warn : callable
        Takes what the user must read: chains that failed, and how a scan that was there before was made.

    Returns
    -------
    list of ScannedChain
        One per part, in order.

    Raises
    ------
    ProvisError
        If every chain failed.
    """
    scans: dict[str, tuple[HeadScan | None, ScanResult | None, ProvisError | None]] = {}
    for sequence, future in futures.items():
        scans[sequence] = _read(future)
        scan, result, _ = scans[sequence]
        if scan is not None and result is not None and result.cached:  # the worker has said it where it ran
            for note in scan.notes:
                warn(note)
    done = [ScannedChain(part, *scans[part.sequence_map.sequence]) for part in parts]
    errors = [item.error for item in done if item.error is not None]
    if errors and len(errors) == len(done):
        raise errors[0]  # one line for the whole command
    for item in done:
        if item.error is not None:
            warn(f"{item.part.chain.label} was left out: {item.error}")
    return done


def _read(future: Future[ScanResult]) -> tuple[HeadScan | None, ScanResult | None, ProvisError | None]:
    found: ScanResult | ProvisError = outcome(future)
    if isinstance(found, ProvisError):
        return None, None, found
    try:
        return found.load(), found, None
    except CacheError as error:
        return None, found, error
