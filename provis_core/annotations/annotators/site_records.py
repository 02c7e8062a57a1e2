"""Sites that the depositors or the PDB's software wrote into the file: SITE, ``_struct_site_gen``."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

import numpy as np

from ...structures.chain import Chain
from ...structures.components import WATERS
from ...structures.records import SiteRecord, StructureRecords
from ...structures.subject import Subject, residue_indices
from ..annotation import Annotation, Annotator
from .binding_sites import load_additives

__all__ = ["ANNOTATOR", "compute_site_records"]

_FOR_RESIDUE: Final = re.compile(r"FOR RESIDUE (\S+)", re.IGNORECASE)


def compute_site_records(
    chain: Chain, records: StructureRecords, *, additives: Collection[str] | None = None
) -> tuple[Annotation, ...]:
    """Sites of the file that have members in a chain.

    Parameters
    ----------
    chain : Chain
    records : StructureRecords
        Of the file that the chain is from.
    additives : collection of str, optional
        Component names; a site that is said to be for one of them is not in the union. `load_additives` by
        default.

    Returns
    -------
    tuple of Annotation
        ``site_record`` (all together) and ``site_record:<name>`` for each, additives' too.
    """
    left_out = load_additives() if additives is None else {name.upper() for name in additives}
    found = []
    union = np.zeros(chain.n_residues, dtype=np.bool_)
    valid = np.ones(chain.n_residues, dtype=np.bool_)
    skipped, method = [], "SITE records of the file"
    for site in records.sites:
        indices, missing = residue_indices(chain, _members(chain, site))
        if not len(indices):
            continue
        values = np.zeros(chain.n_residues, dtype=np.bool_)
        values[indices] = True
        bound = _FOR_RESIDUE.search(site.description)
        if bound and bound.group(1).upper() in left_out:
            skipped.append(f"{site.name} ({bound.group(1)})")
        else:
            union |= values
        notes = [site.description] if site.description else []
        if missing:
            notes.append(f"Not in the chain: {', '.join(item.resi for item in missing)}")
        name = f"site_record:{site.name}"
        found.append(Annotation(name, "residue", values, valid, records.source, method, tuple(notes)))
    note = (f"Left out as crystallisation additives: {', '.join(skipped)}",) if skipped else ()
    return (Annotation("site_record", "residue", union, valid, records.source, method, note), *found)


def _members(chain: Chain, site: SiteRecord) -> list[Any]:
    """Residues of a site that should be in the chain: what shares its letter and is one of its components."""
    names = set(chain.residue_names)
    ids = set(chain.residue_ids)
    return [
        residue
        for residue, name in site.residues
        if residue.chain == chain.chain_id and name not in WATERS and (residue in ids or name in names)
    ]


def _annotate(subject: Subject, **options: Any) -> tuple[Annotation, ...]:
    assert subject.records is not None
    return compute_site_records(subject.chain, subject.records)


ANNOTATOR: Final = Annotator(
    name="site_record",
    summary="the sites that the structure file lists (SITE, struct_site_gen)",
    compute=_annotate,
    needs=("records",),
    hint="The file lists no such site with residues of this chain",
)
