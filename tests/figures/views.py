"""Views of made-up numbers on made-up chains, the same at each call."""

from __future__ import annotations

import functools

import numpy as np

from provis_core.annotations.annotation import Annotation
from provis_core.annotations.annotators.contacts import compute_contacts
from provis_core.annotations.annotators.secondary_structure import compute_secondary_structure
from provis_core.attention.arcs import Arcs, ArcsBuilder
from provis_core.figures import (
    HeadGrid,
    MapView,
    ProfileView,
    Strip,
    Thumbnails,
    make_head_grid,
    make_map_view,
    make_profile_view,
    make_secondary_strip,
    make_site_strip,
    make_thumbnails,
)
from provis_core.structures.chain import Chain, ResidueId
from provis_core.structures.sequence import compute_sequence_map
from provis_core.structures.subject import SecondaryStructure


@functools.cache
def make_chain(n: int, chain_id: str = "A") -> Chain:
    """A compact random walk of alanines with a gap in its numbering and some insertion codes."""
    rng = np.random.default_rng(n)
    place, coords = np.zeros(3), []
    for step in rng.normal(size=(n, 3)):
        pulled = step - 0.02 * place
        place = place + 3.8 * pulled / np.linalg.norm(pulled)
        coords.append(place)
    ids: list[ResidueId] = []
    for k in range(n):
        shift = 20 if k > n // 2 else 0
        ids.append(ResidueId(chain_id, k + 1 + shift))
    ids[3] = ResidueId(chain_id, 3, "A")
    return Chain("toy", chain_id, tuple(ids), ("ALA",) * n, np.array(coords))


@functools.cache
def make_weights(n: int) -> np.ndarray:
    """Rows that sum to 1, with a diagonal and some strong pairs."""
    rng = np.random.default_rng(n + 1)
    weights = rng.exponential(size=(n, n)) ** 4
    weights[np.arange(n - 1), np.arange(1, n)] += 200 * rng.random(n - 1)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


@functools.cache
def make_strips(chain: Chain) -> tuple[Strip, ...]:
    """A binding site and a secondary structure."""
    n = chain.n_residues
    member = np.zeros(n, dtype=bool)
    member[[k for k in (5, 6, 7, n // 3, n - 2) if k < n]] = True
    site = Annotation("site:ligand:HEM", "residue", member, np.ones(n, dtype=bool), "toy", "by hand")
    codes = tuple("HHHHHHH   SSSS  "[k % 16].strip() for k in range(n))
    classes = compute_secondary_structure(chain, SecondaryStructure(codes, "helix_strand", "toy"))
    return make_site_strip(site), make_secondary_strip(classes)


@functools.cache
def make_contacts(n: int) -> Annotation:
    """Contacts of `make_chain`."""
    return compute_contacts(make_chain(n))


def make_view(n: int = 60, **options: object) -> MapView:
    """An attention map with everything on it."""
    chain = make_chain(n)
    given = {"contacts": make_contacts(n), "strips": make_strips(chain), "title": "toy head 1-1"}
    return make_map_view(make_weights(n), chain, compute_sequence_map(chain), **{**given, **options})  # type: ignore[arg-type]


def make_grid(n_layers: int = 12, n_heads: int = 16, seed: int = 0) -> HeadGrid:
    """A head grid with greyed heads and a background."""
    rng = np.random.default_rng(seed)
    return make_head_grid(
        100 * rng.random((n_layers, n_heads)) ** 2,
        rng.integers(0, 900, (n_layers, n_heads)),
        label="share on contacts",
        unit="%",
        min_n=100,
        reference=6.0,
        title="toy model, toy chain A",
    )


def make_profile(n: int = 60, *, given: bool = True) -> ProfileView:
    """A residue profile of `make_weights`."""
    chain, weights = make_chain(n), make_weights(n)
    return make_profile_view(
        weights.sum(axis=0),
        chain,
        compute_sequence_map(chain),
        given=0.9 * weights.sum(axis=1) if given else None,
        strips=make_strips(chain),
        title="toy head 1-1",
    )


def make_arcs(n_layers: int = 3, n_heads: int = 4, n: int = 40, seed: int = 0, share: float = 0.02) -> Arcs:
    """Random pairs of all heads but the last."""
    rng = np.random.default_rng(seed)
    builder = ArcsBuilder(n_layers, n_heads, n, 0.05)
    for layer in range(n_layers):
        heads = n_heads - 1 if layer == n_layers - 1 else n_heads
        builder.add_heads(layer, range(heads))
        head, query, key = np.nonzero(rng.random((heads, n, n)) < share)
        weight = rng.uniform(0.05, 1.0, len(head)).astype(np.float32)
        builder.add(layer, head, query, key, weight)
    return builder.build()


def make_all(n: int = 60) -> list[HeadGrid | MapView | ProfileView | Thumbnails]:
    """One view of each kind."""
    thumbnails = make_thumbnails(make_arcs(), size=20, title="toy model")
    return [make_grid(), make_view(n), make_profile(n), thumbnails]
