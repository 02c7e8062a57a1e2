"""A contact, as ESM's trained regression on the maps of all heads sees it."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.attribution.explain import explain, make_problem
from provis_core.errors import CheckpointError, InputError
from provis_core.models import load_model
from provis_core.targets.predictions import Prediction
from tests.models.family_cases import soften
from tests.models.test_classifiers import edit_weights
from tests.tiny_checkpoints import write_tiny_bert, write_tiny_esm

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

pytestmark = pytest.mark.torch

SEQUENCE = "PQITLWQRPLVTIK"
CONTACT = Prediction("contact", (2, 9))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An ESM whose regression has been trained, so to say: its weights are not those of a fresh one."""
    path = write_tiny_esm(tmp_path_factory.mktemp("esm"), n_layers=3)
    soften(path)
    name = "esm.contact_head.regression.weight"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        edit_weights(path, lambda state: {**state, name: 20 * torch.randn_like(state[name])})
    return path


@pytest.fixture(scope="module")
def model(folder):
    return load_model(folder, device="cpu")


def test_logits_are_those_of_transformers_own_head(folder, model):
    theirs = transformers.EsmForMaskedLM.from_pretrained(folder, attn_implementation="eager").eval()
    ids = torch.tensor([model.vocabulary.encode(one) for one in (SEQUENCE, SEQUENCE[::-1])])
    with torch.no_grad():
        expected = theirs.predict_contacts(ids, torch.ones_like(ids))
        ours = model.readout("contact").logits(ids)
    assert ours.shape == (2, len(SEQUENCE), len(SEQUENCE))
    assert np.ptp(expected.numpy()) > 0.1
    torch.testing.assert_close(ours.sigmoid(), expected, rtol=0, atol=1e-5)


def test_gradients_go_through_the_maps(folder, model):
    problem, _ = make_problem(model, SEQUENCE, CONTACT, "X")
    embedded = problem.embedded.clone().requires_grad_()
    with torch.enable_grad():
        (ours,) = torch.autograd.grad(problem.evaluate(embedded).sum(), [embedded])
    theirs = transformers.EsmForMaskedLM.from_pretrained(folder, attn_implementation="eager").eval()
    theirs.requires_grad_(False)
    given = problem.embedded.clone().requires_grad_()
    theirs.esm.embeddings.register_forward_hook(lambda *_: given)
    theirs.esm.contact_head.activation = torch.nn.Identity()
    with torch.enable_grad():
        logits = theirs.predict_contacts(problem.ids, torch.ones_like(problem.ids))
        (expected,) = torch.autograd.grad(logits[0, 2, 9], [given])
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-5)


def test_relevances_add_up_and_any_number_of_steps_in_a_pass_is_the_same(model):
    one, other = (explain(model, SEQUENCE, CONTACT, steps=40, batch=batch) for batch in (1, 4))
    assert one.prediction == "contact:3-10"
    assert one.error < 0.01
    assert not one.heads[-1].any()  # nothing reads what the last layer's heads give: the maps are read
    assert np.abs(one.heads[0]).max() > 1e-4
    np.testing.assert_allclose(one.residues, other.residues, rtol=0, atol=1e-5)
    np.testing.assert_allclose(one.heads, other.heads, rtol=0, atol=1e-5)


def test_a_head_that_the_checkpoint_lacks_is_refused_by_name(tmp_path):
    write_tiny_esm(tmp_path, n_layers=1)
    edit_weights(tmp_path, lambda state: {k: v for k, v in state.items() if "contact_head" not in k})
    model = load_model(tmp_path, device="cpu")
    with pytest.raises(CheckpointError, match=r"lack 2 of contact_head.*contact_head\.regression\.bias"):
        explain(model, SEQUENCE, CONTACT)
    assert explain(model, SEQUENCE, Prediction("likelihood"), steps=4).change


def test_another_family_is_refused(tmp_path):
    model = load_model(write_tiny_bert(tmp_path, n_layers=1), device="cpu")
    with pytest.raises(InputError, match=r"question to a network with a contact head.*masked language model"):
        explain(model, SEQUENCE, CONTACT)
