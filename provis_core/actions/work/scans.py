"""The use case behind everything that looks at all heads: scan the chains of a selection.

One request goes out per distinct sequence, so identical chains are run once, and what was scanned before is
read from the results on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...attention.head_id import Head, HeadSet
from ...attention.head_scan import HeadScan
from ...checkpoints.registry import ModelEntry
from ...errors import CacheError, ProvisError
from ...scoring.metrics import scanned_metrics
from ...session.session import Session
from ...system.jobs import outcome
from ...targets.scope import Scope
from ...targets.targets import Target
from ...viewers.viewer import Program
from ...worker.tasks.scan import ScanRequest, ScanResult
from .report import describe_long_chains

if TYPE_CHECKING:
    from ...worker.host.interface import Callbacks

__all__ = [
    "ScannedChain",
    "collect_scans",
    "read_scan_targets",
    "submit_scans",
]


@dataclass(frozen=True, eq=False)
class ScannedChain:
    """One chain of a command with all heads of the model on its sequence.

    Attributes
    ----------
    target : Target
    scan : HeadScan or None
        Shared by chains of one sequence; None where it failed.
    result : ScanResult or None
        What the worker said about it: time, device, whether it had been there.
    error : ProvisError or None
        Why there is no scan.
    """

    target: Target
    scan: HeadScan | None = None
    result: ScanResult | None = None
    error: ProvisError | None = None


def read_scan_targets(session: Session[Program], scope: Scope, entry: ModelEntry) -> list[Target]:
    """Read the chains of a selection; what was left out, or is long for the model, is warned of.

    Parameters
    ----------
    session : Session
    scope : Scope
    entry : ModelEntry
        That of the scope.

    Returns
    -------
    list of Target
        At least one.

    Raises
    ------
    ProvisError
        If the selection is not understood or holds no chain that can be read.
    """
    session.expect_work(entry)  # the worker starts while the viewer reads
    targets, skipped = scope.read(session.viewer)
    for line in (*map(str, skipped), *describe_long_chains(entry, targets)):
        session.viewer.warn(line)
    for line in scope.describe_unknown(targets):
        session.warn_once(line)
    return targets


def submit_scans(
    session: Session[Program],
    targets: Iterable[Target],
    entry: ModelEntry,
    *,
    head: Head | None = None,
    window: int = 0,
    quiet: bool = True,
    callbacks: Callbacks | None = None,
) -> dict[str, Future[ScanResult]]:
    """Ask the worker for one scan per distinct sequence.

    Parameters
    ----------
    session : Session
    targets : iterable of Target
    entry : ModelEntry
    head : HeadId or HeadSet, optional
        What the scans are wanted for: of a set its mean is scanned as if it were a head, else all heads are.
    window : int
        Residues that the model sees at a time; 0 for the whole chain.
    quiet : bool
        Leave out progress; warnings are shown all the same.
    callbacks : Callbacks, optional
        What the requests call back; by default the user is told, as `quiet` says.

    Returns
    -------
    dict of str to Future
        By sequence, in the order of the targets.
    """
    worker, futures = session.worker, {}
    several = head if isinstance(head, HeadSet) else None
    metrics = tuple(metric.name for metric in scanned_metrics())  # one set, so one file on disk
    for sequence in dict.fromkeys(target.sequence_map.sequence for target in targets):
        request = ScanRequest(
            sequence,
            str(entry.folder),
            entry.name,
            metrics,
            window=window,
            heads=several.heads if several is not None else (),
            weights=several.weights if several is not None else (),
            device=session.settings.text("device"),
        )
        futures[sequence] = worker.submit(request, **(callbacks or session.callbacks(quiet=quiet)))
    return futures


def collect_scans(
    targets: Sequence[Target], futures: Mapping[str, Future[ScanResult]], warn: Callable[[str], object]
) -> list[ScannedChain]:
    """Read the scans once they are there.

    Parameters
    ----------
    targets : sequence of Target
    futures : mapping of str to Future
        Of `submit_scans`; all done.
    warn : callable
        Takes what the user must read: how a scan that was there before was made.

    Returns
    -------
    list of ScannedChain
        One per target, in order; those that failed have their error.
    """
    scans: dict[str, tuple[HeadScan | None, ScanResult | None, ProvisError | None]] = {}
    for sequence, future in futures.items():
        scans[sequence] = _read(future)
        scan, result, _ = scans[sequence]
        if scan is not None and result is not None and result.cached:  # the worker has said it where it ran
            for note in scan.notes:
                warn(note)
    return [ScannedChain(target, *scans[target.sequence_map.sequence]) for target in targets]


def _read(future: Future[ScanResult]) -> tuple[HeadScan | None, ScanResult | None, ProvisError | None]:
    found: ScanResult | ProvisError = outcome(future)
    if isinstance(found, ProvisError):
        return None, None, found
    try:
        return found.load(), found, None
    except CacheError as error:
        return None, found, error
