"""Logits are those of transformers' own class, and so is what its embedding module gives."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.errors import CheckpointError, InputError
from provis_core.models import load_model
from tests.models.family_cases import CASES
from tests.tiny_checkpoints import HIV_PROTEASE, write_tiny_bert, write_tiny_esm

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

pytestmark = pytest.mark.torch

SEQUENCE = HIV_PROTEASE[:30] + "X"
MASKED = {
    "bert": (write_tiny_bert, "BertForMaskedLM", "bert.embeddings"),
    "esm2": (partial(write_tiny_esm, rotary=True), "EsmForMaskedLM", "esm.embeddings"),
    "esm1b": (partial(write_tiny_esm, rotary=False), "EsmForMaskedLM", "esm.embeddings"),
    "albert": (CASES["albert"].write, "AlbertForMaskedLM", "albert.embeddings"),
    "esmc": (CASES["esmc"].write, "EsmcForMaskedLM", "esmc.embed_tokens"),
    "modernbert": (CASES["modernbert"].write, "ModernBertForMaskedLM", "model.embeddings"),
    "roformer": (CASES["roformer"].write, "RoFormerForMaskedLM", "roformer.embeddings"),
}


@pytest.mark.parametrize("name", MASKED)
def test_masked_language_models_give_the_logits_of_transformers(tmp_path, name):
    write, model_class, embedding = MASKED[name]
    write(tmp_path)
    model = load_model(tmp_path, device="cpu")
    ids = torch.tensor([model.vocabulary.encode(SEQUENCE), model.vocabulary.encode(SEQUENCE[::-1])])
    theirs = getattr(transformers, model_class).from_pretrained(tmp_path, attn_implementation="eager").eval()
    readout = model.readout()
    with torch.no_grad():
        expected = theirs(input_ids=ids).logits
        embedded = theirs.get_submodule(embedding)(ids)
        torch.testing.assert_close(readout.logits(ids), expected, rtol=1e-5, atol=5e-5)
        torch.testing.assert_close(readout.embed(ids), embedded, rtol=0, atol=1e-6)
        swapped = readout.logits(ids, embedded.flip(0))
    torch.testing.assert_close(swapped, expected.flip(0), rtol=1e-5, atol=5e-5)
    assert np.ptp(expected.numpy()) > 1


def test_tape_is_read_with_its_own_head(tmp_path):
    """The published file calls it ``mlm``; the logits are made from its tensors, as TAPE's code does."""
    CASES["tape"].write(tmp_path)
    CASES["tape-conversion"].write(tmp_path / "conversion")
    state = torch.load(tmp_path / "pytorch_model.bin", weights_only=True)
    network = transformers.BertModel.from_pretrained(tmp_path, add_pooling_layer=False)
    for folder in (tmp_path, tmp_path / "conversion"):
        model = load_model(folder, device="cpu")
        ids = torch.tensor([model.vocabulary.encode(SEQUENCE)])
        with torch.no_grad():
            hidden = network(input_ids=ids).last_hidden_state
            hidden = hidden @ state["mlm.transform.dense.weight"].T + state["mlm.transform.dense.bias"]
            hidden = torch.nn.functional.layer_norm(
                torch.nn.functional.gelu(hidden), hidden.shape[-1:], eps=1e-12
            )
            expected = hidden @ state["mlm.decoder.weight"].T + state["mlm.bias"]
            torch.testing.assert_close(model.readout().logits(ids), expected, rtol=0, atol=1e-4)


def test_embeddings_of_xlnet_have_the_sequences_first(tmp_path):
    """Its module gives the tokens first; turned the wrong way, a sequence would be mixed with the next."""
    CASES["xlnet"].write(tmp_path)
    model = load_model(tmp_path, device="cpu")
    from provis_core.models.readout import Readout

    class Hidden(torch.nn.Module):
        def forward(self, input_ids):
            output = model._network(input_ids=input_ids)
            return type("Output", (), {"logits": output.last_hidden_state})

    readout = Readout("token", Hidden(), model._network.word_embedding, embedding_axis=0)
    ids = torch.tensor([model.vocabulary.encode(SEQUENCE), model.vocabulary.encode(SEQUENCE[::-1])])
    with torch.no_grad():
        embedded = readout.embed(ids)
        torch.testing.assert_close(embedded, model._network.word_embedding(ids))
        torch.testing.assert_close(readout.logits(ids, embedded.flip(0)), readout.logits(ids).flip(0))


def test_a_gradient_flows_back_and_weights_have_none(tmp_path):
    write_tiny_bert(tmp_path)
    model = load_model(tmp_path, device="cpu")
    model.attend(SEQUENCE, [HeadId(0, 0)])
    readout = model.readout()
    ids = torch.tensor([model.vocabulary.encode(SEQUENCE)])
    embedded = readout.embed(ids).requires_grad_()
    readout.logits(ids, embedded)[0, 3, 5].backward()
    assert embedded.grad.abs().max() > 0
    assert all(weight.grad is None for weight in model._network.parameters())


def test_the_encoder_is_in_memory_once(tmp_path):
    write_tiny_bert(tmp_path)
    model = load_model(tmp_path, device="cpu")
    readout = model.readout()
    assert readout.network.bert is model._network
    assert model.readout() is readout


def test_an_encoder_alone_is_refused_by_what_it_lacks(tmp_path):
    from safetensors.torch import load_file, save_file

    write_tiny_bert(tmp_path)
    path = tmp_path / "model.safetensors"
    state = {key: value for key, value in load_file(path).items() if not key.startswith("cls.")}
    save_file(state, path, {"format": "pt"})
    with pytest.raises(CheckpointError, match=r"lack \d of BertForMaskedLM \(first: cls\.predictions"):
        load_model(tmp_path, device="cpu").readout()


@pytest.mark.parametrize("name", ["prot_t5", "xlnet"])
def test_families_without_a_masked_language_model_are_refused(tmp_path, name):
    CASES[name].write(tmp_path)
    with pytest.raises(InputError, match="no logits of the kind masked_lm"):
        load_model(tmp_path, device="cpu").readout()
