"""The panel's state with a viewer and a worker in memory."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.attention import HeadId
from provis_core.edges import select_edges
from provis_core.sequence import compute_sequence_map

from .fakes import FakeViewer, make_chain
from .inspecting import MapWorker, make_explorer, make_maps, wait

LETTERS = "ACDEFGACDEFGACDEFGAC"


@pytest.fixture
def viewer():
    return FakeViewer(make_chain(LETTERS), make_chain("GGACDEFG", "B"))


@pytest.fixture
def worker(tmp_path):
    return MapWorker(tmp_path, {LETTERS: make_maps(20), "GGACDEFG": make_maps(8, 1)})


@pytest.fixture
def explorer(tmp_path, viewer, worker, tiny_config_folder):
    explorer = make_explorer(tmp_path, viewer, worker)
    explorer.settings.set("model", str(tiny_config_folder))
    yield explorer
    explorer.close()


@pytest.fixture
def inspector(explorer):
    inspector = explorer.inspector
    inspector.open()
    wait(explorer)
    return inspector


def test_opening_draws_the_models_head_as_the_command_would(inspector, viewer, worker):
    assert inspector.head == HeadId(1, 0)
    chain = viewer.chains[0].chain
    expected = select_edges(worker.answers[LETTERS][1, 0], chain, compute_sequence_map(chain))
    scene = viewer.scenes["provis_toy_A_2-1"]
    for name in ("query", "key", "weight", "n_passed"):
        np.testing.assert_array_equal(getattr(scene.edges, name), getattr(expected, name))
    assert inspector.scan is not None
    np.testing.assert_array_equal(inspector.weights, worker.answers[LETTERS][1, 0])
    assert not inspector.status.is_busy
    assert inspector.status.problem == ""


def test_a_slider_draws_at_once_and_writes_its_command_once(inspector, viewer):
    before = len(viewer.lines)
    told = []
    inspector.listen("drawing", lambda: told.append(inspector.edges.n_edges))
    for min_attn in np.linspace(0.1, 0.4, 60):
        inspector.change(min_attn=float(min_attn))
    assert len(told) == 60
    assert told[0] > told[-1] > 0
    assert (viewer.scenes["provis_toy_A_2-1"].edges.weight >= np.float32(0.4)).all()
    assert len(viewer.lines) == before
    inspector.settle()
    inspector.settle()
    assert viewer.lines[before:] == [f" {inspector.command()}"]
    assert inspector.command().startswith("provis_attn /toy//A, 2, 1, model=")
    assert inspector.command().endswith(", min_attn=0.4")
