"""Residues of two linked chains have no sequence separation: no filter and no table makes one up."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.attention.edges import select_edges, select_edges_from_arcs
from provis_core.attention.head_id import HeadId
from provis_core.exports.pair_table import ATTENTION_COLUMNS, make_attention_rows, make_contact_rows
from provis_core.exports.pairs import make_pair_rows, make_pair_table
from provis_core.scenes.coloring import ColoredPairs, color_pairs
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.linking import LINKER, join_chains, link_maps
from provis_core.structures.sequence import BETWEEN_CHAINS, compute_sequence_map
from provis_core.structures.subject import Subject

from .fakes import make_chain
from .toy_scans import make_scan

FIRST = 20
APART = 41  # more than the linker and a few residues


@pytest.fixture(scope="module")
def case():
    """Two chains of 20 and 44 residues, and a map: between the chains, far and near within the second one."""
    first, second = make_chain("ACDEFGACDEFGACDEFGAC", "A"), make_chain("ACDEFGACDEF" * 4, "B")
    chain = join_chains([first, second])
    linked = link_maps([compute_sequence_map(one) for one in (first, second)], [20, 44])
    maps = np.zeros((1, 1, linked.n_positions, linked.n_positions), dtype=np.float32)
    start = FIRST + len(LINKER)
    maps[0, 0, FIRST - 1, start] = 0.9  # 26 positions apart with the linker, next to each other on paper
    maps[0, 0, start + 2, 3] = 0.8
    maps[0, 0, start, start + APART] = 0.7
    maps[0, 0, start + 1, start + 31] = 0.6
    return chain, linked, maps


def test_separations(case):
    _, linked, _ = case
    i = np.array([0, FIRST - 1, 0, FIRST + len(LINKER), FIRST])
    j = np.array([5, FIRST + len(LINKER), 70, 80, FIRST + 1])
    assert linked.separations(i, j).tolist() == [5, BETWEEN_CHAINS, BETWEEN_CHAINS, 80 - i[3], 1]
    assert linked.separations(i[:, None], j).shape == (5, 5)
    assert linked.members[0].separations(i[:1], j[:1]).tolist() == [5]


@pytest.mark.parametrize("direction", ["max", "directed"])
@pytest.mark.parametrize("min_sep", [1, 6, 30, APART, 60])
def test_min_sep_is_about_pairs_within_a_chain(case, min_sep, direction):
    chain, linked, maps = case
    options = {"min_attn": 0.1, "min_sep": min_sep, "direction": direction}
    edges = select_edges(maps[0, 0], chain, linked, **options)
    scan = make_scan(maps, linked.sequence)
    others = select_edges_from_arcs(scan.arcs, HeadId(0, 0), chain, linked, **options)
    expected = [0.9, 0.8, *([0.7] if min_sep <= APART else []), *([0.6] if min_sep <= 30 else [])]
    for found in (edges, others):
        assert found.weight.tolist() == pytest.approx(expected)
        member = np.repeat([0, 1], [20, 44])
        i, j = np.triu_indices(64, 1)
        n_pairs = int(((member[i] != member[j]) | (j - i >= min_sep)).sum())
        assert found.n_candidates == n_pairs * (2 if direction == "directed" else 1)


def test_every_table_says_the_same(case, tmp_path):
    chain, linked, maps = case
    edges = select_edges(maps[0, 0], chain, linked, min_attn=0.1, min_sep=1)
    expected = [None, None, APART, 30]
    place = ATTENTION_COLUMNS.index("separation")
    assert [row[place] for row in make_attention_rows(chain, linked, edges)] == expected
    rows = make_pair_rows(chain, linked, edges)
    assert [None if np.isnan(apart) else int(apart) for apart in rows.separation] == expected
    table = make_pair_table(rows, linked, edges, {})
    assert [row[place] for row in table.rows] == expected
    _, words = color_pairs([ColoredPairs(chain, linked, edges)], "separation", "blue_orange", 0.1, 0.9)
    assert "separation 30 to 41 residues" in words


def test_contacts_between_chains_have_no_separation():
    """Two chains on one spot: all residues but the near ones of each chain are in contact with all others."""
    chains = [make_chain("ACDEFGACDEFG", name) for name in "AB"]
    subjects = [Subject(one) for one in chains]
    linked = link_maps([compute_sequence_map(one) for one in chains], [12, 12])
    joined = Subject(join_chains(chains), members=tuple(subjects), positions=linked.positions_of(24))
    (contacts,) = compute_annotations("contact", joined, cutoff=50, min_sep=45)
    assert contacts.values[:12, 12:].all()
    assert not contacts.values[:12, :12].any()
    rows = make_contact_rows(contacts, joined.chain, joined.chain.ca_coords, positions=joined.positions)
    assert len(rows) == 144
    assert {row[3] for row in rows} == {None}


def test_heads_are_scored_on_contacts_between_chains_whatever_the_separation(case):
    _, linked, maps = case
    values = np.zeros((64, 64), bool)
    values[19, 20] = values[20, 19] = True
    from provis_core.annotations.annotation import Annotation

    contacts = Annotation("contact", "pair", values, np.ones(64, bool), "toy", "by hand", min_separation=50)
    scores = compute_head_scores(make_scan(maps, linked.sequence), linked, contacts, min_arcs=1)
    assert scores.n_arcs.tolist() == [[2]]  # between the chains
    assert scores.n_near.tolist() == [[2]]
    assert scores.hits.tolist() == [[1]]
    assert scores.background_counts == 20 * 44
    assert np.isnan(scores.precision["long L"]).all()  # no pair within a chain is so far apart
