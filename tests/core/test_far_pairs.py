"""Drawn pairs by their separation, and contacts among them against a loop over all pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from provis_core.actions.work.drawing import DrawnChain
from provis_core.actions.work.report import _near_and_far
from provis_core.attention.edges import select_edges
from provis_core.scenes.draw_options import DrawOptions
from provis_core.scoring.far_pairs import FarPairs, count_far_pairs
from provis_core.structures.linking import join_chains, link_maps
from provis_core.structures.sequence import compute_sequence_map

from .fakes import make_chain
from .inspecting import make_hairpin


def _walk(n: int, seed: int, name: str = "A"):
    """A chain that comes back to itself; two residues without coordinates."""
    coords = np.cumsum(np.random.default_rng(seed).normal(scale=1.7, size=(n, 3)), axis=0).astype(np.float32)
    coords[[3, n // 2]] = np.nan
    return replace(make_chain("ACDEFG" * (n // 6), name), ca_coords=coords)


def _by_loop(chain, sequence_map, edges) -> FarPairs:
    positions, coords = sequence_map.positions_of(chain.n_residues), chain.ca_coords.astype(float)
    part = np.zeros(sequence_map.n_positions) if sequence_map.part is None else sequence_map.part

    def apart(i, j):
        same = part[positions[i]] == part[positions[j]]
        return abs(int(positions[i]) - int(positions[j])) if same else -1  # -1: between chains

    groups: dict[int, list[bool]] = {}
    known = [i for i in range(chain.n_residues) if positions[i] >= 0 and np.isfinite(coords[i]).all()]
    for i in known:
        for j in known:
            if i < j:
                groups.setdefault(apart(i, j), []).append(np.linalg.norm(coords[i] - coords[j]) < 8)
    drawn = list(zip(edges.query.tolist(), edges.key.tolist(), strict=True))
    far = [(i, j) for i, j in drawn if apart(i, j) >= 6 or apart(i, j) < 0]
    hits = sum(bool(np.linalg.norm(coords[i] - coords[j]) < 8) for i, j in far)
    return FarPairs(len(drawn) - len(far), len(far), hits, sum(np.mean(groups[apart(*p)]) for p in far), 8.0)


@pytest.mark.parametrize("direction", ["max", "directed"])
@pytest.mark.parametrize("linked", [False, True])
def test_equals_a_loop(direction, linked):
    if linked:
        chains = [_walk(30, 1), _walk(24, 2, "B")]
        chain = join_chains(chains)
        sequence_map = link_maps([compute_sequence_map(one) for one in chains], [30, 24])
    else:
        chain = _walk(60, 3)
        sequence_map = compute_sequence_map(chain)
    n = sequence_map.n_positions
    weights = np.random.default_rng(0).dirichlet(np.full(n, 0.1), n).astype(np.float32)
    edges = select_edges(weights, chain, sequence_map, min_attn=0.05, direction=direction)
    found, expected = count_far_pairs(chain, sequence_map, edges), _by_loop(chain, sequence_map, edges)
    assert found.n_expected == pytest.approx(expected.n_expected)
    assert replace(found, n_expected=0.0) == replace(expected, n_expected=0.0)
    assert found.n_near > 5
    assert found.n_contacts > 5


def test_what_is_said():
    """Pairs of a hairpin: neighbours only, both kinds, and far ones only."""
    chain = make_hairpin()
    sequence_map = compute_sequence_map(chain)
    n = chain.n_residues
    weights = np.zeros((n, n), dtype=np.float32)
    weights[np.arange(n - 1), np.arange(1, n)] = 0.9
    options = DrawOptions()

    def say(**choice):
        edges = select_edges(weights, chain, sequence_map, min_attn=0.1, **choice)
        return _near_and_far(DrawnChain(chain, sequence_map, edges), replace(options, **choice))

    text = f"{n - 1} of {n - 1} drawn are near in the sequence (|i-j| < 6), none is far"
    assert say() == f"{text}; «min_sep=6» leaves them out"
    weights[2, n - 3] = weights[0, n // 2] = 0.8  # a contact across the sheet, and none
    edges = select_edges(weights, chain, sequence_map, min_attn=0.1, min_sep=6)
    expected = count_far_pairs(chain, sequence_map, edges).n_expected
    far = f"2 far, of which 1 are contacts (CA-CA < 8 Å), {expected:.1f} by chance at their separations"
    assert say() == (
        f"{n - 1} of {n + 1} drawn are near in the sequence (|i-j| < 6), {far}; «min_sep=6» leaves them out"
    )
    assert say(min_sep=6) == far
