"""A property of the residues of the chains of a command: asked in one way, found in one way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..annotations.annotators import annotate_members, compute_annotations, find_annotator, name_property
from ..annotations.annotators.per_residue import compute_membership
from ..errors import InputError, ProvisError
from ..structures.files.sources import find_source_file
from ..structures.files.text import load_structure_text
from ..structures.linking import LINKER, join_chains
from ..structures.subject import Subject
from ..system.given_files import find_path
from ..viewers.viewer import Reader
from .targets import Target, find_inside

__all__ = ["Found", "Property", "place_subject", "read_target_subject", "read_target_subjects"]


@dataclass(frozen=True, eq=False)
class Found:
    """What is known about one chain, or several linked ones.

    Attributes
    ----------
    target : Target
    subject : Subject
        The chain as it was read.
    annotations : tuple of Annotation
        The broadest first; empty where there is none.
    error : ProvisError or None
        Why there is none.
    """

    target: Target
    subject: Subject
    annotations: tuple[Annotation, ...] = ()
    error: ProvisError | None = None

    def split(self) -> list[Found]:
        """Take linked chains apart; those about which nothing is known are left out."""
        if not self.subject.members:
            return [self]
        ends = np.cumsum([one.chain.n_residues for one in self.subject.members])
        inside = np.split(self.target.selected.inside, ends[:-1])
        split = []
        for k, member in enumerate(self.subject.members):
            rows = slice(int(ends[k]) - member.chain.n_residues, int(ends[k]))
            known = tuple(
                replace(item, values=item.values[rows], valid=item.valid[rows]) for item in self.annotations
            )
            selected = replace(self.target.selected, chain=member.chain, inside=inside[k])
            if any(item.valid.any() for item in known):
                split.append(Found(replace(self.target, selected=selected), member, known, self.error))
        return split


@dataclass(frozen=True)
class Property:
    """What is asked about residues, in the words of the user.

    Attributes
    ----------
    by : str
        As in `compute_annotations`; a kind of partner alone (``ligand``) is ``site:ligand``. Empty where
        residues that somebody chose are the property.
    site : str
        A selection in the viewer's language that is the property, where `by` is empty.
    file : str
        The file of the annotator, or, where it asks for none, the structure file that the chain is of.
    options : mapping of str to object
        Of the annotator.
    residues : tuple of int
        Residue indices of one chain that are the property, where `by` and `site` are empty.
    """

    by: str = ""
    site: str = ""
    file: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    residues: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The full name of the annotation; empty where residues were chosen."""
        return name_property(self.by)

    def check(self) -> None:
        """Raise `InputError` unless one property is named, and there is such a one."""
        given = {**({"by": self.by} if self.by else {}), **({"file": self.file} if self.file else {})}
        others = {**given, **self.options}
        if self.site and others:
            raise InputError(
                f"«site={self.site}» together with {', '.join(f'«{k}={v}»' for k, v in others.items())}",
                "A selection is the property itself: there is nothing else to choose",
                "Leave out «site=», or the others",
            )
        if self.by:
            find_annotator(self.name)

    def find(self, viewer: Reader, targets: Sequence[Target]) -> list[Found]:
        """Find the property of each chain, as it is now.

        Parameters
        ----------
        viewer : Reader
        targets : sequence of Target

        Returns
        -------
        list of Found
            One per target, in order, aligned to its chain. Of linked chains it can be told if it can be told
            of one of them. Separations in the sequence count positions that the model sees.

        Raises
        ------
        ProvisError
            If it can be told of no target, a chain is gone, or the selection is not usable.
        """
        if self.site:
            chosen = viewer.read_chains(self.site)
            return [
                Found(target, _know_chain(target), (self._mark(target, find_inside(target.chain, chosen)),))
                for target in targets
            ]
        known = read_target_subjects(viewer, targets) if self._needs_atoms else [*map(_know_chain, targets)]
        found: list[Found] = []
        for target, subject in zip(targets, known, strict=True):
            try:
                found.append(Found(target, subject, self.compute(subject)))
            except ProvisError as error:
                found.append(Found(target, subject, error=error))
        if found[0].error is not None and not any(one.annotations for one in found):
            raise found[0].error
        return found

    def compute(self, subject: Subject) -> tuple[Annotation, ...]:
        """Compute the property of a chain that was read; any thread may do that.

        Parameters
        ----------
        subject : Subject

        Returns
        -------
        tuple of Annotation
            The broadest first.

        Raises
        ------
        ProvisError
            If it cannot be told.
        """
        chain, options = subject.chain, dict(self.options)
        if not self.by:
            if not self.residues:
                raise InputError(
                    f"No residue of {chain.label} is selected",
                    "The residues of the site must be selected in the viewer",
                    "Select them, then choose this source again",
                )
            where = f"selection in {chain.object_name}"
            return (compute_membership(chain, self.residues, name="site:selection", source=where),)
        if self.name.lower().startswith("site:chain"):
            options.setdefault("kinds", "chain")
        if not self.file:
            return compute_annotations(self.name, subject, **options)
        if "file" in find_annotator(self.name).defaults:
            return compute_annotations(self.name, subject, **options, file=self.file)

        def read_file(one: Subject) -> tuple[Annotation, ...]:
            return compute_annotations(self.name, _add_file(one, self.file), **options)

        return annotate_members(subject, read_file) if subject.members else read_file(subject)

    @property
    def _needs_atoms(self) -> bool:
        """Whether more is needed than the CA atoms of a chain."""
        return find_annotator(self.name).name != "contact" or self.options.get("atom", "CA") != "CA"

    def _mark(self, target: Target, inside: npt.NDArray[np.bool_]) -> Annotation:
        residues = np.flatnonzero(inside).tolist()
        return compute_membership(target.chain, residues, name="selection", source=f"selection {self.site}")


def read_target_subject(viewer: Reader, target: Target) -> Subject:
    """As `read_part_subjects`, for one chain or several linked ones."""
    return read_target_subjects(viewer, [target])[0]


def read_target_subjects(viewer: Reader, targets: Sequence[Target]) -> list[Subject]:
    """Read what annotations can be made of.

    Parameters
    ----------
    viewer : Reader
    targets : sequence of Target

    Returns
    -------
    list of Subject
        One per target, with the chains as they are now; of linked chains each member is read. Separations in
        the sequence count positions that the model sees (`place_subject`).

    Raises
    ------
    StructureError
        If a chain is gone, or has other residues than it had.
    """
    found = iter(viewer.read_subjects([chain for target in targets for chain in target.chain.singles]))
    subjects = []
    for target in targets:
        own = tuple(next(found) for _ in target.chain.singles)
        is_linked = bool(target.chain.members)
        subject = Subject(join_chains([one.chain for one in own]), members=own) if is_linked else own[0]
        subjects.append(place_subject(subject, target))
    return subjects


def place_subject(subject: Subject, target: Target) -> Subject:
    """Let separations in the sequence count what the model sees, and gaps in it, if it sees every residue."""
    n_residues = target.chain.n_residues
    if not target.sequence_map.n_left_out:
        return replace(subject, positions=target.sequence_map.places_of(n_residues))
    if target.chain.members:  # chains are as far from each other as linkers put them
        places = np.repeat(
            np.arange(len(target.chain.members)), [one.n_residues for one in target.chain.members]
        )
        return replace(subject, positions=np.arange(n_residues) + len(LINKER) * places)
    return subject


def _know_chain(target: Target) -> Subject:
    """What needs no reading."""
    return place_subject(Subject(target.chain, members=tuple(map(Subject, target.chain.members))), target)


def _add_file(subject: Subject, file: str) -> Subject:
    """Add what a structure file says that the viewer could not find by itself.

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
