"""Modified residues, as the file has them: by their component names, and by MODRES records."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ...commands.declaration import Option
from ...structures.chain import Chain
from ...structures.components import is_amino_acid
from ...structures.records import StructureRecords
from ...structures.subject import Subject
from ..annotation import Annotation, Annotator

__all__ = ["ANNOTATOR", "NO_MODIFICATION", "compute_modified_residues"]

NO_MODIFICATION: Final = frozenset({
    # the standard residues, the two that the genetic code can add, and those that were not told apart
    "ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE", "LEU", "LYS", "MET", "PHE", "PRO",
    "SER", "THR", "TRP", "TYR", "VAL", "SEC", "PYL", "ASX", "GLX", "UNK",
    # names that force fields give to protonation and bonding states
    "HID", "HIE", "HIP", "HSD", "HSE", "HSP", "CYX", "CYM", "ASH", "GLH", "LYN", "ARN", "TYM", "CYSH", "LYSH",
})  # fmt: skip
"""Component names that are no modification."""

_LABELS: Final = frozenset(["MSE"])


def compute_modified_residues(
    chain: Chain, records: StructureRecords | None = None, *, selenomethionine: bool = False
) -> tuple[Annotation, ...]:
    """Residues of a chain that carry a modification.

    Parameters
    ----------
    chain : Chain
    records : StructureRecords, optional
        Tells of standard residues that carry something, such as a sugar (``MODRES``). Without it only the
        component names are looked at.
    selenomethionine : bool
        Whether MSE counts. It is put in to solve the structure and is no modification of the cell.

    Returns
    -------
    tuple of Annotation
        ``ptm`` (all together) and ``ptm:<component>`` for each component name.
    """
    names = [name.upper() for name in chain.residue_names]
    left_out = NO_MODIFICATION if selenomethionine else NO_MODIFICATION | _LABELS
    listed = {item.residue: item for item in records.modified} if records else {}
    groups: dict[str, list[int]] = {}
    details: dict[str, set[str]] = {}
    for index, (residue, name) in enumerate(zip(chain.residue_ids, names, strict=True)):
        item = listed.get(residue)
        if item is not None and item.name.upper() != name:
            item = None  # another residue of this number: microheterogeneity, or an edited file
        is_listed = item is not None and (selenomethionine or name not in _LABELS)
        if name in left_out and not is_listed:
            continue
        groups.setdefault(name, []).append(index)
        if item is not None and item.details:
            details.setdefault(name, set()).add(item.details)
    n_labels = sum(name in _LABELS for name in names)
    notes = []
    if n_labels and not selenomethionine:
        notes.append(f"{n_labels} selenomethionines are not counted")
    if any(not is_amino_acid(name) for name in groups):
        unknown = [name for name in groups if not is_amino_acid(name)]
        notes.append(f"Components that ProVis does not know: {', '.join(unknown)}")
    source = f"{chain.label} and {records.source}" if records else chain.label
    method = "component names" + (" and MODRES records" if records else "")
    valid = np.ones(chain.n_residues, dtype=np.bool_)
    found = []
    for name, indices in sorted(groups.items()):
        values = np.zeros(chain.n_residues, dtype=np.bool_)
        values[indices] = True
        what = (", ".join(sorted(details[name])),) if name in details else ()
        found.append(Annotation(f"ptm:{name}", "residue", values, valid, source, method, what))
    values = (
        np.any([item.values for item in found], axis=0) if found else np.zeros(chain.n_residues, np.bool_)
    )
    return (Annotation("ptm", "residue", values, valid, source, method, tuple(notes)), *found)


def _annotate(subject: Subject, **options: Any) -> tuple[Annotation, ...]:
    return compute_modified_residues(subject.chain, subject.records, **options)


ANNOTATOR: Final = Annotator(
    name="ptm",
    summary="modified residues: phosphorylated, methylated, glycosylated... as the structure has them",
    compute=_annotate,
    arcs={"ptm": "arcs to modified residues"},
    options=(Option("selenomethionine", False, "whether selenomethionine counts", "switch"),),
    hint="Modifications that the structure does not show may be in UniProt: «by=uniprot:ptm»",
)
