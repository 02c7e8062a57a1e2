"""What classifiers say of a sequence and of its baseline: the logits of transformers' own classes."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.attribution.classes import compute_classes
from provis_core.attribution.explain import explain
from provis_core.errors import InputError, SequenceError
from provis_core.models import load_model
from provis_core.targets.predictions import Prediction
from tests.models.test_classifiers import write_classifier

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

pytestmark = pytest.mark.torch

SEQUENCE = "PQITLWQRPL"


@pytest.mark.parametrize("kind", ["sequence", "token"])
def test_logits_of_sequence_and_baseline(tmp_path, kind):
    write_classifier(tmp_path, "Bert", kind)
    model = load_model(tmp_path, device="cpu")
    found = compute_classes(model, SEQUENCE, "mask")
    ids = torch.tensor([model.vocabulary.encode(SEQUENCE)] * 2)
    ids[1, 1:-1] = model.vocabulary.mask
    name = {"sequence": "SequenceClassification", "token": "TokenClassification"}[kind]
    theirs = getattr(transformers, f"BertFor{name}").from_pretrained(tmp_path, dtype=torch.float32).eval()
    with torch.no_grad():
        expected = theirs(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    expected = expected if kind == "sequence" else expected[:, 1:-1]
    assert (found.sequence, found.baseline, list(found.logits)) == (SEQUENCE, "mask", [kind])
    assert np.ptp(expected.numpy(), axis=0).max() > 0.1
    np.testing.assert_allclose(found.logits[kind], expected, rtol=0, atol=1e-5)
    with pytest.raises(InputError, match=r"question to a masked language model.*a classifier"):
        explain(model, SEQUENCE, Prediction("substitution", (4,), "LV"))
    with pytest.raises(InputError, match=r"question to a masked language model"):
        explain(model, SEQUENCE, Prediction("likelihood"))
    with pytest.raises(SequenceError, match="not stitched together"):
        compute_classes(model, 100 * SEQUENCE)
