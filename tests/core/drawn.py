"""A small drawing as exports take it: two chains with odd residue numbers, three pairs, a site."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from provis_core.annotations.annotation import Annotation
from provis_core.attention.edges import Edges
from provis_core.exports.drawing import Drawing
from provis_core.exports.tables import Table
from provis_core.scenes.scene import style_edges
from provis_core.structures.atoms import StructureAtoms
from provis_core.structures.chain import Chain, ResidueId
from provis_core.structures.linking import join_chains
from tests.core.fakes import make_chain

__all__ = ["PAIRS", "make_table"]

PAIRS = (("A/ILE3", "A/ARG8", 0.875), ("A/ARG8", "B/GLY52A", 0.5), ("A/ALA-3", "B/GLN7", 0.25))
"""What is drawn: residues and attention."""


def make_table(object_name: str = "toy", about: dict[str, Any] | None = None, **style: Any) -> Table:
    """Return the table of these pairs, with the drawing; `style` as of `style_edges`."""
    first, second = (
        _chain("AIR", "A", object_name, ("-3", "3", "8")),
        _chain("QG", "B", object_name, ("7", "52A")),
    )
    chain = join_chains([first, replace(second, ca_coords=second.ca_coords + np.float32([2, 9, 1]))])
    ends = np.array([[1, 2], [2, 4], [0, 3]])
    weight = np.float32([one for _, _, one in PAIRS])
    edges = Edges(ends[:, 0], ends[:, 1], weight, style.pop("direction", "max"), 3, 8, 0.875)
    scene = style_edges("provis_toy_A_B_1-1", chain, edges, low=0.1, high=0.875, **style)
    member, valid = np.array([False, False, True, False, True]), np.ones(5, dtype=np.bool_)
    site = Annotation("site", "residue", member, valid, "toy", "by hand")
    columns = ("residue_1", "residue_2", "weight", "chain_1", "resi_1", "chain_2", "resi_2", "contact")
    rows = [
        (*pair, *(word for name in pair[:2] for word in (name[0], name[5:])), known)
        for pair, known in zip(PAIRS, (True, False, None), strict=True)
    ]
    drawing = Drawing((scene,), (site,), (_atoms(chain, object_name),))
    return Table(columns, rows, about or {}, drawing=drawing)


def _chain(letters: str, chain_id: str, object_name: str, numbers: tuple[str, ...]) -> Chain:
    made = make_chain(letters, chain_id, object_name)
    return replace(made, residue_ids=tuple(ResidueId.from_resi(chain_id, one) for one in numbers))


def _atoms(chain: Chain, object_name: str) -> StructureAtoms:
    """The CA atoms, a haem's atom with a quote in its name, and a water."""
    n = chain.n_residues
    bound = (ResidueId("A", 201), ResidueId("B", 301))
    return StructureAtoms(
        object_name=object_name,
        coords=np.concatenate([chain.ca_coords, np.float32([[1, 2, 3], [4, 5, 6]])]),
        atom_names=np.array(["CA"] * n + ["O5'", "O"]),
        elements=np.array(["C"] * n + ["O", "O"]),
        atom_rows=np.arange(n + 2),
        is_main=np.ones(n + 2, dtype=np.bool_),
        b_factors=np.full(n + 2, np.nan, dtype=np.float32),
        residue_ids=(*chain.residue_ids, *bound),
        residue_names=(*chain.residue_names, "HEM", "HOH"),
        segment_ids=("",) * (n + 2),
        kinds=(*("protein",) * n, "ligand", "water"),
    )
