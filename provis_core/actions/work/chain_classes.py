"""The classes of some chains: what the classifiers of a model say of them, beside a baseline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from ...attention.class_logits import ClassLogits
from ...checkpoints.readouts import ReadoutConfig
from ...checkpoints.registry import ModelEntry
from ...errors import ProvisError
from ...exports.tables import Table, format_table
from ...session.session import Session
from ...system.jobs import Job, outcome
from ...targets.scope import Scope
from ...targets.targets import Target
from ...viewers.viewer import Program
from ...worker.tasks.classes import ClassesRequest
from .relevance_request import read_readouts_of
from .scans import read_scan_targets

__all__ = ["ChainClasses", "classify_chains", "describe_classes"]

_N_SHOWN: Final = 50
_COLUMNS: Final = ("target", "logit", "p", "baseline", "baseline_p")


@dataclass(frozen=True, eq=False)
class ChainClasses:
    """What the classifiers of a model say of one chain.

    Attributes
    ----------
    target : Target
    tables : dict of str to Table
        By classifier: the target as «explain» takes it, its logit and probability, and those of the baseline;
        the best first.
    baseline : str
    error : ProvisError or None
    """

    target: Target
    tables: dict[str, Table] = field(default_factory=dict)
    baseline: str = ""
    error: ProvisError | None = None


def classify_chains(
    session: Session[Program], scope: Scope, *, baseline: str = "", quiet: bool = True
) -> Job:
    """Ask all classifiers of a model about the chains of a selection.

    Parameters
    ----------
    session : Session
    scope : Scope
    baseline : str
        Empty for the model's.
    quiet : bool
        Leave out the report.

    Returns
    -------
    Job
        Its value is a list of `ChainClasses`.

    Raises
    ------
    ProvisError
        If the selection or the model cannot be used.
    """
    entry = session.find_model(scope.model)
    readouts = [one for one in read_readouts_of(entry) if one.labels]
    targets = read_scan_targets(session, scope, entry)
    device = session.settings.text("device")
    futures = {
        sequence: session.worker.submit(
            ClassesRequest(sequence, str(entry.folder), entry.name, baseline, device=device),
            **session.callbacks(quiet=quiet),
        )
        for sequence in dict.fromkeys(target.sequence_map.sequence for target in targets)
    }

    def end() -> list[ChainClasses]:
        done = []
        for target in targets:
            found = outcome(futures[target.sequence_map.sequence])
            try:
                if isinstance(found, ProvisError):
                    raise found
                logits = found.load()
            except ProvisError as error:
                done.append(ChainClasses(target, error=error))
                continue
            tables = {one.name: _make_table(one, target, logits, entry) for one in readouts}
            done.append(ChainClasses(target, tables, logits.baseline))
        job.leave_out((one.target.chain.label, one.error) for one in done)
        for one in () if quiet else done:
            for line in describe_classes(one):
                session.viewer.write(session.viewer.dialect.render(f" {line}"))
        return done

    chains = ", ".join(target.chain.label for target in targets)
    job = Job(f"classes of {entry.name} on {chains}", end)
    return session.start(job, tuple(futures.values()))


def _make_table(readout: ReadoutConfig, target: Target, found: ClassLogits, entry: ModelEntry) -> Table:
    logits = found.logits[readout.name].astype(np.float64)
    shares = _make_probabilities(logits, readout.scale)
    names = list(readout.labels)
    if readout.kind == "token":  # each class at the residue where it is most likely
        index = target.sequence_map.residue_index
        seen = np.flatnonzero(index >= 0)
        places = seen[logits[0][seen].argmax(axis=0)]
        ids = target.chain.residue_ids
        names = [
            f"residue:{ids[index[place]].resi}:{name}" for place, name in zip(places, names, strict=True)
        ]
        logits, shares = (part[:, places, np.arange(len(names))] for part in (logits, shares))
    numbers = np.stack([logits, shares], axis=1).reshape(4, -1)
    rows = [
        (names[k], *(float(f"{one:.4g}") if np.isfinite(one) else None for one in numbers[:, k]))
        for k in np.argsort(-logits[0], kind="stable").tolist()
    ]
    about = {
        "model": entry.name, "classifier": readout.name, "chain": target.chain.label,
        "baseline": found.baseline,
    }  # fmt: skip
    return Table(_COLUMNS, rows, about)


def _make_probabilities(logits: npt.NDArray[np.float64], scale: str) -> npt.NDArray[np.float64]:
    """Over the last axis; NaN where logits are no probabilities."""
    if scale == "none":
        return np.full(logits.shape, np.nan)
    if scale == "sigmoid":
        single: npt.NDArray[np.float64] = 1 / (1 + np.exp(-logits))
        return single
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: npt.NDArray[np.float64] = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def describe_classes(one: ChainClasses) -> list[str]:
    """Classes of a chain as lines for the console, the best first."""
    lines = []
    for name, table in one.tables.items():
        lines.append(f"{one.target.chain.label}, classes of {name}, beside the baseline {one.baseline}:")
        part = Table(table.columns, table.rows[:_N_SHOWN])
        lines += [f"  {line}" for line in format_table(part)]
        rest = len(table.rows) - _N_SHOWN
        lines += [f"  and {rest} more"] if rest > 0 else []
    return lines
