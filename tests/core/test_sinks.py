"""Residues that everybody attends to: by a loop, in short chains, and in windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from provis_core.scoring.sinks import find_sinks, measure_sinks

from .toy_scans import make_scan


def _maps(n: int, seed: int = 0) -> np.ndarray:
    """Attention of which some columns get much: from all, from some, from one."""
    rng = np.random.default_rng(seed)
    maps = rng.dirichlet(np.full(n, 0.3), (2, 2, n)) * 0.4
    maps[0, 0, :, 3] += 0.3
    maps[0, 1, : n // 2, 4] += 0.3
    maps[0, 1, : n // 2 - 3, 5] += 0.3
    maps[1, 0, 7, 6] += 0.6
    maps[1, 1, :, 8] += 0.04
    return maps.astype(np.float32)


@pytest.mark.parametrize("n", [12, 40, 90])
@pytest.mark.parametrize("min_weight", [0.02, 0.05, 0.1])
def test_sinks_by_a_loop(n, min_weight):
    maps = _maps(n)
    weight = max(0.05, min_weight, 2 / n)
    sinks = find_sinks(make_scan(maps, min_weight=min_weight))
    for layer, head, key in np.ndindex(2, 2, n):
        n_attending = sum(maps[layer, head, query, key] >= np.float32(weight) for query in range(n))
        assert sinks[layer, head, key] == (n_attending >= n / 2)
    assert sinks[0, 0, 3]
    assert not sinks[1, 0, 6]  # much from one residue


def test_even_attention_in_a_short_chain_is_no_sink():
    assert not find_sinks(make_scan(np.full((1, 1, 10, 10), 0.1))).any()


def test_in_windows_those_count_that_could_attend():
    n = 60
    maps = np.zeros((1, 1, n, n), dtype=np.float32)
    maps[0, 0, :30, 5] = 0.5  # all of the first window
    maps[0, 0, 20:45, 25] = 0.5  # 25 of the 50 that share a window with it
    maps[0, 0, 35:49, 40] = 0.5  # 14 of the 40 that do
    scan = replace(make_scan(maps), windows=np.array([[0, 30], [20, 50], [30, 60]]))
    assert np.flatnonzero(find_sinks(scan)).tolist() == [5, 25]
    assert not find_sinks(make_scan(maps))[0, 0, 25]  # 25 of all 60


def test_what_goes_there():
    maps = _maps(50)
    scan = make_scan(maps)
    counted = scan.arcs.weight >= np.float32(0.05)
    special, sink, arcs = measure_sinks(scan, find_sinks(scan), counted)
    sinks = find_sinks(scan)
    for flat, (layer, head) in enumerate(np.ndindex(2, 2)):
        weights, columns = maps[layer, head], sinks[layer, head]
        assert special[flat] == pytest.approx(1 - weights.sum() / 50, abs=1e-5)
        assert sink[flat] == pytest.approx(weights[:, columns].sum() / 50, abs=1e-6)
        strong = weights >= np.float32(0.05)
        assert arcs[flat] == pytest.approx(strong[:, columns].sum() / strong.sum())
    without = replace(scan, metrics={})  # the rows tell the share of special tokens
    np.testing.assert_allclose(measure_sinks(without, sinks, counted)[0], special, atol=1e-5)
    assert np.isnan(measure_sinks(scan, sinks, np.zeros_like(counted))[2]).all()
