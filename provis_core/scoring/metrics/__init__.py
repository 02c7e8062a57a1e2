"""Numbers that say what a head does. One file per metric; a file that defines ``METRIC`` is registered by
being here. Files that begin with an underscore are helpers. Listing them needs no torch.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil

from ...errors import InputError
from ._metric import PairMetric, RowMetric

__all__ = ["PairMetric", "RowMetric", "find_metric", "known_metrics"]


@functools.cache
def known_metrics() -> tuple[RowMetric | PairMetric, ...]:
    """All metrics, by name.

    Returns
    -------
    tuple of RowMetric or PairMetric
    """
    names = sorted(
        module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
    )
    found = [importlib.import_module(f"{__name__}.{name}").METRIC for name in names]
    return tuple(sorted(found, key=lambda metric: metric.name))


def find_metric(name: str) -> RowMetric | PairMetric:
    """Find a metric by its name, in any case.

    Raises
    ------
    InputError
        If there is none; a near name is suggested.
    """
    known = {metric.name: metric for metric in known_metrics()}
    if name.strip().lower() in known:
        return known[name.strip().lower()]
    near = difflib.get_close_matches(name.strip().lower(), known, n=1, cutoff=0.4)
    raise InputError(
        f"The metric is {name!r}",
        f"One of {', '.join(known)} is needed",
        f"Did you mean {(near or list(known))[0]}?",
    )
