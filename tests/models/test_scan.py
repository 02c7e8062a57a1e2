"""A scan equals plain numpy on transformers' eager attention, for every head and in any blocks."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.attention.head_scan import HeadScan
from provis_core.errors import CacheError, CheckpointError, HeadRangeError, InputError, SequenceError
from provis_core.models import load_model
from provis_core.scoring.metrics import ScoreMetric, known_metrics
from tests.models.eager import encode_by_transformers
from tests.models.scan_reference import apc_scores, compute_expected_metrics, rank_pairs
from tests.tiny_checkpoints import HIV_PROTEASE, write_tiny_bert, write_tiny_esm

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

pytestmark = pytest.mark.torch

N = len(HIV_PROTEASE)
METRICS = tuple(one.name for one in known_metrics() if not isinstance(one, ScoreMetric))
WRITERS = {
    "bert": partial(write_tiny_bert, n_layers=3, max_positions=130),
    "esm2": partial(write_tiny_esm, n_layers=3),
    "esm1b": partial(write_tiny_esm, n_layers=2, rotary=False),
}


def compute_whole_maps(folder) -> np.ndarray:
    """All maps with special tokens, by transformers, (n_layers, n_heads, n_tokens, n_tokens)."""
    import transformers

    network = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    ids = torch.tensor([encode_by_transformers(folder, HIV_PROTEASE)])
    with torch.no_grad():
        return torch.cat(network(input_ids=ids, output_attentions=True).attentions).numpy()


@pytest.fixture(scope="module", params=WRITERS)
def case(request, tmp_path_factory):
    """A model, and all its maps."""
    folder = WRITERS[request.param](tmp_path_factory.mktemp(request.param))
    return load_model(folder, device="cpu"), compute_whole_maps(folder)


def scan_all(model, **options) -> HeadScan:
    return model.scan(HIV_PROTEASE, METRICS, **options)


def check_scan(scan: HeadScan, whole: np.ndarray) -> None:
    """Raise unless everything in a scan follows from these maps."""
    maps = whole[:, :, 1:-1, 1:-1]
    n_layers, n_heads = maps.shape[:2]
    for name, expected in compute_expected_metrics(whole).items():
        np.testing.assert_allclose(scan.metrics[name].values, expected, rtol=2e-5, atol=1e-5, err_msg=name)
    np.testing.assert_allclose(scan.received, maps.sum(axis=2), rtol=0, atol=5e-5)
    for layer in range(n_layers):
        for head in range(n_heads):
            weights = maps[layer, head]
            query, key, weight = scan.arcs.select(HeadId(layer, head), 0.05)
            np.testing.assert_allclose(weight, weights[query, key], rtol=0, atol=1e-5)
            assert (weight >= 0.05).all()
            dense = np.zeros_like(weights)
            dense[query, key] = weight
            assert weights[dense == 0].max() < 0.05 + 1e-5
            assert np.bincount(query).max() <= 20
            rankings = (scan.top_pairs, apc_scores(weights)), (scan.plain_pairs, weights + weights.T)
            for pairs, expected in rankings:
                i, j, score = (getattr(pairs, name)[layer, head] for name in ("i", "j", "score"))
                check_ranges(i, j, score, expected)
                i, j, score = i[: 2 * N], j[: 2 * N], score[: 2 * N]
                ranked = rank_pairs(expected, 2 * N)
                np.testing.assert_allclose(score, expected[i, j], rtol=0, atol=2e-5)
                np.testing.assert_allclose(score, [expected[pair] for pair in ranked], rtol=0, atol=2e-5)
                assert len({*zip(i.tolist(), j.tolist(), strict=True)} ^ {*ranked}) <= 4  # equal to 1e-5
                assert (j - i >= 6).all()


def check_ranges(i, j, score, expected) -> None:
    """Raise unless the best 2 L pairs of short, medium and long range are there, the highest first."""
    assert (np.diff(score) <= 0).all()
    rows, columns = np.triu_indices(N, 6)
    for low, high in ((6, 12), (12, 24), (24, N)):
        mine = (j - i >= low) & (j - i < high)
        inside = (columns - rows >= low) & (columns - rows < high)
        best = np.sort(expected[rows[inside], columns[inside]])[::-1][: 2 * N]
        np.testing.assert_allclose(score[mine], best, rtol=0, atol=2e-5)


def test_everything_equals_numpy_on_eager_attention(case):
    model, whole = case
    assert whole.max() > 0.5
    scan = scan_all(model)
    assert set(scan.metrics) == {"entropy", "special_tokens", "separation"} == set(METRICS)
    assert (scan.n_layers, scan.n_heads, scan.n_positions) == (*whole.shape[:2], N)
    assert scan.arcs.known.all()
    check_scan(scan, whole)
    assert scan.windows.tolist() == [[0, N]]
    assert scan.notes == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda maps: maps[:, ::-1],
        lambda maps: maps.transpose(0, 1, 3, 2),
        lambda maps: maps[::-1],
        lambda maps: np.roll(maps, 1, axis=3),
        lambda maps: np.roll(maps, 1, axis=2),
    ],
    ids=["heads", "transposed", "layers", "keys", "queries"],
)
def test_wrong_maps_would_be_noticed(case, change):
    model, whole = case
    with pytest.raises(AssertionError):
        check_scan(scan_all(model), change(whole))


@pytest.mark.parametrize("block", [1, 150, 101 * 7, 101 * 101, 3 * 101 * 101, 10**7])
def test_same_in_blocks(case, block):
    """One weight, one row, some rows, one head, several heads and all heads at a time."""
    model, whole = case
    check_scan(scan_all(model, block=block), whole)


def test_blocks_without_ranked_pairs(case):
    model, _ = case
    expected = scan_all(model)
    for block in (150, 101 * 7, 10**7):
        scan = scan_all(model, block=block, top_pairs=False)
        assert scan.top_pairs is None
        assert scan.plain_pairs is None
        np.testing.assert_allclose(scan.received, expected.received, rtol=0, atol=5e-5)
        assert abs(scan.arcs.n_arcs - expected.arcs.n_arcs) <= 2


def test_arcs_of_some_heads_equal_those_of_the_scan(case):
    model, _ = case
    scan = scan_all(model)
    heads = [HeadId(1, 3), HeadId(0, 0)]
    arcs = model.arcs(HIV_PROTEASE, heads, 0.05, block=500)
    assert np.argwhere(arcs.known).tolist() == [[0, 0], [1, 3]]
    for head in heads:
        ours, theirs = arcs.select(head, 0.06), scan.arcs.select(head, 0.06)
        np.testing.assert_allclose(ours[2], theirs[2], rtol=0, atol=1e-5)
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[1], theirs[1])
    with pytest.raises(InputError, match="Head 1-2 is not among those that were computed"):
        arcs.select(HeadId(0, 1), 0.1)
    assert model.arcs(HIV_PROTEASE, []).n_arcs == 0
    with pytest.raises(HeadRangeError):
        model.arcs(HIV_PROTEASE, [HeadId(9, 0)])


def test_a_new_property_needs_no_new_run(case):
    model, whole = case
    scan = scan_all(model)
    maps = whole[:, :, 1:-1, 1:-1]
    kept = scan.arcs.weight >= np.float32(0.3)
    head = np.repeat(np.arange(maps.shape[0] * maps.shape[1]), np.diff(scan.arcs.offsets))[kept]
    got = np.stack([head, scan.arcs.query[kept], scan.arcs.key[kept]], axis=1)
    expected = np.argwhere(maps.reshape(-1, N, N) >= np.float32(0.3))
    assert sorted(map(tuple, got.tolist())) == sorted(map(tuple, expected.tolist()))
    near = np.random.default_rng(0).random((N, N)) < 0.2
    labels = near | near.T
    hits, n_taken, _ = scan.top_pairs.count_hits(
        labels[scan.top_pairs.i, scan.top_pairs.j].astype(np.float64), N, N
    )
    best = rank_pairs(apc_scores(maps[1, 2]), N)
    assert abs(hits[1, 2] / n_taken[1, 2] - np.mean([labels[pair] for pair in best])) < 3 / N


def test_layer_outputs_in_other_formats(case, tmp_path):
    """In bfloat16 fused attention makes the output, so a scan agrees with single heads."""
    model, _ = case
    half = load_model(model.config.folder, device="cpu", dtype="bfloat16")
    last = HeadId(model.n_layers - 1, 1)
    received = half.attention(HIV_PROTEASE, last).sum(axis=0)
    np.testing.assert_allclose(half.scan(HIV_PROTEASE).received[last], received, rtol=0, atol=1e-4)


def test_cancel_between_layers(case):
    model, whole = case

    class Cancelled(Exception):
        pass

    def cancel(done: int, total: int) -> None:
        assert total == model.n_layers
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        scan_all(model, on_layer=cancel)
    steps = []
    check_scan(scan_all(model, on_layer=lambda *step: steps.append(step)), whole)
    assert steps == [(done + 1, model.n_layers) for done in range(model.n_layers)]


def test_file_and_back(case, tmp_path):
    model, whole = case
    scan_all(model).save(tmp_path / "scan.npz")
    again = HeadScan.load(tmp_path / "scan.npz")
    check_scan(again, whole)
    assert (again.model, again.sequence, again.notes) == (model.name, HIV_PROTEASE, ())
    assert again.metrics["entropy"].unit == "nats"
    content = (tmp_path / "scan.npz").read_bytes()
    assert again.top_pairs.i.dtype == again.plain_pairs.j.dtype == np.int32
    with np.load(tmp_path / "scan.npz") as file:
        first_version = {name: file[name] for name in file.files if name != "format"}
        second_version = {**first_version, "format": np.array(2)}  # no pairs but the best 2 L
    for version in (first_version, second_version):
        np.savez(tmp_path / "old.npz", **version)
        with pytest.raises(CacheError, match="another version"):
            HeadScan.load(tmp_path / "old.npz")
    (tmp_path / "scan.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(CacheError, match="cannot be read"):
        HeadScan.load(tmp_path / "scan.npz")


def test_what_cannot_be_scanned(case):
    model, _ = case
    with pytest.raises(InputError, match=r"The metric is 'entropi'.*Did you mean entropy"):
        model.scan("MKT", ["entropi"])
    with pytest.raises(InputError, match="min_weight=0"):
        model.scan("MKT", min_weight=0)
    with pytest.raises(SequenceError, match="Letter 2"):
        model.scan("M-T")


def test_the_shortest_chains(case):
    model, _ = case
    for n in (1, 5, 6, 7, 8):
        scan = model.scan(HIV_PROTEASE[:n])
        assert scan.received.shape == (model.n_layers, model.n_heads, n)
        assert scan.top_pairs.i.shape[2] == (max(0, n - 6) * (max(0, n - 6) + 1)) // 2


def test_weights_that_are_no_numbers(tmp_path):
    model = load_model(write_tiny_bert(tmp_path, n_layers=2), device="cpu")
    model._network.encoder.layer[0].output.dense.bias.fill_(float("nan"))
    with pytest.raises(CheckpointError, match="in head 2-1 is not a number"):
        model.scan("MKTAYIAK", top_pairs=False)
    with pytest.raises(CheckpointError, match="in head 2-3 is not a number"):
        model.arcs("MKTAYIAK", [HeadId(1, 2)])
