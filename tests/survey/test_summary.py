"""Statistics of a survey against scipy and statsmodels, on counts that are made up."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from provis_core.structures.components import AMINO_ACIDS
from provis_core.survey.protocol import Protocol, find_protocol
from provis_core.survey.results import FeatureTable
from provis_core.survey.summary import bootstrap_share, median_interval, summarize_feature
from provis_core.survey.tables import _compare_amino_acids, _layer_rows

stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is not installed")

N_PROTEINS, N_HEADS, N_SHIFTS = 41, 6, 99


def make_results(protocol: Protocol, names=("site",), clusters=None, kind: str = "residue"):
    """Counts in which head 2 looks for each feature, head 4 feeds a sink, and head 5 has hardly any arcs."""
    rng = np.random.default_rng(7)
    every = rng.poisson(40, (N_PROTEINS, N_HEADS))
    every[:, 5] = 0
    every[0, 5] = 7
    tables = {}
    for k, name in enumerate(names):
        arcs = rng.binomial(every, 0.8)
        rate = np.full(N_HEADS, 0.1)
        rate[2] = 0.4 - 0.01 * k
        hits = rng.binomial(arcs, rate)
        total = arcs.sum(axis=0)
        tables[name] = FeatureTable(
            name=name,
            kind=kind,
            is_numeric=False,
            proteins=np.arange(N_PROTEINS),
            hits=hits,
            arcs=arcs,
            pair_hits=hits // 2,
            pairs=arcs // 2,
            expected=arcs * 0.12,
            weighted_hits=hits * 0.5,
            weighted_counts=arcs * 0.6,
            all_arcs=every,
            background=np.tile([9.0, 90.0], (N_PROTEINS, 1)),
            paper_background=np.tile([18.0, 200.0], (N_PROTEINS, 1)),
            shift_hits=rng.binomial(total[:, None], 0.1, (N_HEADS, N_SHIFTS)),
            shift_arcs=np.tile(total[:, None], (1, N_SHIFTS)),
        )
    sink_arcs = np.zeros_like(every)
    sink_arcs[:, 4] = every[:, 4]
    totals = {"arcs": every, "special": every * 0.5, "sink": every * 0.25, "sink_arcs": sink_arcs}
    return SimpleNamespace(
        plan=SimpleNamespace(protocol=protocol, n_layers=2, n_heads=3),
        feature=tables.__getitem__,
        features=dict.fromkeys(names),
        clusters=np.arange(N_PROTEINS) if clusters is None else clusters,
        totals=totals,
        proteins=[{"residues": 100}] * N_PROTEINS,
    )


@pytest.mark.parametrize("name", ["provis", "paper"])
def test_the_papers_test_and_interval_are_those_of_statsmodels(name):
    results = make_results(find_protocol(name))
    table, found = results.feature("site"), summarize_feature(results, "site").columns
    below = table.all_arcs if name == "paper" else table.arcs
    base = (table.paper_background if name == "paper" else table.background).sum(axis=0)
    arcs, hits = below.sum(axis=0), table.hits.sum(axis=0)
    n_tested = int((arcs >= 100).sum())
    assert n_tested == 5 and found["is_few"].tolist() == [False] * 5 + [True]
    for head in range(5):
        z, p = proportion.proportions_ztest([hits[head], base[0]], [arcs[head], base[1]])
        low, high = proportion.proportion_confint(hits[head], arcs[head], alpha=0.05 / n_tested)
        got = [found[key][head] for key in ("share", "z", "z_p", "z_bonferroni", "ci_low", "ci_high")]
        assert got == pytest.approx(
            [hits[head] / arcs[head], z, p, min(1, n_tested * p), low, high], rel=1e-9
        )
    assert np.isnan(found["z_p"][5]) and found["background"][0] == pytest.approx(base[0] / base[1])
    assert found["known_share"] == pytest.approx(hits / table.arcs.sum(axis=0))
    assert found["all_share"] == pytest.approx(hits / table.all_arcs.sum(axis=0))


def test_p_values_are_of_the_shifts_and_the_largest_of_all_heads():
    results = make_results(Protocol())
    table, summary = results.feature("site"), summarize_feature(results, "site")
    found = summary.columns
    own = table.hits.sum(axis=0) / table.arcs.sum(axis=0)
    shifted = np.column_stack([own, table.shift_hits / table.shift_arcs])
    z = (shifted - shifted.mean(axis=1, keepdims=True)) / shifted.std(axis=1, keepdims=True)
    largest = z[:5].max(axis=0)
    for head in range(5):
        assert found["shift_z"][head] == pytest.approx(z[head, 0])
        assert found["shift_p"][head] == pytest.approx(np.mean(shifted[head] >= own[head]))
        assert found["shift_p_max"][head] == pytest.approx(np.mean(largest >= z[head, 0]))
    assert found["shift_p_max"][2] == 0.01 and found["shift_fdr"][2] == pytest.approx(0.01, abs=0.03)
    assert found["survives"].tolist() == [False, False, True, False, False, False]
    assert found["is_sink"].tolist() == [False, False, False, False, True, False]
    order = summary.order().tolist()
    assert order[0] == 2 and order[-2:] == [4, 5]


def test_the_median_has_the_interval_of_its_bootstrap():
    rng = np.random.default_rng(2)
    shares = rng.beta(2, 5, (41, 3))
    shares[30:, 1] = np.nan
    shares[1:, 2] = np.nan
    median, low, high = median_interval(shares)
    for head in range(2):
        values = np.sort(shares[np.isfinite(shares[:, head]), head])
        drawn = stats.bootstrap(
            (values,), np.median, n_resamples=9999, method="percentile", rng=1
        ).confidence_interval
        assert median[head] == np.median(values)
        for ours, theirs in ((low[head], drawn.low), (high[head], drawn.high)):
            assert abs(np.searchsorted(values, ours) - np.searchsorted(values, theirs)) <= 1
    assert median[2] == low[2] == high[2] == shares[0, 2]


def test_the_share_has_the_interval_of_a_bootstrap_over_proteins():
    rng = np.random.default_rng(3)
    arcs = rng.poisson(30, (60, 2))
    hits = rng.binomial(arcs, rng.beta(2, 8, (60, 1)))
    low, high = bootstrap_share(hits.astype(float), arcs.astype(float))
    for head in range(2):
        ratio = lambda a, b, axis: a.sum(axis=axis) / b.sum(axis=axis)  # noqa: E731
        data = (hits[:, head], arcs[:, head])
        drawn = stats.bootstrap(
            data, ratio, paired=True, n_resamples=9999, method="percentile", rng=1, vectorized=True
        )
        assert [low[head], high[head]] == pytest.approx(list(drawn.confidence_interval), abs=0.006)


def test_a_cluster_counts_once():
    """Ten copies of one protein change nothing where they are one cluster; alone they narrow the interval."""
    clusters = np.concatenate([np.zeros(11, dtype=int), np.arange(1, 31)])
    joined = summarize_feature(make_results(Protocol(), clusters=clusters), "site").columns
    apart = summarize_feature(make_results(Protocol()), "site").columns
    assert joined["clusters"][0] == 31 and apart["clusters"][0] == N_PROTEINS
    width = [found["share_high"][:5] - found["share_low"][:5] for found in (joined, apart)]
    assert (width[0] > width[1]).sum() >= 4
    table = make_results(Protocol()).feature("site")
    first = table.hits[:11].sum(axis=0) / table.arcs[:11].sum(axis=0)
    rest = table.hits[11:] / np.maximum(table.arcs[11:], 1)
    assert joined["median"][:5] == pytest.approx(np.median([first, *rest], axis=0)[:5])


def test_amino_acids_beside_blosum62():
    from Bio.Align import substitution_matrices

    names = [f"aa_{letter}" for letter in AMINO_ACIDS]
    results = make_results(Protocol(), names)
    summaries = {name: summarize_feature(results, name) for name in names}
    rows, about = _compare_amino_acids(results, summaries)
    assert len(rows) == 190 and about["heads"] == 5
    blosum = substitution_matrices.load("BLOSUM62")
    for first, second, correlation, score in rows[::17]:
        vectors = [summaries[f"aa_{one}"].columns["all_share"][:5] for one in (first, second)]
        assert correlation == pytest.approx(stats.pearsonr(*vectors).statistic)
        assert score == blosum[first, second]
    assert about["pearson"] == pytest.approx(
        stats.pearsonr(*zip(*[row[2:] for row in rows], strict=True)).statistic
    )
    assert _compare_amino_acids(results, {"aa_A": summaries["aa_A"]}) is None


def test_layers_are_means_of_heads_with_enough_arcs():
    results = make_results(Protocol())
    summary = summarize_feature(results, "site")
    rows = _layer_rows(results, {"site": summary})
    share = summary.columns["all_share"]
    means = [share[:3].mean(), share[3:5].mean()]
    assert [row[:3] for row in rows] == [("site", 1, 3), ("site", 2, 2)]
    assert [row[3] for row in rows] == pytest.approx(means)
    assert rows[0][5] == rows[1][5] == pytest.approx((means[0] + 2 * means[1]) / sum(means))
