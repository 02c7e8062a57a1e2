"""Binding sites as the user chooses them, and how much attention their residues receive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..annotations.annotators import annotate_members, compute_annotations
from ..annotations.annotators.per_residue import compute_membership
from ..attention.head_id import HeadId
from ..errors import InputError
from ..scenes.draw_options import DrawOptions
from ..scoring.head_scores import HeadScores
from ..structures.chain import Chain
from ..structures.subject import Subject
from ..targets.known_properties import add_file

__all__ = [
    "SITE_SOURCES",
    "SiteChoice",
    "SiteRow",
    "SiteSummary",
    "compute_sites",
    "make_site_rows",
    "name_site_color",
    "read_site_arguments",
    "summarize_site",
]

SITE_SOURCES: Final[dict[str, str]] = {
    "ligand": "near a ligand, ion, nucleic acid or peptide",
    "records": "SITE records of the file",
    "selection": "the residues that are selected",
    "file": "a file: table, UniProt entry, SITE records",
}
"""What a site can be taken from, with words for the user."""

_TABLES: Final = (".csv", ".tsv", ".tab")
_STRUCTURES: Final = (".pdb", ".ent", ".cif", ".mmcif")


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


@dataclass(frozen=True)
class SiteChoice:
    """What the site is taken from.

    Attributes
    ----------
    source : str
        A key of `SITE_SOURCES`.
    options : mapping of str to object
        Of the annotator; ``path`` for a file.
    residues : tuple of int
        Residue indices, of a selection.
    chain : tuple of str
        Object, segment and chain that a selection or a file is about; empty words for any.
    """

    source: str = "ligand"
    options: Mapping[str, Any] = field(default_factory=dict)
    residues: tuple[int, ...] = ()
    chain: tuple[str, str, str] = ("", "", "")

    def check(self, chain: Chain) -> None:
        """Raise `InputError` unless its residues are of a chain, if it is about that one."""
        wrong = [index for index in self.residues if not 0 <= index < chain.n_residues]
        if wrong and self.fits(chain):
            raise InputError(
                f"The site has residue {wrong[0]} of {chain.label}",
                f"Residue indices below {chain.n_residues} are needed",
                "Choose the site again",
            )

    def fits(self, chain: Chain) -> bool:
        """Whether it can be about a chain."""
        return self.chain in (("", "", ""), (chain.object_name, chain.segment_id, chain.chain_id))


def compute_sites(choice: SiteChoice, subject: Subject) -> tuple[Annotation, ...]:
    """The residues of a site.

    Parameters
    ----------
    choice : SiteChoice
    subject : Subject

    Returns
    -------
    tuple of Annotation
        All residues first, then the parts.

    Raises
    ------
    InputError
        If the source or an option is not usable.
    """
    source, chain, options = choice.source, subject.chain, dict(choice.options)
    if source not in SITE_SOURCES:
        raise InputError(f"source={source}", f"One of {', '.join(SITE_SOURCES)} is needed", "Try ligand")
    if source == "ligand":
        return compute_annotations("site", subject, **options)
    if source == "records":
        return compute_annotations("site_record", subject, **options)
    if source == "selection":
        if not choice.residues:
            raise InputError(
                f"No residue of {chain.label} is selected",
                "The residues of the site must be selected in the viewer",
                "Select them, then choose this source again",
            )
        where = f"selection in {chain.object_name}"
        return (compute_membership(chain, choice.residues, name="site:selection", source=where),)
    path = str(options.pop("path", ""))
    kind = _file_kind(path)
    if kind == "site_record":

        def read_file(one: Subject) -> tuple[Annotation, ...]:
            return compute_annotations(kind, add_file(one, path), **options)

        return annotate_members(subject, read_file) if subject.members else read_file(subject)
    found = compute_annotations(kind, subject, file=path, **options)
    return tuple(item for item in found if item.kind == "residue")


def name_site_color(options: DrawOptions, choice: SiteChoice) -> DrawOptions:
    """The options of ``provis_attn`` that colour by the chosen site, where ``color_by`` is ``site``.

    For a site of selected residues there are none: they are coloured by ligands there.
    """
    if options.color_by != "site" or choice.source == "selection":
        return options
    if choice.source == "records":
        return replace(options, color_by="site_record")
    if choice.source == "file":
        path = str(choice.options.get("path", ""))
        return replace(options, color_by=_file_kind(path), file=path)
    return replace(options, distance=float(choice.options.get("radius", options.distance)))


def read_site_arguments(choice: SiteChoice) -> tuple[str, tuple[int, ...], dict[str, Any]]:
    """A choice as ``provis_sites`` and ``provis_heads`` take it: ``by``, residue indices, options.

    ``by`` is empty for what the structure binds, and for residues.
    """
    given = dict(choice.options)
    if choice.source == "selection":
        return "", choice.residues, {}
    if choice.source == "records":
        return "site_record", (), given
    if choice.source == "file":
        path = str(given.pop("path", ""))
        return _file_kind(path), (), {"file": path, **given}
    return "", (), given


def _file_kind(path: str) -> str:
    name = Path(path).name.lower().removesuffix(".gz")
    if name.endswith(_STRUCTURES):
        return "site_record"
    return "table" if name.endswith(_TABLES) else "uniprot"


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
