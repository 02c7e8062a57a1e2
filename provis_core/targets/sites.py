"""The site as the user chooses it in the panel and for a figure, and what else is known of a chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from ..annotations.annotation import Annotation
from ..annotations.annotators import compute_annotations, find_annotator, offered_properties
from ..errors import InputError, ProvisError
from ..scenes.draw_options import DrawOptions
from ..scoring.metrics import ScoreMetric, known_metrics
from ..structures.chain import Chain
from ..structures.subject import Subject
from ..viewers.viewer import Reader
from .properties import Property

__all__ = [
    "SITE_SOURCES",
    "Known",
    "SiteChoice",
    "ask_site",
    "compute_knowledge",
    "compute_sites",
    "name_site_color",
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

Known = tuple[dict[str, Annotation], dict[str, ProvisError], tuple[Annotation, ...]]
"""What can be told by its name, why the rest cannot, and the site: all of its residues, then its parts."""


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

    def __post_init__(self) -> None:
        older = {alias: one.name for one in find_annotator("site").options for alias in one.aliases}
        named = {older.get(name, name): value for name, value in self.options.items()}  # as in older sessions
        object.__setattr__(self, "options", named)

    @property
    def property(self) -> Property:
        """What ``provis_sites`` and ``provis_heads`` are given for it.

        Raises
        ------
        InputError
            If the source is not known.
        """
        options = dict(self.options)
        if self.source == "ligand":
            return Property("site", options=options)
        if self.source == "records":
            return Property("site_record", options=options)
        if self.source == "selection":
            return Property(residues=self.residues)
        if self.source == "file":
            path = str(options.pop("path", ""))
            return Property(_file_kind(path), file=path, options=options)
        known = ", ".join(SITE_SOURCES)
        raise InputError(f"«source={self.source}»", f"One of {known} is needed", "Try ligand")

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


def ask_site(viewer: Reader, chain: Chain, choice: SiteChoice) -> dict[str, Any]:
    """Return the options of a command that find a site: ``by``, ``site``, ``file`` and ``given``."""
    wanted, standard = choice.property, find_annotator("site").defaults
    return {
        "by": wanted.by if wanted.by != "site" else "",
        "site": viewer.name_residues(chain, wanted.residues) if wanted.residues else "",
        "file": wanted.file if choice.source == "file" else "",
        "given": {name: value for name, value in wanted.options.items() if value != standard.get(name)},
    }


def compute_sites(choice: SiteChoice, subject: Subject) -> tuple[Annotation, ...]:
    """Find the residues of a site.

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
    return tuple(item for item in choice.property.compute(subject) if item.kind == "residue")


def name_site_color(options: DrawOptions, choice: SiteChoice) -> DrawOptions:
    """The options of ``provis_attn`` that colour by the chosen site, where ``color_by`` is ``site``.

    For a site of selected residues there are none: they are coloured by ligands there.
    """
    if options.color_by != "site" or choice.source == "selection":
        return options
    chosen = choice.property
    if chosen.by != "site":
        return replace(options, color_by=chosen.by, file=chosen.file)
    return replace(options, distance=float(chosen.options.get("distance", options.distance)))


def _file_kind(path: str) -> str:
    name = Path(path).name.lower().removesuffix(".gz")
    if name.endswith(_STRUCTURES):
        return "site_record"
    return "table" if name.endswith(_TABLES) else "uniprot"


def compute_knowledge(subject: Subject, choice: SiteChoice) -> Known:
    """Find out what the panel and a figure need to know of a chain."""
    found: dict[str, Annotation] = {}
    missing: dict[str, ProvisError] = {}
    sites: tuple[Annotation, ...] = ()
    needed = [metric.needs for metric in known_metrics() if isinstance(metric, ScoreMetric) and metric.needs]
    for name in dict.fromkeys((*offered_properties(), *needed)):
        if name == "site":
            continue
        try:
            found[name] = compute_annotations(name, subject)[0]
        except ProvisError as error:
            missing[name] = error
    try:
        sites = compute_sites(choice, subject)
    except ProvisError as error:
        missing["site"] = error
    return found, missing, sites
