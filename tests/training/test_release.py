"""From a run to the bundled folder: contact head, head of the first command and facts, all done again."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("transformers", reason="training needs transformers")
linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
StandardScaler = pytest.importorskip("sklearn.preprocessing").StandardScaler

from provis_core.training.export import load_exported, load_run  # noqa: E402
from provis_core.training.network import build_config, build_network  # noqa: E402
from provis_core.training.release import EXAMPLE, export_run  # noqa: E402
from tests.training.checksums import verify_checksums  # noqa: E402

from ..structures.files import THREE  # noqa: E402

pytestmark = pytest.mark.torch

LETTERS = list("ACDEFGHIKLMNPQRSTVWY")
SHAPE = {"width": 40, "n_heads": 5, "inner_width": 24}


@pytest.fixture(scope="module")
def chains() -> list[tuple[str, np.ndarray]]:
    rng = np.random.default_rng(11)
    found = []
    for n in (45, 52, 60):
        steps = rng.normal(size=(n, 3))
        walk = np.cumsum(3.8 * steps / np.linalg.norm(steps, axis=1, keepdims=True), axis=0)
        found.append(("".join(rng.choice(LETTERS, n)), walk.round(3)))
    return found


@pytest.fixture(scope="module")
def data(chains, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "structures").mkdir()
    (folder / "sequences").mkdir()
    for number, (sequence, coords) in enumerate(chains):
        lines = [
            f"ATOM  {k + 1:5d}  CA  {THREE[letter]} A{k + 1:4d}    {x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00"
            for k, (letter, (x, y, z)) in enumerate(zip(sequence, coords, strict=True))
        ]
        (folder / "structures" / f"c{number}.pdb").write_text("\n".join([*lines, "TER", "END", ""]))
    with gzip.open(folder / "sequences" / "heldout.fasta.gz", "wt") as file:
        file.write("".join(f">h{k}\n{sequence}\n" for k, (sequence, _) in enumerate(chains)))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """Twelve layers with heads that see few residues each."""
    folder = tmp_path_factory.mktemp("run")
    network: Any = build_network(build_config(n_layers=12, **SHAPE), seed=1)
    with torch.no_grad():
        for layer in network.esm.encoder.layer:
            layer.attention.self.query.weight.mul_(12)
            layer.attention.self.key.weight.mul_(12)
    state = {
        "network": network.state_dict(),
        "settings": SHAPE,
        "n_layers": 12,
        "progress": {"step": 7, "residues": 900, "stage": 0},
    }
    torch.save(state, folder / "checkpoint.pt")
    (folder / "log.jsonl").write_text('{"step": 7, "loss": 2.9}\n')
    return folder


@pytest.fixture(scope="module")
def out(run, data, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    export_run(run, folder, data, {"name": "small", "status": "placeholder", "note": "a test"})
    return folder


def eager(network: Any, folder: Path, sequence: str) -> np.ndarray:
    """Attention among residues, shape (12, 5, n, n), by transformers alone."""
    from transformers import AutoTokenizer

    network.set_attn_implementation("eager")
    tokens = AutoTokenizer.from_pretrained(folder)(sequence, return_tensors="pt")
    with torch.no_grad():
        maps = network.esm(**tokens, output_attentions=True).attentions
    return torch.cat(maps)[:, :, 1:-1, 1:-1].double().numpy()


def touching(coords: np.ndarray) -> np.ndarray:
    return np.linalg.norm(coords[:, None] - coords, axis=2) < 8


def test_what_is_written_says_what_it_is(out: Path) -> None:
    assert verify_checksums(out) == []
    facts = json.loads((out / "provis.json").read_text())
    expected = {
        "name": "small", "status": "placeholder", "note": "a test", "default_head": "12-4", "steps": 7,
        "residues_seen": 900,
    }  # fmt: skip
    assert {key: facts[key] for key in expected} == expected
    assert json.loads((out / "training_log.jsonl").read_text()) == {"run": 1, "step": 7, "loss": 2.9}
    assert sorted(facts["head_order_of_last_layer"]) == [1, 2, 3, 4, 5]
    assert 1 < facts["heldout_perplexity"] < 100


def test_the_network_is_that_of_the_run(run: Path, out: Path, chains) -> None:
    before, _ = load_run(run)
    order = json.loads((out / "provis.json").read_text())["head_order_of_last_layer"]
    for sequence, _ in chains:
        old, new = eager(before, out, sequence), eager(load_exported(out), out, sequence)
        np.testing.assert_allclose(new[:11], old[:11], atol=0.02)  # weights are float16 now
        np.testing.assert_allclose(new[11], old[11][[one - 1 for one in order]], atol=0.02)


def test_the_head_of_the_first_command_is_chosen_by_its_rule(run: Path, out: Path, chains) -> None:
    """Twice as often in contact as pairs as far apart, else that whose drawn pairs touch most often."""
    network, _ = load_run(run)
    order = json.loads((out / "provis.json").read_text())["head_order_of_last_layer"]
    top, drawn = np.zeros((2, 5)), np.zeros((2, 5))
    for sequence, coords in chains:
        maps, close = eager(network, out, sequence)[11], touching(coords)
        n = len(sequence)
        rate = [np.mean([close[i, i + apart] for i in range(n - apart)]) for apart in range(n)]
        for head, one in enumerate(maps):
            both = one + one.T
            both = both - np.outer(both.sum(axis=1), both.sum(axis=0)) / both.sum()
            pairs = [(i, j) for i in range(n) for j in range(i + 6, n)]
            best = sorted(pairs, key=lambda pair, both=both: -both[pair])[:n]
            top[:, head] += sum(close[pair] for pair in best), sum(rate[j - i] for i, j in best)
            strong = [(i, j) for i in range(n) for j in range(i + 1, n) if max(one[i, j], one[j, i]) >= 0.1]
            drawn[:, head] += len(strong), sum(close[pair] for pair in strong)
    example = np.maximum(*(part for part in _two_ways(eager(network, out, EXAMPLE)[11])))
    enough = (np.triu(example, 1) >= 0.1).sum(axis=(1, 2)) >= 10
    assert enough.sum() >= 2, "a choice is needed"
    ratio = np.where(enough, top[0] / top[1], -1)
    share = np.where(enough, drawn[1] / drawn[0], -1)
    best = int(ratio.argmax() if ratio.max() >= 2 else share.argmax())
    assert order[3] == best + 1
    assert [one for k, one in enumerate(order, 1) if k - 1 not in (3, best)] == [
        k for k in range(1, 6) if k - 1 not in (3, best)
    ]


def _two_ways(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return maps, maps.swapaxes(1, 2)


def test_the_contact_head_is_the_regression_of_scikit_learn(run: Path, out: Path, chains) -> None:
    """transformers' own ``predict_contacts`` gives what scikit-learn's regression on its attention gives."""
    from transformers import AutoTokenizer

    network, _ = load_run(run)
    features, labels, places = [], [], []
    for sequence, coords in chains:
        maps = eager(network, out, sequence).reshape(60, len(sequence), -1)
        both = maps + maps.swapaxes(1, 2)
        sums = both.sum(axis=2)
        both -= sums[:, :, None] * sums[:, None] / sums.sum(axis=1)[:, None, None]
        i, j = np.triu_indices(len(sequence), 6)
        features.append(both[:, i, j].T)
        labels.append(touching(coords)[i, j])
        places.append((i, j))
    scaler = StandardScaler()
    x = scaler.fit_transform(np.concatenate(features))
    fitted = linear_model.LogisticRegression(C=1.0, max_iter=5000, tol=1e-8).fit(x, np.concatenate(labels))
    exported = load_exported(out)
    exported.set_attn_implementation("eager")
    for (sequence, _), own, (i, j) in zip(chains, features, places, strict=True):
        tokens = AutoTokenizer.from_pretrained(out)(sequence, return_tensors="pt")
        with torch.no_grad():
            found = exported.esm.predict_contacts(tokens["input_ids"], tokens["attention_mask"])[0].numpy()
        expected = fitted.predict_proba(scaler.transform(own))[:, 1]
        np.testing.assert_allclose(found[i, j], expected, atol=0.05)
        assert np.corrcoef(found[i, j], expected)[0, 1] > 0.99


def test_the_perplexity_is_that_of_the_folder(out: Path, data: Path) -> None:
    from provis_core.training.corpus import load_heldout
    from provis_core.training.trainer import measure_loss

    said = json.loads((out / "provis.json").read_text())["heldout_perplexity"]
    assert math.exp(measure_loss(load_exported(out), load_heldout(data / "sequences"))) == pytest.approx(
        said, rel=0.02
    )
