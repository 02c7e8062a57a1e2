"""Counts equal a plain double loop over residue pairs, and those of one chain that the commands make."""

from __future__ import annotations

import json

import numpy as np
import pytest

from provis_core.models import load_model
from provis_core.proteins.protein import Protein
from provis_core.proteins.reading import read_proteins
from provis_core.scoring.circular_shifts import shift_residues
from provis_core.scoring.head_counts import KnownResidues, count_pair_property, count_residue_property
from provis_core.scoring.sinks import find_sinks, measure_sinks
from provis_core.survey.blocks import PER_FEATURE, count_block
from provis_core.survey.counting import count_protein, draw_shifts
from provis_core.survey.gathering import Gatherer
from provis_core.survey.labels import make_labels
from provis_core.survey.protocol import Protocol

from ..data import find_structure
from ..models.family_cases import CASES, compute_eager
from .plain import count_plainly

torch = pytest.importorskip("torch", reason="torch is not installed")
# whole: the lean import of `load_model` leaves out what writes checkpoints of XLNet
pytest.importorskip("transformers.modeling_utils", reason="transformers is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

pytestmark = pytest.mark.torch

FEATURES = ("contact", "site", "ptm", "ss", "aa", "b_factor", "near", "buried")
PROTOCOL = Protocol(features=FEATURES, n_shifts=7, options={"source": "viewer"})


@pytest.fixture(scope="module", params=["tape", "xlnet"])
def case(request, tmp_path_factory):
    case = CASES[request.param]
    folder = case.write(tmp_path_factory.mktemp(request.param))
    return case, folder, load_model(folder, device="cpu")


@pytest.fixture(scope="module")
def proteins(tmp_path_factory):
    """A chain with unresolved residues, one with all kinds of labels, and a short one."""
    (real, *_) = [
        one
        for one in read_proteins([find_structure("mmcif/1a4w.cif.gz")])
        if isinstance(one, Protein) and one.name.endswith("_H")
    ]
    path = tmp_path_factory.mktemp("set") / "set.jsonl"
    rng = np.random.default_rng(1)
    n = 60
    walk = np.cumsum(rng.normal(size=(n, 3)), axis=0) * 1.5
    labels = {
        "id": "made",
        "sequence": "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), n - 1)) + "X",
        "ca_coords": [None if k % 13 == 5 else point for k, point in enumerate(walk.tolist())],
        "ss": "".join(rng.choice(list("HGETSC-"), n)),
        "binding_site": [0, 3, 17, 59],
        "ptm": [],
        "near": [[k, k + apart] for k in range(0, n - 2, 2) for apart in (1, 2)],
        "b_factor": {"numbers": [None, *rng.normal(size=n - 1).tolist()]},
        "buried": "".join(rng.choice(list("01-"), n)),
    }
    path.write_text(json.dumps(labels) + "\n" + json.dumps({"id": "short", "sequence": "MKW"}) + "\n")
    return [real.truncate(120), *read_proteins([path])]


def by_name(arrays, facts, place, n_heads):
    """Arrays of one protein of a block, by feature and name."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for name in facts["features"]:
        rows = np.flatnonzero(arrays[f"{name}|place"] == place)
        if len(rows):
            found[name] = {
                key: arrays[f"{name}|{key}"][rows[0]]
                for key in (*PER_FEATURE, "background", "paper_background")
            }
    return found


def test_counts_equal_a_plain_double_loop(case, proteins):
    family, folder, model = case
    arrays = count_block(model, proteins, PROTOCOL, {})
    facts = json.loads(bytes(arrays["facts"]).decode())
    assert [one["name"] for one in facts["proteins"]] == [one.name for one in proteins]
    seen = set()
    for place, protein in enumerate(proteins):
        maps = compute_eager(family, folder, protein.sequence)
        assert np.abs(maps - 0.3).min() > 2e-6, "a weight too near the threshold: choose another seed"
        known = protein.annotate(FEATURES, source="viewer").known
        all_arcs, expected = count_plainly(maps, known, protein.places, 0.3)
        np.testing.assert_array_equal(arrays["arcs"][place], all_arcs.ravel())
        found = by_name(arrays, facts, place, model.n_heads)
        assert set(found) == set(expected)
        for name, counts in expected.items():
            numeric = known[name].is_numeric
            for key in ("arcs", "pairs", *(() if numeric else ("hits", "pair_hits"))):
                np.testing.assert_array_equal(
                    found[name][key], getattr(counts, key).ravel(), err_msg=f"{name} {key}"
                )
            close = (
                "expected",
                "weighted_hits",
                "weighted_counts",
                *(("hits", "pair_hits") if numeric else ()),
            )
            for key in close:
                np.testing.assert_allclose(
                    found[name][key], getattr(counts, key).ravel(), rtol=1e-4, atol=1e-3
                )
            for key in ("background", "paper_background"):
                np.testing.assert_allclose(found[name][key], getattr(counts, key), rtol=1e-6)
            seen |= {name} if counts.hits.any() else set()
        np.testing.assert_allclose(
            arrays["special"][place],
            (protein.n_positions - maps.sum(axis=(2, 3))).ravel(),
            rtol=1e-4,
            atol=1e-3,
        )
    assert {"contact", "binding_site", "ss_H", "aa_L", "near", "b_factor", "buried"} <= seen


def test_counts_equal_those_of_the_commands(case, proteins):
    """Like-for-like counts, weighted sums, shifts and sinks are those of ``provis heads``."""
    _, _, model = case
    for protein in proteins[:2]:
        scan = model.scan(protein.sequence, top_pairs=False)
        known = protein.annotate(FEATURES, source="viewer").known
        residues, pairs = make_labels(protein, known)
        gatherer = Gatherer(protein.n_positions, model.n_layers, model.n_heads, 0.3, pairs, "cpu")
        model.show_heads([protein.sequence], lambda take=gatherer.take: lambda a, _, b, c: take(a, b, c))
        shifts = draw_shifts(protein.sequence, 7)
        counts = count_protein(gatherer.finish(), residues, pairs, shifts)
        for name, annotation in known.items():
            if name == "near":
                continue  # of pairs that are neighbours, which no command has
            where = KnownResidues.find(_as_chain(protein), annotation)
            count = count_residue_property if annotation.kind == "residue" else count_pair_property
            reference = count(scan, where, annotation, 0.3, shifts=True)
            ours = counts.features[name]
            exact = not annotation.is_numeric
            check = np.testing.assert_array_equal if exact else _nearly
            check(ours.hits, reference.hits[:, 0])
            np.testing.assert_array_equal(ours.arcs, reference.counts[:, 0])
            assert ours.background == pytest.approx((reference.background_hits, reference.background_counts))
            m = len(where.residues) if annotation.kind == "pair" else int(where.moves.sum())
            steps = 1 + (shifts * (m - 1)).astype(int)
            check(ours.shift_hits, np.rint(reference.hits[:, steps]) if exact else reference.hits[:, steps])
            np.testing.assert_array_equal(ours.shift_arcs, reference.counts[:, steps])
            if annotation.kind == "residue":
                _nearly(ours.weighted_hits, reference.weighted_hits[:, 0])
                _nearly(ours.weighted_counts, reference.weighted_counts[:, 0])
        sinks = find_sinks(scan)
        special, sink, _ = measure_sinks(scan, sinks, scan.arcs.weight >= np.float32(0.3))
        _nearly(counts.special / protein.n_positions, special)
        _nearly(counts.sink / protein.n_positions, sink)


def _nearly(ours, reference):
    np.testing.assert_allclose(ours, reference, rtol=1e-4, atol=2e-3)


def _as_chain(protein):
    """The map of a chain that has a residue for every position: annotations are aligned to them."""
    from dataclasses import replace

    return replace(protein.sequence_map, residue_index=np.arange(protein.n_positions))


def test_shifts_are_those_of_circular_shifts():
    rng = np.random.default_rng(3)
    weights, values = rng.integers(0, 4, (5, 30)), rng.random(30) < 0.3
    everywhere = np.ones(30, dtype=bool)
    whole = shift_residues(weights, values, everywhere)
    assert np.allclose(whole[:, 4], [(row * np.roll(values, 4)).sum() for row in weights])
    assert draw_shifts("a", 5).tolist() == draw_shifts("a", 5).tolist() != draw_shifts("b", 5).tolist()


def test_a_block_is_the_same_whatever_the_batches(case, proteins):
    _, _, model = case
    whole = count_block(model, proteins, PROTOCOL, {})
    apart = count_block(model, proteins, Protocol(**{**vars(PROTOCOL), "batch_tokens": 1}), {})
    for key, array in whole.items():
        if array.dtype.kind == "i":
            np.testing.assert_array_equal(array, apart[key], err_msg=key)
