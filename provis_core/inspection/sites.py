"""Binding sites as the user chooses them, and how much attention their residues receive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.head_id import HeadId
from ..scoring.head_scores import HeadScores
from ..structures.chain import Chain

__all__ = [
    "SiteRow",
    "SiteSummary",
    "make_site_rows",
    "summarize_site",
]


@dataclass(frozen=True)
class SiteRow:
    """One residue of a site.

    Attributes
    ----------
    residue : int
        Residue index.
    label : str
        Like ``A/ASP25``.
    received : float
        Attention that it receives in the head.
    enrichment : float
        `received` over the mean of all residues.
    p_value : float
        Share of the chain's residues that receive as much or more, itself among them.
    names : tuple of str
        Parts of the site that it belongs to, like ``ligand:478``.
    """

    residue: int
    label: str
    received: float
    enrichment: float
    p_value: float
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class SiteSummary:
    """One head and the site as a whole; see `HeadScores` for what the numbers are.

    Attributes
    ----------
    n_arcs : int
    share, background, enrichment : float
        Share of the arcs that end in the site, share of the residues that are of it, and their ratio.
    low, high, p_value, p_max : float
        95 % of the shares under circular shifts of the site along the chain; how often a shift gives as much,
        and that corrected for all heads ("p all"). NaN for a head with few arcs.
    is_few, is_sink : bool
        Too few arcs to be tested; most of them end where everybody attends to.
    """

    n_arcs: int
    share: float
    background: float
    enrichment: float
    low: float
    high: float
    p_value: float
    p_max: float
    is_few: bool
    is_sink: bool


def summarize_site(table: HeadScores, head: HeadId) -> SiteSummary:
    """One head out of the scores of all."""
    return SiteSummary(
        n_arcs=int(table.n_arcs[head]),
        share=float(table.share[head]),
        background=float(table.background),
        enrichment=float(table.enrichment[head]),
        low=float(table.low[head]),
        high=float(table.high[head]),
        p_value=float(table.p[head]),
        p_max=float(table.p_max[head]),
        is_few=bool(table.is_few[head]),
        is_sink=bool(table.is_sink[head]),
    )


def make_site_rows(
    chain: Chain, received: npt.NDArray[np.float64], sites: tuple[Annotation, ...]
) -> tuple[SiteRow, ...]:
    """The residues of a site, by falling attention received.

    Parameters
    ----------
    chain : Chain
    received : numpy.ndarray, shape (n_residues,)
        NaN where it is not known; such residues come last.
    sites : tuple of Annotation
        As from `compute_sites`.

    Returns
    -------
    tuple of SiteRow
    """
    whole, parts = sites[0], sites[1:]
    known = np.sort(received[np.isfinite(received)])
    mean = float(known.mean()) if len(known) else np.nan
    members = {item.name: set(item.residues.tolist()) for item in parts if item.name.count(":") > 1}
    rows = []
    for index in whole.residues.tolist():
        value = float(received[index])
        n_more = len(known) - int(np.searchsorted(known, value, side="left"))
        rows.append(
            SiteRow(
                residue=index,
                label=chain.residue_label(index),
                received=value,
                enrichment=value / mean if mean else np.nan,
                p_value=n_more / len(known) if np.isfinite(value) else np.nan,
                names=tuple(name.split(":", 1)[1] for name, inside in members.items() if index in inside),
            )
        )
    return tuple(sorted(rows, key=lambda row: (np.isnan(row.received), -row.received, row.residue)))
