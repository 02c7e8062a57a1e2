"""The drawn pairs against a plain loop over all pairs, and against answers known by hand."""

import itertools

import numpy as np
import pytest

from provis_core.attention.arcs import ArcsBuilder
from provis_core.attention.edges import DIRECTIONS, select_edges, select_edges_from_arcs
from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError
from provis_core.structures.sequence import SequenceMap, compute_sequence_map

from .fakes import make_chain


def _loop(weights, drawable, *, min_attn, min_sep, direction):
    """All pairs that pass, one by one, as {(query, key): weight}."""
    n = len(weights)
    pairs = (
        itertools.permutations(range(n), 2)
        if direction == "directed"
        else itertools.combinations(range(n), 2)
    )
    combine = {"max": max, "mean": lambda a, b: np.float32(0.5) * (a + b), "directed": lambda a, b: a}[
        direction
    ]
    found = {}
    for i, j in pairs:
        if abs(i - j) >= min_sep and drawable[i] and drawable[j]:
            weight = combine(weights[i, j], weights[j, i])
            if weight >= np.float32(min_attn):
                found[i, j] = weight
    return found


def _as_dict(edges):
    return dict(zip(zip(edges.query.tolist(), edges.key.tolist(), strict=True), edges.weight, strict=True))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("min_attn", "min_sep"), [(0.0, 1), (0.3, 1), (0.3, 6), (0.99, 3)])
def test_equals_a_loop_over_all_pairs(direction, min_attn, min_sep):
    rng = np.random.default_rng(3)
    chain = make_chain("ACDEFG" * 6)
    coords = chain.ca_coords.copy()
    coords[[4, 17]] = np.nan
    chain = make_chain_with_coords(chain, coords)
    inside = rng.random(chain.n_residues) < 0.8
    weights = rng.random((chain.n_residues,) * 2).astype(np.float32)
    edges = select_edges(
        weights,
        chain,
        compute_sequence_map(chain),
        inside=inside,
        min_attn=min_attn,
        min_sep=min_sep,
        direction=direction,
        top=0,
    )
    drawable = inside & np.isfinite(coords).all(axis=1)
    expected = _loop(weights, drawable, min_attn=min_attn, min_sep=min_sep, direction=direction)
    assert _as_dict(edges) == expected
    assert edges.n_passed == edges.n_edges == len(expected)
    everything = _loop(weights, drawable, min_attn=0, min_sep=min_sep, direction=direction)
    assert edges.n_candidates == len(everything)
    assert edges.largest == max(everything.values())
    assert (np.diff(edges.weight) <= 0).all()


def make_chain_with_coords(chain, coords):
    return type(chain)(chain.object_name, chain.chain_id, chain.residue_ids, chain.residue_names, coords)


def test_the_result_does_not_depend_on_the_size_of_the_blocks(monkeypatch):
    rng = np.random.default_rng(5)
    chain = make_chain("ACDEFG" * 5)
    weights = rng.random((30, 30)).astype(np.float32)
    sequence_map = compute_sequence_map(chain)
    whole = select_edges(weights, chain, sequence_map, min_attn=0.2, top=0)
    # more than one block of rows: a map of 2000 positions is read 1000 rows at a time
    big = np.zeros((2000, 2000), dtype=np.float32)
    big[:30, :30] = weights
    big[5, 1999] = big[1999, 700] = 0.9
    long_chain = make_chain("A" * 2000)
    split = select_edges(big, long_chain, compute_sequence_map(long_chain), min_attn=0.2, top=0)
    expected = {**_as_dict(whole), (5, 1999): np.float32(0.9), (700, 1999): np.float32(0.9)}
    assert _as_dict(split) == expected


@pytest.mark.parametrize("direction", ["max", "directed"])
@pytest.mark.parametrize(
    ("min_attn", "min_sep", "top"), [(0.3, 1, 0), (0.31, 6, 5), (0.9, 1, 0), (1.0, 1, 3)]
)
def test_a_scan_gives_the_same_pairs_as_the_whole_map(direction, min_attn, min_sep, top):
    rng = np.random.default_rng(7)
    chain = make_chain("ACDEFG" * 5)
    sequence_map = compute_sequence_map(chain)
    inside = rng.random(30) < 0.9
    random = rng.random((2, 30, 30)).astype(np.float32)
    maps = {HeadId(0, 1): random[0], HeadId(1, 0): random[1] ** 8}
    builder = ArcsBuilder(2, 2, 30, 0.3)
    for head, weights in maps.items():
        query, key = np.nonzero(weights >= np.float32(0.3))
        builder.add_heads(head.layer, [head.head])
        builder.add(head.layer, np.full(len(query), head.head), query, key, weights[query, key])
    arcs = builder.build()
    options = {"inside": inside, "min_attn": min_attn, "min_sep": min_sep, "top": top, "direction": direction}
    for head, weights in maps.items():
        whole = select_edges(weights, chain, sequence_map, **options)
        scanned = select_edges_from_arcs(arcs, head, chain, sequence_map, **options)
        assert _as_dict(scanned) == _as_dict(whole)
        assert (scanned.n_passed, scanned.n_candidates) == (whole.n_passed, whole.n_candidates)
    with pytest.raises(InputError, match="direction=mean"):
        select_edges_from_arcs(arcs, head, chain, sequence_map, direction="mean")
    with pytest.raises(InputError):
        select_edges_from_arcs(arcs, head, chain, sequence_map, min_attn=0.29)


def test_known_by_hand(chain):
    weights = np.zeros((6, 6), dtype=np.float32)
    weights[0, 3], weights[3, 0] = 0.2, 0.6
    weights[1, 2] = 0.5
    weights[4, 4] = 1.0  # attention to itself has no cylinder
    sequence_map = compute_sequence_map(chain)
    strongest = select_edges(weights, chain, sequence_map, top=1)
    assert (strongest.query[0], strongest.key[0]) == (0, 3)
    assert strongest.weight[0] == np.float32(0.6)
    assert (strongest.n_passed, strongest.n_edges, strongest.n_candidates) == (2, 1, 15)
    mean = select_edges(weights, chain, sequence_map, direction="mean")
    assert _as_dict(mean) == {(0, 3): np.float32(0.4), (1, 2): np.float32(0.25)}
    directed = select_edges(weights, chain, sequence_map, direction="directed")
    assert _as_dict(directed) == {(3, 0): np.float32(0.6), (1, 2): np.float32(0.5), (0, 3): np.float32(0.2)}
    assert directed.residues.tolist() == [0, 1, 2, 3]


def test_unresolved_positions_take_part_in_the_sequence_but_draw_nothing():
    chain = make_chain("ACD")
    # position 1 is not resolved; residues 0, 1, 2 are positions 0, 2, 3
    sequence_map = SequenceMap("AWCD", np.array([0, -1, 1, 2]))
    weights = np.full((4, 4), 0.5, dtype=np.float32)
    edges = select_edges(weights, chain, sequence_map, min_sep=2)
    assert _as_dict(edges) == {(0, 1): np.float32(0.5), (0, 2): np.float32(0.5)}
    assert sequence_map.n_unresolved == 1


def test_a_mirrored_map_gives_the_same_pairs_when_undirected_and_swapped_ones_when_directed(chain):
    weights = np.random.default_rng(1).random((6, 6)).astype(np.float32)
    sequence_map = compute_sequence_map(chain)
    for direction in ("max", "mean"):
        assert _as_dict(select_edges(weights, chain, sequence_map, direction=direction)) == _as_dict(
            select_edges(weights.T.copy(), chain, sequence_map, direction=direction)
        )
    forward = _as_dict(select_edges(weights, chain, sequence_map, direction="directed"))
    backward = _as_dict(select_edges(weights.T.copy(), chain, sequence_map, direction="directed"))
    assert {(key, query): weight for (query, key), weight in backward.items()} == forward
    assert forward != backward


def test_nothing_passes_but_the_largest_weight_is_known(chain):
    weights = np.full((6, 6), 0.02, dtype=np.float32)
    edges = select_edges(weights, chain, compute_sequence_map(chain))
    assert edges.n_edges == 0
    assert edges.largest == np.float32(0.02)
    assert edges.residues.tolist() == []


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"min_attn": 1.5}, "min_attn=1.5.*from 0 to 1"),
        ({"min_attn": -0.1}, "min_attn=-0.1"),
        ({"min_attn": float("nan")}, "min_attn=nan"),
        ({"top": -1}, "top=-1"),
        ({"min_sep": 0}, "min_sep=0"),
        ({"direction": "both"}, "direction=both.*max, mean, directed"),
    ],
)
def test_bad_options(chain, option, message):
    with pytest.raises(InputError, match=message):
        select_edges(np.zeros((6, 6), dtype=np.float32), chain, compute_sequence_map(chain), **option)
