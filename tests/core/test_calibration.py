"""Attention that knows nothing of a structure is beyond chance as rarely as it may; planted heads are found.

The attention is that of heads that look a few residues on, which cannot reach every end of a chain, and of
the bundled model on shuffled sequences; the properties are made up, of each kind that is scored. Properties
of the ends of chains, like high B-factors, are what a shift over the whole chain gets wrong.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from provis_core.annotations.annotation import Annotation
from provis_core.scoring.head_scores import SIGNIFICANT
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.sequence import SequenceMap

from .toy_scans import make_scan

N = 76
N_CHAINS = 100
PROPERTIES = ("b_factor", "conservation", "helix", "strand", "site", "amino_acid", "contact")
UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"


def _stretches(rng, shortest: int, longest: int, between: tuple[int, int]):
    """Stretches of residues, none of them at an end of the chain."""
    has, place = np.zeros(N, bool), int(rng.integers(3, 12))
    while place < N - 3:
        length = int(rng.integers(shortest, longest + 1))
        has[place : min(place + length, N - 3)] = True
        place += length + int(rng.integers(*between))
    return has


def make_property(name: str, rng) -> Annotation:
    """Something that a protein of N residues could have."""
    place = np.arange(N)
    smooth = np.convolve(rng.normal(size=N + 4), np.ones(5) / 5, mode="valid")
    to_end = np.minimum(place, N - 1 - place)
    values = {
        "b_factor": lambda: 20 + 5 * smooth + 60 * np.exp(-to_end / 2.5),
        "conservation": lambda: smooth + 0.3 * rng.normal(size=N),
        "helix": lambda: _stretches(rng, 8, 16, (3, 12)),
        "strand": lambda: _stretches(rng, 4, 7, (3, 9)),
        "site": lambda: smooth > np.quantile(smooth, 0.88),
        "amino_acid": lambda: rng.random(N) < 0.25,
        "contact": lambda: _walk(rng),
    }[name]()
    pair = {"kind": "pair", "min_separation": 6} if name == "contact" else {"kind": "residue"}
    return Annotation(
        name=name, values=values, valid=np.ones(N, bool), source="toy", method="made up", **pair
    )


def _walk(rng):
    """Contacts of a compact random walk."""
    coords = np.zeros((N, 3))
    for k in range(1, N):
        step = rng.normal(size=3)
        coords[k] = 0.93 * coords[k - 1] + 3.8 * step / np.linalg.norm(step)
    apart = np.abs(np.subtract.outer(np.arange(N), np.arange(N)))
    return (np.linalg.norm(coords[:, None] - coords, axis=2) < 8) & (apart >= 6)


def _neighbour_maps(rng):
    """12 heads; most look 1 to 4 residues on or back from two residues in three, the others anywhere."""
    maps = rng.dirichlet(np.full(N, 0.05), (2, 6, N)) * 0.4
    for head, step in zip(np.ndindex(2, 6), (1, 2, -1, -2, 1, -1, 3, 4, 1, -4, 0, 0), strict=True):
        rows = np.flatnonzero((rng.random(N) < 0.67) & (np.arange(N) + step >= 0) & (np.arange(N) + step < N))
        if step:
            maps[head][rows, rows + step] += 0.6
        else:
            maps[head] *= 2.5
    return maps


def _count_false(scans, sequence_maps, name: str) -> int:
    rng = np.random.default_rng(17)
    n_false = 0
    for scan, sequence_map in zip(scans, sequence_maps, strict=True):
        scores = compute_head_scores(scan, sequence_map, make_property(name, rng))
        assert (scores.p_fdr[scores.is_significant] > 0).all()
        n_false += bool(scores.is_significant.any())
    return n_false


def _most(n: int) -> int:
    """So many of n are rarely exceeded (1 in 1000) where each is false with 5 %."""
    from math import comb

    rest, most = 1.0, -1
    while rest > 1e-3:
        most += 1
        rest -= comb(n, most) * SIGNIFICANT**most * (1 - SIGNIFICANT) ** (n - most)
    return most


@pytest.fixture(scope="module")
def random_scans():
    rng = np.random.default_rng(2)
    return [make_scan(_neighbour_maps(rng)) for _ in range(N_CHAINS)]


@pytest.mark.parametrize("name", PROPERTIES)
def test_random_heads_are_beyond_chance_in_one_of_twenty_chains_at_most(random_scans, name):
    n_false = _count_false(random_scans, [SequenceMap("A" * N, np.arange(N))] * N_CHAINS, name)
    assert n_false <= _most(N_CHAINS)


@pytest.fixture(scope="module")
def shuffled_scans():
    """The bundled model on shuffled sequences of ubiquitin."""
    pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("transformers", reason="transformers is not installed")
    from provis_core.models import load_model

    model, rng = load_model("provis_mini", device="cpu"), np.random.default_rng(4)
    return [model.scan("".join(rng.permutation(list(UBIQUITIN)))) for _ in range(50)]


@pytest.mark.torch
@pytest.mark.parametrize("name", PROPERTIES)
def test_the_bundled_model_on_shuffled_sequences_finds_nothing(shuffled_scans, name):
    binomtest = pytest.importorskip("scipy.stats", reason="scipy is not installed").binomtest
    maps = [SequenceMap(scan.sequence, np.arange(N)) for scan in shuffled_scans]
    n_false = _count_false(shuffled_scans, maps, name)
    interval = binomtest(n_false, len(maps)).proportion_ci(0.99)
    assert interval.low <= SIGNIFICANT, f"{n_false} of {len(maps)}, {interval.low:.3f} to {interval.high:.3f}"


@pytest.mark.parametrize(
    ("name", "n"), [*((name, N) for name in PROPERTIES), ("helix", 2 * N), ("b_factor", 2 * N)]
)
def test_planted_heads_are_found(name, n, monkeypatch):
    """Half of what one head gives goes to what has the property, as the residues come.

    Smooth properties of a short chain have few places that are independent of each other: a shift often
    meets them again. That a longer chain has them found tells that nothing else is in the way.
    """
    monkeypatch.setattr(sys.modules[__name__], "N", n)
    rng, n_first, n_found = np.random.default_rng(8), 0, 0
    for _ in range(12):
        annotation, maps = make_property(name, rng), _neighbour_maps(rng)
        planted = maps[1, 5]  # a view
        planted *= 0.3
        values = annotation.values
        if annotation.kind == "pair":
            for row in np.flatnonzero(values.any(axis=1)):
                planted[row, rng.choice(np.flatnonzero(values[row]))] += 0.6
        else:
            inner = values[5:-5]
            has = 5 + np.flatnonzero(inner > np.quantile(inner, 0.8) if annotation.is_numeric else inner)
            planted[np.arange(N), rng.permutation(np.resize(has, N))] += 0.6
        scores = compute_head_scores(make_scan(maps), SequenceMap("A" * N, np.arange(N)), annotation)
        n_first += scores.best(1) == [(1, 5)]
        n_found += bool(scores.is_significant[1, 5])
    assert n_first >= 10
    assert n_found >= (6 if name in ("helix", "b_factor") and n < 100 else 10)
