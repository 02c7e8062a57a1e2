"""One list of best heads, one order, one corrected p-value: in command, file, grid and sites tab."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.actions.work.heads_report import COLUMNS, describe_heads, make_head_rows
from provis_core.annotations.annotation import Annotation
from provis_core.attention.head_id import HeadId
from provis_core.figures.grids import compute_grid, find_choice, make_ranked_grid
from provis_core.figures.head_grid import describe_best, describe_cell
from provis_core.inspection.sites import summarize_site
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.sequence import compute_sequence_map

from .fakes import make_chain
from .toy_scans import make_scan

N = 72


@pytest.fixture(scope="module")
def case():
    """A chain and random sharp attention of 24 heads, of which the shares and the z are in other orders."""
    chain = make_chain("ACDEFG" * 12)
    maps = np.random.default_rng(6).dirichlet(np.full(N, 0.03), (4, 6, N))
    rows = np.arange(N)
    maps[2, 3] *= 0.2
    maps[2, 3][rows, np.array([10, 30, 50, 65])[rows % 4]] += 0.7  # all on the site, from everywhere
    maps[1, 1] *= 0.2
    maps[1, 1][:, 30] += 0.7  # a sink in the site
    scan = make_scan(maps, compute_sequence_map(chain).sequence)
    site = Annotation(
        "site", "residue", np.isin(rows, [10, 29, 30, 31, 50, 65]), np.ones(N, bool), "toy", "by hand"
    )
    apart = np.abs(np.subtract.outer(rows, rows))
    pairs = (apart >= 6) & (apart < 20) & (np.random.default_rng(1).random((N, N)) < 0.3)
    contacts = Annotation(
        "contact", "pair", pairs | pairs.T, np.ones(N, bool), "toy", "by hand", min_separation=6
    )
    return chain, scan, {"site": site, "contact": contacts}


def _shown(scores, chain):
    """Labels of the heads in the order of the console."""
    labels = {head.label for head in scores.rank()}
    lines = describe_heads(scores, chain, 5)
    return [line.split()[0] for line in lines if line.split()[0] in labels]


@pytest.mark.parametrize("name", ["site", "contact"])
def test_command_file_and_grid_name_the_same_heads_in_one_order(case, name):
    chain, scan, known = case
    scores = compute_head_scores(scan, compute_sequence_map(chain), known[name])
    eligible = ~(scores.is_few | scores.is_sink)
    by_z = sorted(np.argwhere(eligible).tolist(), key=lambda head: -scores.shift_z[tuple(head)])[:5]
    best = [HeadId(*head) for head in by_z]
    by_share = np.argsort(-np.where(eligible, scores.share, -1).ravel(), kind="stable")[:5]
    assert [head.layer * 6 + head.head for head in best] != by_share.tolist()  # or the test says nothing
    assert scores.best(5) == best
    assert _shown(scores, chain) == [head.label for head in best]
    place = COLUMNS.index("head")
    assert [row[place] for row in make_head_rows(scores, chain)[:5]] == [head.label for head in best]
    grid = compute_grid(find_choice(name), scan, compute_sequence_map(chain), known)
    assert list(grid.best) == list(make_ranked_grid(scores, "").best) == best
    words = describe_cell(grid, best[0])
    assert words.endswith(f"· no. 1 · p all = {scores.p_max[best[0]]:.2g}")
    assert "best (farthest beyond chance): " + ", ".join(head.label for head in best) in grid.caption


def test_significance_is_decided_once(case):
    chain, scan, known = case
    scores = compute_head_scores(scan, compute_sequence_map(chain), known["site"])
    assert np.argwhere(scores.is_significant).tolist() == [[2, 3]]
    assert "beyond chance, corrected for all heads (p all < 0.05): 1" in describe_heads(scores, chain, 10)
    assert scores.is_sink[1, 1]
    assert not scores.is_significant[1, 1]  # though everything it attends to is in the site


def test_the_sites_tab_says_p_all_not_another_correction(case):
    chain, scan, known = case
    scores = compute_head_scores(scan, compute_sequence_map(chain), known["site"])
    differs = np.argwhere(np.isfinite(scores.p_max) & (np.abs(scores.p_max - scores.p_fdr) > 0.01))
    head = HeadId(*differs[0].tolist())
    assert summarize_site(scores, head).p_max == scores.p_max[head]


@pytest.mark.parametrize("name", ["site", "contact"])
def test_a_sentence_says_which_head_comes_first_and_whether_it_is_beyond_chance(case, name):
    chain, scan, known = case
    scores = compute_head_scores(scan, compute_sequence_map(chain), known[name])
    grid = compute_grid(find_choice(name), scan, compute_sequence_map(chain), known)
    first = scores.best(1)[0]
    is_beyond = bool(scores.is_significant[first])
    assert is_beyond is (name == "site")  # where it was planted
    assert describe_best(grid) == (
        f"{first.label} comes first: {grid.label} {100 * scores.share[first]:.3g} % (background "
        f"{100 * scores.background:.3g} %), {'' if is_beyond else 'not '}beyond chance "
        f"(p all = {scores.p_max[first]:.2g})."
    )
