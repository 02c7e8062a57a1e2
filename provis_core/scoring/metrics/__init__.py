"""Numbers that say what a head does. One file per metric; a file that defines ``METRIC`` is registered by
being here: a scan or the panel computes it, and the panel offers it under its label. Files that begin with an
underscore are helpers. Listing them needs no torch.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from ...errors import InputError, near_name
from ._metric import HeadValues, Metric, PairMetric, RowMetric, ScoreMetric

__all__ = [
    "HeadValues",
    "Metric",
    "PairMetric",
    "RowMetric",
    "ScoreMetric",
    "find_scanned_metric",
    "known_metrics",
    "scanned_metrics",
]


@functools.cache
def known_metrics() -> tuple[Metric, ...]:
    """All metrics, by name.

    Returns
    -------
    tuple of RowMetric, PairMetric or ScoreMetric
    """
    names = sorted(
        module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
    )
    found = [importlib.import_module(f"{__name__}.{name}").METRIC for name in names]
    return tuple(sorted(found, key=lambda metric: metric.name))


def scanned_metrics() -> tuple[RowMetric | PairMetric, ...]:
    """Return those that the scan of a model adds up, by name."""
    return tuple(one for one in known_metrics() if not isinstance(one, ScoreMetric))


def find_scanned_metric(name: str) -> RowMetric | PairMetric:
    """Find a metric that a scan adds up by its name, in any case.

    Raises
    ------
    InputError
        If there is none; a near name is suggested.
    """
    known = {one.name: one for one in scanned_metrics()}
    if name.strip().lower() in known:
        return known[name.strip().lower()]
    near = near_name(name, known)
    raise InputError(
        f"The metric is {name!r}",
        f"One of {', '.join(known)} is needed",
        f"Did you mean {near}?" if near else f"Try {next(iter(known))}",
    )
