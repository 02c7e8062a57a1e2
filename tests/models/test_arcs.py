"""Sparse pairs of many heads, on small maps known by hand. No torch."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.attention.arcs import Arcs, ArcsBuilder
from provis_core.attention.head_id import HeadId
from provis_core.errors import CacheError, HeadRangeError, InputError


def build() -> Arcs:
    builder = ArcsBuilder(2, 3, 5, 0.1)
    builder.add_heads(0, [0, 2])
    builder.add_heads(1, range(3))
    builder.add(1, np.array([2, 0]), np.array([4, 1]), np.array([0, 1]), np.array([0.5, 0.25], np.float32))
    builder.add(0, 2, np.array([3, 3, 0]), np.array([1, 0, 4]), np.array([0.3, 0.1, 0.9], np.float32))
    return builder.build()


def check(arcs: Arcs) -> None:
    assert arcs.offsets.tolist() == [0, 0, 0, 3, 4, 4, 5]
    assert arcs.layer.tolist() == [0, 0, 0, 1, 1]
    assert arcs.head.tolist() == [2, 2, 2, 0, 2]
    assert arcs.query.tolist() == [0, 3, 3, 1, 4]
    assert arcs.key.tolist() == [4, 0, 1, 1, 0]
    np.testing.assert_array_equal(arcs.weight, np.array([0.9, 0.1, 0.3, 0.25, 0.5], np.float32))
    assert (arcs.query.dtype, arcs.key.dtype, arcs.weight.dtype) == (np.uint16, np.uint16, np.float32)
    assert arcs.known.tolist() == [[True, False, True], [True, True, True]]
    assert (arcs.n_layers, arcs.n_heads, arcs.n_positions, arcs.min_weight) == (2, 3, 5, 0.1)


def test_sorted_by_head_query_and_key():
    arcs = build()
    check(arcs)
    assert arcs.n_arcs == 5
    assert arcs.n_bytes == 6 + 7 * 8 + 5 * (2 + 2 + 4)
    with pytest.raises(ValueError, match="read-only"):
        arcs.weight[0] = 0


def test_select():
    arcs = build()
    query, key, weight = arcs.select(HeadId(0, 2), 0.3)
    assert (query.tolist(), key.tolist()) == ([0, 3], [4, 1])
    assert weight.tolist() == [np.float32(0.9), np.float32(0.3)]
    assert (query.dtype, key.dtype) == (np.int64, np.int64)
    assert arcs.select(HeadId(0, 2), 0.1)[0].tolist() == [0, 3, 3]
    assert arcs.select(HeadId(0, 0), 0.1)[0].size == arcs.select(HeadId(1, 1), 1)[0].size == 0
    with pytest.raises(InputError, match="Head 1-2 is not among those that were computed"):
        arcs.select(HeadId(0, 1), 0.3)
    with pytest.raises(InputError, match=r"min_attn=0\.05». Weights from 0\.1 to 1 were kept"):
        arcs.select(HeadId(0, 2), 0.05)
    with pytest.raises(HeadRangeError):
        arcs.select(HeadId(2, 0), 0.3)


def test_file_and_back(tmp_path):
    path = tmp_path / "arcs.bin"
    build().save(path)
    check(Arcs.load(path))
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"PK\3\4 no archive", content[:-200]):
        path.write_bytes(damaged)
        with pytest.raises(CacheError, match=r"arcs\.bin cannot be read"):
            Arcs.load(path)
    np.savez(tmp_path / "other.npz", x=np.arange(3))
    with pytest.raises(CacheError, match="cannot be read"):
        Arcs.load(tmp_path / "other.npz")


@pytest.mark.parametrize(
    "name, value",
    [
        ("format", np.array(2)),
        ("query", np.array([0, 3, 3, 1, 9], np.uint16)),
        ("weight", np.zeros(4, np.float32)),
        ("offsets", np.array([0, 3, 0, 3, 4, 4, 5])),
        ("offsets", np.array([0, 5])),
        ("known", np.ones((3, 3), bool)),
        ("query", np.array([{}, 3, 3, 1, 4], object)),
    ],
)
def test_files_that_do_not_fit(tmp_path, name, value):
    arrays = build().to_arrays() | {name: value}
    np.savez(tmp_path / "arcs.npz", **arrays)
    with pytest.raises(CacheError, match="cannot be read"):
        Arcs.load(tmp_path / "arcs.npz")


def test_long_chains_have_wider_positions():
    builder = ArcsBuilder(1, 1, 70_000, 0.05)
    builder.add(0, 0, np.array([69_999]), np.array([65_536]), np.array([0.5], np.float32))
    arcs = builder.build()
    assert (arcs.query.tolist(), arcs.key.tolist(), arcs.key.dtype) == ([69_999], [65_536], np.int32)


@pytest.mark.parametrize("min_weight", [0, -1, 1.5, float("nan")])
def test_min_weight_out_of_range(min_weight):
    with pytest.raises(InputError, match="min_weight="):
        ArcsBuilder(1, 1, 5, min_weight)
