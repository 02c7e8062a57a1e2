"""The mean of some heads: the same as the mean of their maps, whole, as pairs, in windows and scanned."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId, HeadSet
from provis_core.errors import HeadRangeError
from tests.core.toy_scans import make_scan
from tests.tiny_checkpoints import write_tiny_bert
from tests.tiny_families import write_tiny_xlnet

pytest.importorskip("torch", reason="torch is not installed")

from provis_core.models import load_model
from provis_core.worker.tasks.attention import AttentionRequest
from provis_core.worker.tasks.scan import ScanRequest

pytestmark = pytest.mark.torch

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ"
HEADS = (HeadId(0, 1), HeadId(1, 0), HeadId(0, 0))
SETS = (HeadSet(HEADS), HeadSet(HEADS[:2], (3.0, 1.0)))


@pytest.fixture(scope="module", params=[write_tiny_bert, write_tiny_xlnet])
def model(request, tmp_path_factory):
    return load_model(request.param(tmp_path_factory.mktemp("model") / "tiny"), device="cpu")


def average(model, heads, sequence=SEQUENCE):
    maps = model.attend(sequence, heads.heads)
    return np.average([maps[head] for head in heads.heads], axis=0, weights=heads.shares)


@pytest.mark.parametrize("heads", SETS)
def test_the_mean_is_that_of_the_maps(model, heads):
    np.testing.assert_allclose(model.mean(SEQUENCE, heads), average(model, heads), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("heads", SETS)
def test_pairs_and_scan_are_those_of_the_mean(model, heads):
    mean = model.mean(SEQUENCE, heads)
    query, key, weight = model.arcs(SEQUENCE, heads, 0.06).select(heads, 0.06)
    assert len(weight)
    expected = np.nonzero(mean >= np.float32(0.06))
    np.testing.assert_array_equal((query, key), expected)
    np.testing.assert_array_equal(weight, mean[expected])
    scan = model.scan(SEQUENCE, ("separation", "special_tokens"), heads=heads)
    toy = make_scan(mean[None, None], SEQUENCE)
    assert (scan.n_layers, scan.n_heads) == (1, 1)
    np.testing.assert_allclose(scan.received, toy.received, rtol=1e-5)
    np.testing.assert_array_equal(scan.arcs.key, toy.arcs.key)
    for name in toy.metrics:
        np.testing.assert_allclose(scan.metrics[name].values, toy.metrics[name].values, rtol=1e-4)
    np.testing.assert_allclose(scan.top_pairs.score[0, 0, :5], toy.top_pairs.score[0, 0, :5], atol=1e-6)


def test_a_scan_of_one_head_is_its_row_of_all(model):
    whole = model.scan(SEQUENCE)
    one = model.scan(SEQUENCE, heads=HeadSet((HeadId(1, 1),)))
    np.testing.assert_allclose(one.received[0, 0], whole.received[1, 1], rtol=1e-5)
    for name in whole.metrics:
        np.testing.assert_allclose(
            one.metrics[name].values[0, 0], whole.metrics[name].values[1, 1], rtol=1e-4
        )
    np.testing.assert_array_equal(one.top_pairs.i[0, 0], whole.top_pairs.i[1, 1])


def test_windows_are_those_of_single_heads(model):
    heads = HeadSet((HeadId(1, 1),))
    single = model.arcs(SEQUENCE, [HeadId(1, 1)], 0.05, window=14, on_notice=lambda _: None)
    mean = model.arcs(SEQUENCE, heads, 0.05, window=14, on_notice=lambda _: None)
    for found, expected in zip(mean.select(heads, 0.05), single.select(HeadId(1, 1), 0.05), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_head_that_is_not_there(model):
    with pytest.raises(HeadRangeError, match="layer=99"):
        model.mean(SEQUENCE, HeadSet((HeadId(0, 0), HeadId(98, 0))))


def test_requests_of_one_head_keep_their_place_in_the_cache():
    one = AttentionRequest("ACD", "folder", "model", (1, 0))
    assert one.key("f") == AttentionRequest("ACD", "x", "y", (1, 0), others=(), weights=()).key("f")
    keys = {
        one.key("f"),
        AttentionRequest("ACD", "folder", "model", (1, 0), others=((0, 0),)).key("f"),
        AttentionRequest("ACD", "folder", "model", (1, 0), others=((0, 0),), weights=(0.75, 0.25)).key("f"),
        ScanRequest("ACD", "folder", "model").key("f"),
        ScanRequest("ACD", "folder", "model", heads=((1, 0), (0, 0))).key("f"),
    }
    assert len(keys) == 5
