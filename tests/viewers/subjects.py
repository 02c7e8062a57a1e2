"""What is annotated on the chains of any PyMOL, in words that do not depend on how residues are counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from provis_core.annotations.annotation import Annotation
from provis_core.annotations.annotators import compute_annotations
from provis_core.errors import InputError
from provis_core.structures.subject import Subject
from provis_core.viewers.viewer import Viewer

__all__ = ["annotate", "read_subjects"]


def read_subjects(viewer: Viewer) -> list[Subject]:
    """All chains that are loaded."""
    return [viewer.read_subjects([one.chain])[0] for one in viewer.read_chains("all")]


def say(annotations: tuple[Annotation, ...], chain: Any) -> dict[str, Any]:
    """Residues, or pairs of them, by their labels."""
    return {
        item.name: sorted(chain.residue_label(index) for index in np.flatnonzero(item.values))
        if item.kind == "residue"
        else sorted(
            (chain.residue_label(i), chain.residue_label(j)) for i, j in np.argwhere(np.triu(item.values))
        )
        for item in annotations
    }


def annotate(subject: Subject) -> dict[str, Any]:
    """All contacts and sites, or why there are none."""
    options = {"kinds": "ligand,ion,nucleic,peptide,chain", "additives": "none"}
    found = say(compute_annotations("contact", subject, atom="CB-virtual"), subject.chain)
    try:
        return found | say(compute_annotations("site", subject, **options), subject.chain)
    except InputError as error:
        return found | {"refused": error.got.split(" of ")[0].split("has")[-1]}
