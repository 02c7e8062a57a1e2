"""The property that heads are scored on: an annotation by its name, or the residues of a selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..annotations.annotation import Annotation
from ..annotations.annotators import compute_annotations, find_annotator, read_options
from ..annotations.annotators.per_residue import compute_membership
from ..errors import InputError, ProvisError
from ..viewers.viewer import Program, Reader
from .part_annotations import annotate_parts
from .targets import Part, find_inside

__all__ = ["choose_property"]


def choose_property(
    viewer: Program, parts: Sequence[Part], by: str, site: str, options: Mapping[str, Any]
) -> list[tuple[Part, Annotation]]:
    """Find one property of each chain; chains of which it cannot be told are warned of and left out.

    Parameters
    ----------
    viewer : Reader
    parts : sequence of Part
    by : str
        Name of an annotation.
    site : str
        A selection in the viewer's language that is the property instead; empty for `by`.
    options : mapping of str to object
        Of the annotator.

    Returns
    -------
    list of (Part, Annotation)
        At least one.

    Raises
    ------
    ProvisError
        If it can be told of no chain, or the name stands for several properties, of which none has all
        residues of the others.
    """
    found: Sequence[Annotation | None]
    problems: list[ProvisError]
    if site:
        found, problems = _select_residues(viewer, parts, site)
    else:
        _check_within(parts, by, options)
        found, problems = annotate_parts(viewer, parts, by, **options)
    chosen = [(part, item) for part, item in zip(parts, found, strict=True) if item is not None]
    absent = [_refuse_absent(part, item) for part, item in chosen if _is_absent(item)]
    chosen = [(part, item) for part, item in chosen if not _is_absent(item)]
    problems = [*problems, *absent]
    if not chosen:
        raise problems[0]
    if not site:
        for part, item in chosen:
            if item.name.lower() != by.strip().lower():
                _check_only_one(viewer, part, by, options)
    for problem in problems:
        viewer.warn(str(problem))
    return chosen


def _is_absent(annotation: Annotation) -> bool:
    """Whether no residue has the property: all heads would have a share of zero."""
    values = annotation.values
    return annotation.kind == "residue" and values.dtype == np.bool_ and not values.any()


def _refuse_absent(part: Part, annotation: Annotation) -> InputError:
    return InputError(
        f"{part.chain.label} has no {annotation.name} ({annotation.method})",
        "Heads are scored on a property that some residues have",
        "Choose another property with «by=», or another chain",
    )


def _check_within(parts: Sequence[Part], by: str, options: Mapping[str, Any]) -> None:
    """Raise `InputError` where contacts between chains are asked for that the model sees one at a time."""
    annotator = find_annotator(by)
    if read_options(annotator, options).get("between") and not all(part.chain.members for part in parts):
        raise InputError(
            f"«between=1» for {parts[0].chain.label}",
            "The model sees one chain at a time, unless they are linked",
            "Use «link=1», which counts contacts between the chains, too",
        )


def _check_only_one(viewer: Reader, part: Part, by: str, options: Mapping[str, Any]) -> None:
    """Raise `InputError` where a name stands for several properties."""
    chain = part.chain.singles[0]
    names = [item.name for item in compute_annotations(by, viewer.read_subjects([chain])[0], **options)]
    others = [name for name in names if name != names[0] and not name.startswith(f"{names[0]}:")]
    if others:
        raise InputError(
            f"«by={by}» stands for {len(names)} properties of {chain.label}: {', '.join(names)}",
            "Heads are scored on one",
            f"Choose for example «by={names[0]}»",
        )


def _select_residues(
    viewer: Reader, parts: Sequence[Part], site: str
) -> tuple[list[Annotation | None], list[ProvisError]]:
    """The residues of a selection, in each chain."""
    selected = viewer.read_chains(site)
    found: list[Annotation | None] = []
    problems: list[ProvisError] = []
    for part in parts:
        mask = find_inside(part.chain, selected)
        if mask.any():
            residues = np.flatnonzero(mask).tolist()
            found.append(
                compute_membership(part.chain, residues, name="selection", source=f"selection {site}")
            )
            continue
        found.append(None)
        problems.append(
            InputError(
                f"«site={site}» has no residue of {part.chain.label}",
                "A selection with residues of the chains that are scored is needed",
                "Select residues of a protein chain",
            )
        )
    if not any(item is not None for item in found):
        raise problems[0]
    return found, problems
