"""Explanations by a real worker: the same numbers as without one, found again, and stopped between steps."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError, JobCancelledError
from provis_core.models import load_model
from provis_core.targets.predictions import Prediction
from provis_core.worker.host.transport import ProcessTransport
from provis_core.worker.tasks.classes import ClassesRequest
from provis_core.worker.tasks.explain import ExplainRequest
from tests.patience import PATIENCE
from tests.tiny_checkpoints import write_tiny_bert

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("torch", "transformers")),
        reason="torch or transformers is not installed",
    ),
]

SEQUENCE = "MKVLATGGHW"
MUTATION = Prediction("substitution", (3,), "LV")


def test_a_worker_explains(make_client: Callable, worker_python: Path, tmp_path: Path) -> None:
    from provis_core.attribution.explain import explain

    folder = write_tiny_bert(tmp_path / "tiny", n_layers=3)
    client = make_client(transport_factory=lambda: ProcessTransport(worker_python))
    request = ExplainRequest(
        SEQUENCE, str(folder), "tiny", MUTATION.to_json(), steps=8, head=(1, 2), device="cpu"
    )
    stages: list[str] = []
    result = client.submit(request, on_progress=lambda one: stages.append(one.stage)).result(PATIENCE)
    assert [stage for stage in stages if stage.startswith("step")][-1] == "step 8 of 8"
    ours = result.load()
    expected = explain(load_model(folder, device="cpu"), SEQUENCE, MUTATION, steps=8, head=HeadId(1, 2))
    for name in ("residues", "heads", "head_sums", "pairs"):
        np.testing.assert_allclose(getattr(ours, name), getattr(expected, name), rtol=0, atol=1e-6)
    assert (ours.model, ours.prediction, ours.sequence) == ("tiny", "L4V", SEQUENCE)
    again = client.submit(request).result(PATIENCE)
    assert (again.cached, again.path) == (True, result.path)

    told = client.submit(ClassesRequest(SEQUENCE, str(folder), "tiny", device="cpu")).result(PATIENCE)
    assert (told.load().sequence, told.load().logits) == (SEQUENCE, {})

    other = client.submit(replace(request, prediction=Prediction("class", classes=("Heavy",)).to_json()))
    assert isinstance(other.exception(PATIENCE), InputError)

    heard: list[str] = []
    job = client.submit(
        replace(request, steps=1000),
        on_progress=lambda one: (
            heard.append(one.stage), client.cancel_all() if one.stage.startswith("step 3") else 0
        ),
    )  # fmt: skip
    assert isinstance(job.exception(PATIENCE), JobCancelledError)
    assert client.submit(request).result(PATIENCE).cached


def test_whatever_changes_the_numbers_changes_the_key(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    base = ExplainRequest(SEQUENCE, str(tmp_path / "m"), "m", MUTATION.to_json())
    others = [
        replace(base, sequence="MKV"),
        replace(base, prediction=replace(MUTATION, masked=True).to_json()),
        replace(base, method="paper"),
        replace(base, baseline="mask"),
        replace(base, steps=20),
        replace(base, head=(0, 1)),
        replace(base, device="cuda:1"),
    ]
    keys = [one.key("f") for one in (base, *others)]
    assert len(set(keys)) == len(keys)
    assert replace(base, model="other", job=3).key("f") == keys[0]
    assert base.key("g") != keys[0]
    (tmp_path / "m" / "membrane.readout.safetensors").write_bytes(b"other weights")
    assert base.key("f") != keys[0]
