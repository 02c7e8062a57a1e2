"""AntiBERTy (Ruffolo, Gray, Sulam, arXiv 2112.07782) with its real weights, from its Python package."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.checkpoints.config import read_config, read_vocabulary
from provis_core.models import load_model
from tests.models.eager import compute_eager_attention, encode_by_transformers

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

pytestmark = pytest.mark.torch

HEAVY_CHAIN = (
    "EVQLVQSGPEVKKPGTSVKVSCKASGFTFMSSAVQWVRQARGQRLEWIGWIVIGSGNTNYAQKFQERVTI"
    "TRDMSTSTAYMELSSLRSEDTAVYYCAAPYCSSISCNDGFDIWGQGTMVTVS"
)
"""The example of AntiBERTy's own README."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Its three files beside each other; the package keeps the vocabulary one folder up."""
    spec = importlib.util.find_spec("antiberty")
    if spec is None or spec.origin is None:
        pytest.skip("antiberty is not installed")
    trained = Path(spec.origin).parent / "trained_models"
    folder = tmp_path_factory.mktemp("antiberty")
    shutil.copy(trained / "vocab.txt", folder)
    shutil.copy(trained / "AntiBERTy_md_smooth" / "config.json", folder)
    (folder / "pytorch_model.bin").symlink_to(trained / "AntiBERTy_md_smooth" / "pytorch_model.bin")
    return folder


def test_every_head_equals_eager_attention(folder):
    model = load_model(folder, device="cpu")
    assert (model.family, model.n_layers, model.n_heads, model.max_residues) == ("AntiBERTy", 8, 8, 510)
    reference = compute_eager_attention(folder, HEAVY_CHAIN)
    assert reference.max() > 0.5
    heads = [HeadId(layer, head) for layer in range(8) for head in range(8)]
    for head, weights in model.attend(HEAVY_CHAIN, heads).items():
        np.testing.assert_allclose(weights, reference[head], rtol=0, atol=1e-5)


def test_unknown_residues_are_its_unknown_token(folder):
    """Its vocabulary has no X; its tokenizer reads such letters as [UNK]."""
    from provis_core.checkpoints.config import read_config, read_vocabulary

    sequence = HEAVY_CHAIN[:10] + "XUBZO"
    assert read_vocabulary(read_config(folder)).encode(sequence) == encode_by_transformers(folder, sequence)


def test_the_package_s_own_folder_is_read_where_it_is(folder):
    """There the vocabulary is one folder up."""
    from provis_core.checkpoints.config import read_config, read_vocabulary

    installed = (folder / "pytorch_model.bin").resolve().parent
    assert not (installed / "vocab.txt").exists()
    config = read_config(installed)
    assert (config.family, config.n_layers) == ("AntiBERTy", 8)
    copied = read_vocabulary(read_config(folder))
    assert read_vocabulary(config).encode(HEAVY_CHAIN) == copied.encode(HEAVY_CHAIN)


def test_the_vocabulary_is_known_where_none_lies_beside_the_weights(folder, tmp_path):
    """As in the repository on the hub."""
    bare = tmp_path / "snapshot"
    bare.mkdir()
    for name in ("config.json", "pytorch_model.bin"):
        (bare / name).symlink_to(folder / name)
    ids = [read_vocabulary(read_config(place)).encode(HEAVY_CHAIN) for place in (bare, folder)]
    assert ids[0] == ids[1]
