"""What a user wants to see of residues, found for the chains of a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ..annotations.annotation import Annotation
from ..annotations.annotators import compute_annotations, find_annotator
from ..annotations.annotators.binding_sites import PARTNER_KINDS
from ..annotations.annotators.per_residue import compute_membership
from ..errors import InputError, ProvisError
from ..structures.files.sources import find_source_file
from ..structures.files.text import load_structure_text
from ..structures.subject import Subject
from ..system.given_files import find_path
from ..viewers.viewer import Reader, SelectedChain
from .targets import Part, find_inside

__all__ = ["KnownProperty", "add_file", "check_property", "find_property"]

_SITE_FEATURES: Final = (
    "active_site",
    "binding_site",
    "calcium_binding",
    "metal_binding",
    "nucleotide_binding",
    "dna_binding",
    "zinc_finger",
    "site",
    "motif",
    "ptm",
)
"""UniProt features that are shown unless one is named; others may take the whole chain."""


@dataclass(frozen=True, eq=False)
class KnownProperty:
    """What is known about one chain.

    Attributes
    ----------
    part : Part
    subject : Subject
    annotations : tuple of Annotation
        The broadest first.
    notes : tuple of str
        Sentences beside those of the annotations.
    """

    part: Part
    subject: Subject
    annotations: tuple[Annotation, ...]
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> list[Annotation]:
        """The annotations that have a colour each: the parts of the broadest, or itself."""
        depth = min(item.name.count(":") for item in self.annotations)
        tops = [item for item in self.annotations if item.name.count(":") == depth]
        if len(tops) > 1:
            return tops
        parts = [
            item
            for item in self.annotations
            if item.name.count(":") == depth + 1 and item.name.startswith(f"{tops[0].name}:")
        ]
        return parts or tops


def check_property(by: str, site: str, given: Mapping[str, Any]) -> str:
    """The full name of a property.

    Parameters
    ----------
    by : str
        As the user names it: ``ligand`` is ``site:ligand``; empty for ``site``.
    site : str
        A selection that is the property; empty for `by`.
    given : mapping
        Options of the annotator.

    Returns
    -------
    str
        Empty where a selection is the property.

    Raises
    ------
    InputError
        If there is no such property of residues, or more than one is named.
    """
    if site:
        if by or given:
            others = ", ".join(
                [f"«by={by}»"] * bool(by) + [f"«{name}={value}»" for name, value in given.items()]
            )
            raise InputError(
                f"«site={site}» together with {others}",
                "A selection is the property itself: there is nothing else to choose",
                "Leave out «site=», or the others",
            )
        return ""
    by = by.strip() or "site"
    if by.split(":")[0].lower() in PARTNER_KINDS:
        by = f"site:{by}"
    annotator = find_annotator(by)
    if annotator.name == "contact":
        raise InputError(f"«by={by}»", "A property of residues is needed", "Show contacts with «contacts»")
    if by.lower() == "amino_acid":
        raise InputError(
            "«by=amino_acid»",
            "An amino acid or a class is needed",
            "Try «by=amino_acid:K» or «by=amino_acid:charged»",
        )
    return by


def find_property(
    viewer: Reader, parts: Sequence[Part], by: str, site: str, given: Mapping[str, Any]
) -> tuple[list[KnownProperty], list[ProvisError]]:
    """What is known about some chains.

    Parameters
    ----------
    viewer : Reader
    parts : sequence of Part
    by : str
        As `check_property` gave it.
    site : str
        A selection in the viewer's language, where `by` is empty.
    given : mapping of str to object
        Options of the annotator. A ``file`` that it does not ask for is the structure file.

    Returns
    -------
    found : list of KnownProperty
    problems : list of ProvisError
        Why other chains were left out.

    Raises
    ------
    ProvisError
        If a chain is gone, or the selection is not usable.
    """
    chains = [part.chain for part in parts]
    chosen = viewer.read_chains(site) if site else []
    subjects = [Subject(chain) for chain in chains] if site else viewer.read_subjects(chains)
    found: list[KnownProperty] = []
    problems: list[ProvisError] = []
    for part, subject in zip(parts, subjects, strict=True):
        try:
            found.append(_annotate(part, subject, by, dict(given), chosen, site))
        except ProvisError as error:
            problems.append(error)
    return found, problems


def _annotate(
    part: Part,
    subject: Subject,
    by: str,
    given: dict[str, Any],
    chosen: Sequence[SelectedChain],
    site: str,
) -> KnownProperty:
    if not by:
        chain = subject.chain
        inside = find_inside(chain, chosen)
        found = compute_membership(chain, np.flatnonzero(inside).tolist(), name="selection", source=site)
        return KnownProperty(part, subject, (found,))
    if "file" in given and "file" not in find_annotator(by).defaults:
        subject = add_file(subject, given.pop("file"))
    if by.lower().startswith("site:chain") and "kinds" not in given:
        given = {**given, "kinds": "chain"}
    annotations = compute_annotations(by, subject, **given)
    if by.lower() != "uniprot":
        return KnownProperty(part, subject, annotations)
    kept = tuple(item for item in annotations if item.name.split(":")[1] in _SITE_FEATURES)
    left_out = [item.name for item in annotations if item not in kept]
    note = f"Not shown unless named («by=»): {', '.join(left_out)}"
    return KnownProperty(part, subject, kept or annotations, (note,) if kept and left_out else ())


def add_file(subject: Subject, file: str) -> Subject:
    """The subject with what a structure file says that the viewer could not find by itself.

    Raises
    ------
    InputError
        If the file cannot be read, or is of another structure.
    """
    path = find_path(file, "«file=»")
    load_structure_text(path)  # says what is wrong with it
    found = find_source_file(subject.chain, [path])
    if found is None:
        raise InputError(
            f"{path.name} does not have the residues of {subject.chain.label}",
            "The structure file that the chain was loaded from is needed",
            "Give another «file=», or leave it out",
        )
    return replace(subject, path=found[0], records=found[1])
