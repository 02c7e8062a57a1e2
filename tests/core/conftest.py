"""Fixtures that need numpy only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from provis_core.app import App
from provis_core.inspection.inspector import Inspector
from provis_core.session.session import Session
from provis_core.structures.chain import Chain
from provis_core.viewers.viewer import Viewer

from .fakes import FakeViewer, make_chain
from .inspecting import EIGHT, TWENTY, MapWorker, make_app, make_maps, wait


@pytest.fixture
def chain() -> Chain:
    """Six residues in a line, 4 Å apart."""
    return make_chain("ACDEFG")


@pytest.fixture
def tiny_config_folder(tmp_path: Path) -> Path:
    """A folder that reads as a BERT of 2 layers x 2 heads; its weights are empty."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    config = {
        "model_type": "bert",
        "hidden_size": 8,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 64,
        "vocab_size": 30,
    }
    (folder / "config.json").write_text(json.dumps(config))
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"LAGVESIKRDTPNQFYMHCWXUBZO"]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n")
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    return folder


@pytest.fixture
def other_model(tiny_config_folder: Path) -> str:
    """Another folder with a model of 2 layers x 2 heads."""
    folder = tiny_config_folder.with_name("other")
    shutil.copytree(tiny_config_folder, folder)
    return str(folder)


@pytest.fixture
def viewer() -> FakeViewer:
    """Shows an object with chains A and B."""
    return FakeViewer(make_chain(TWENTY), make_chain(EIGHT, "B"))


@pytest.fixture
def worker(tmp_path: Path) -> MapWorker:
    """Answers at once."""
    return MapWorker(tmp_path, {TWENTY: make_maps(20), EIGHT: make_maps(8, 1)})


@pytest.fixture
def app(tmp_path: Path, viewer: FakeViewer, worker: MapWorker, tiny_config_folder: Path) -> Iterator[App]:
    """With a panel that may be opened."""
    app = make_app(tmp_path, viewer, worker, tiny_config_folder)
    yield app
    app.close()


@pytest.fixture
def session(app: App) -> Session[Viewer]:
    """That of the app."""
    return app.session


@pytest.fixture
def inspector(app: App, session: Session[Viewer]) -> Inspector:
    """Opened on both chains; nothing is awaited."""
    app.inspector.open()
    wait(session)
    return app.inspector


@pytest.fixture
def held(app: App, session: Session[Viewer], worker: MapWorker) -> Inspector:
    """Opened; the worker has answered nothing yet, but what a thread computes is there."""
    worker.held = True
    app.inspector.open()
    wait(session, 2)
    return app.inspector
