"""Exported folders: whole, loadable offline, and what was trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
transformers = pytest.importorskip("transformers", reason="training needs transformers")

from safetensors.torch import load_file, save_file  # noqa: E402

from provis_core.training.export import load_exported, write_checkpoint, write_checksums  # noqa: E402
from provis_core.training.heads import read_attention  # noqa: E402
from provis_core.training.network import build_config, build_network  # noqa: E402
from tests.training.checksums import verify_checksums  # noqa: E402

pytestmark = pytest.mark.torch

BUNDLED = Path(__file__).parents[2] / "resources" / "provis_mini"
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
PROTEASE = (
    "PQITLWQRPLVTIKIGGQLKEALLDTGADDTVLEEMSLPGRWKPKMIGGIGGFIKVRQYDQILIEICGHKAIGTVLVGPTPVNIIGRNLLTQIGCTLNF"
)


@pytest.fixture
def network() -> Any:
    config = build_config(n_layers=2, width=32, n_heads=4, inner_width=48)
    config._attn_implementation = "eager"
    return build_network(config, seed=0).eval()


def test_round_trip_keeps_the_attention(network: Any, tmp_path: Path) -> None:
    write_checkpoint(network, tmp_path, {"name": "small", "default_head": "2-1"})
    loaded = load_exported(tmp_path)
    difference = read_attention(loaded, AMINO_ACIDS) - read_attention(network, AMINO_ACIDS)
    assert abs(difference).max() < 1e-4
    assert torch.equal(loaded.lm_head.decoder.weight, loaded.esm.embeddings.word_embeddings.weight)
    assert json.loads((tmp_path / "provis.json").read_text())["name"] == "small"


def test_missing_weight_is_an_error(network: Any, tmp_path: Path) -> None:
    write_checkpoint(network, tmp_path, {})
    weights = load_file(tmp_path / "model.safetensors")
    del weights["esm.encoder.layer.1.attention.self.key.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match="missing_keys"):
        load_exported(tmp_path)


def test_checksums_tell_a_changed_and_a_missing_file(network: Any, tmp_path: Path) -> None:
    write_checkpoint(network, tmp_path, {})
    write_checksums(tmp_path)
    assert verify_checksums(tmp_path) == []
    (tmp_path / "vocab.txt").write_text("A")
    (tmp_path / "provis.json").unlink()
    assert verify_checksums(tmp_path) == ["provis.json", "vocab.txt"]


class TestBundled:
    """The folder in the repository."""

    def test_files_are_whole(self) -> None:
        assert verify_checksums(BUNDLED) == []
        listed = {line.split("  ")[1] for line in (BUNDLED / "SHA256SUMS").read_text().splitlines()}
        assert listed == {path.name for path in BUNDLED.iterdir()} - {"SHA256SUMS"}
        assert (BUNDLED / "model.safetensors").stat().st_size < 25e6

    def test_every_key_matches_and_the_default_head_exists(self) -> None:
        network = load_exported(BUNDLED)
        facts = json.loads((BUNDLED / "provis.json").read_text())
        layer, head = map(int, facts["default_head"].split("-"))
        assert (layer, head) == (12, 4)
        assert network.config.num_hidden_layers >= layer
        assert network.config.num_attention_heads >= head
        assert facts["status"] in ("untrained", "placeholder", "trained")

    def test_amino_acids_have_ids_of_their_own(self) -> None:
        tokenizer = transformers.AutoTokenizer.from_pretrained(BUNDLED, local_files_only=True)
        ids = tokenizer(AMINO_ACIDS, add_special_tokens=False)["input_ids"]
        assert len(set(ids)) == 20
        assert tokenizer.unk_token_id not in ids

    def test_first_command_has_pairs_to_draw(self) -> None:
        """HIV-1 protease (1HPV chain A): at least 10 pairs of head 12-4 with a weight of 0.1 either way."""
        network = load_exported(BUNDLED)
        weights = read_attention(network, PROTEASE)[11 * network.config.num_attention_heads + 3]
        both = torch.from_numpy(weights).maximum(torch.from_numpy(weights).T)
        assert int((both.triu(1) >= 0.1).sum()) >= 10
