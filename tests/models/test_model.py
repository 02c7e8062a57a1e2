"""What a loaded model does beside being exact: its face, its errors, cancelling, and stopping early."""

from __future__ import annotations

import importlib
import json
import pickle
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.errors import (
    CheckpointError,
    HeadRangeError,
    InputError,
    SequenceError,
    UnknownModelError,
    WorkerMemoryError,
)
from provis_core.models import load_model
from provis_core.models.loading import memory_errors
from tests.models.eager import compute_eager_attention
from tests.tiny_checkpoints import HIV_PROTEASE, write_provis_json, write_tiny_bert, write_tiny_esm

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_tiny_bert(tmp_path_factory.mktemp("tiny"), n_layers=6, max_positions=130)


@pytest.fixture(scope="module")
def model(folder):
    return load_model(folder, device="cpu")


@contextmanager
def counted_layers() -> Iterator[list[str]]:
    """Names of the attention layers that run, of any model."""
    seen: list[str] = []

    def note(module: torch.nn.Module, _: object) -> None:
        if type(module).__name__ in {"BertSelfAttention", "EsmSelfAttention"}:
            seen.append(type(module).__name__)

    handle = torch.nn.modules.module.register_module_forward_pre_hook(note)
    try:
        yield seen
    finally:
        handle.remove()


def edit_weights(folder: Path, edit) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(folder / "model.safetensors")
    edit(state)
    save_file(state, folder / "model.safetensors", {"format": "pt"})


def test_face(folder, model):
    assert (model.family, model.n_layers, model.n_heads, model.max_residues) == ("BERT", 6, 4, 128)
    assert (model.name, model.device, model.dtype) == (folder.name, "cpu", "float32")
    size = (folder / "model.safetensors").stat().st_size
    assert 0.7 * size < model.n_bytes < size
    assert load_model(str(folder), device="cpu", name="mine").name == "mine"
    half = load_model(folder, device="cpu", dtype="bfloat16")
    assert half.dtype == "bfloat16"
    assert half.n_bytes < 0.55 * model.n_bytes


def test_name_in_provis_json(tmp_path):
    write_tiny_esm(tmp_path, n_layers=1)
    write_provis_json(tmp_path, name="mini", status="placeholder", note="Small.", default_head="1-2")
    model = load_model(tmp_path, device="cpu")
    assert (model.name, model.config.status, model.config.default_head) == ("mini", "placeholder", (0, 1))


def test_unknown_name():
    with pytest.raises(UnknownModelError, match="no-such-model"):
        load_model("no-such-model")


def test_wrong_device_and_dtype(folder):
    with pytest.raises(InputError, match=r"The device is 'abacus'\. This machine has .*cpu"):
        load_model(folder, device="abacus")
    with pytest.raises(InputError, match=r"The device is 'cuda:99'\. This machine has .*cpu"):
        load_model(folder, device="cuda:99")
    with pytest.raises(
        InputError, match=r"The dtype is 'float8'\. Known are auto, float32, bfloat16, float16"
    ):
        load_model(folder, dtype="float8")


def test_head_out_of_range(model):
    with pytest.raises(HeadRangeError, match=r"layer=7» was asked for.*has 6 layers with 4 heads each"):
        model.attention("MKT", "7-1")
    with pytest.raises(HeadRangeError, match="head=5"):
        model.attend("MKT", [HeadId(0, 0), HeadId(0, 4)])
    with pytest.raises(InputError, match="'seven'"):
        model.attention("MKT", "seven")
    assert model.attend("MKT", []) == {}


def test_sequence_that_cannot_be_read(model):
    with pytest.raises(SequenceError, match="Letter 3 of the sequence is '-'"):
        model.attention("MK-T", "1-1")
    with pytest.raises(SequenceError, match="empty"):
        model.attention("", "1-1")


def test_longest_chain(model):
    assert model.attention("M" * 128, "6-4").shape == (128, 128)
    with pytest.raises(SequenceError, match=r"The chain has 129 residues\. .* can take 128 at most"):
        model.attention("M" * 129, "6-4")
    assert model.attention("M", "6-4").shape == (1, 1)


def test_longest_chain_with_absolute_positions_of_esm(tmp_path):
    model = load_model(write_tiny_esm(tmp_path, n_layers=1, rotary=False, max_positions=40), device="cpu")
    assert model.max_residues == 36
    assert np.isfinite(model.attention("MK" * 18, "1-1")).all()
    with pytest.raises(SequenceError, match="has 37 residues"):
        model.attention("M" * 37, "1-1")


def test_rotary_positions_have_no_limit(tmp_path):
    model = load_model(write_tiny_esm(tmp_path, n_layers=1, max_positions=40), device="cpu")
    assert model.max_residues is None
    assert model.attention("MK" * 50, "1-1").shape == (100, 100)


def test_only_the_layers_up_to_the_wanted_one_run(model):
    for heads, expected in (([HeadId(0, 0)], 1), ([HeadId(3, 1), HeadId(1, 0)], 4), ([HeadId(5, 0)], 6)):
        steps: list[tuple[int, int]] = []
        with counted_layers() as ran:
            model.attend(HIV_PROTEASE, heads, on_layer=lambda *step, steps=steps: steps.append(step))
        assert len(ran) == expected
        assert steps == [(done + 1, expected) for done in range(expected)]


def test_cancel_between_layers(model):
    expected = model.attention(HIV_PROTEASE, "6-4")

    class Cancelled(Exception):
        pass

    def cancel(done: int, total: int) -> None:
        if done == 3:
            raise Cancelled

    with counted_layers() as ran, pytest.raises(Cancelled):
        model.attend(HIV_PROTEASE, [HeadId(5, 3)], on_layer=cancel)
    assert len(ran) == 4
    np.testing.assert_array_equal(model.attention(HIV_PROTEASE, "6-4"), expected)


def test_models_do_not_disturb_each_other(model, tmp_path):
    """One model runs in the middle of another one's pass."""
    other = load_model(write_tiny_esm(tmp_path, n_layers=3), device="cpu")
    expected = model.attention(HIV_PROTEASE, "6-4"), other.attention(HIV_PROTEASE, "3-1")
    inner = []

    def interrupt(done: int, total: int) -> None:
        inner.append(other.attention(HIV_PROTEASE, "3-1"))

    outer = model.attend(HIV_PROTEASE, [HeadId(5, 3)], on_layer=interrupt)[HeadId(5, 3)]
    np.testing.assert_array_equal(outer, expected[0])
    np.testing.assert_array_equal(inner, [expected[1]] * 6)


def test_same_result_in_blocks(model):
    whole = model.attention(HIV_PROTEASE, "4-2")
    for block_rows in (1, 10, 98, 99, 1000):
        blocked = model.attend(HIV_PROTEASE, [HeadId(3, 1)], block_rows=block_rows)[HeadId(3, 1)]
        np.testing.assert_allclose(blocked, whole, rtol=0, atol=1e-6)


def test_weights_in_shards(folder, model, tmp_path):
    """The layout of the large checkpoints: an index and several files."""
    from safetensors.torch import load_file, save_file

    write_tiny_bert(tmp_path, n_layers=6, max_positions=130)
    state = load_file(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    names = sorted(state)
    files = {name: f"model-{i % 2 + 1:05}-of-00002.safetensors" for i, name in enumerate(names)}
    for file in set(files.values()):
        save_file(
            {name: state[name] for name in names if files[name] == file}, tmp_path / file, {"format": "pt"}
        )
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": files}))
    sharded = load_model(tmp_path, device="cpu").attention(HIV_PROTEASE, "6-4")
    np.testing.assert_array_equal(sharded, model.attention(HIV_PROTEASE, "6-4"))


def test_unused_weights_may_be_missing(tmp_path):
    folder = write_tiny_esm(tmp_path, n_layers=2)
    reference = compute_eager_attention(folder, HIV_PROTEASE)

    def edit(state) -> None:
        for name in [
            name for name in state if name.startswith(("lm_head", "esm.contact_head")) or "inv_freq" in name
        ]:
            del state[name]

    edit_weights(folder, edit)
    weights = load_model(folder, device="cpu").attention(HIV_PROTEASE, "2-1")
    np.testing.assert_allclose(weights, reference[1, 0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("writer, prefix", [(write_tiny_bert, "bert"), (write_tiny_esm, "esm")])
@pytest.mark.parametrize(
    "name", ["encoder.layer.1.attention.self.key.weight", "embeddings.word_embeddings.weight"]
)
def test_used_weights_must_not_be_missing(tmp_path, writer, prefix, name):
    folder = writer(tmp_path, n_layers=2)
    edit_weights(folder, lambda state: state.pop(f"{prefix}.{name}"))
    with pytest.raises(CheckpointError, match=rf"lack 1 that attention depends on \(first: {name}\)"):
        load_model(folder, device="cpu")


def test_config_of_another_size(tmp_path):
    folder = write_tiny_bert(tmp_path, n_layers=3)
    config = folder / "config.json"
    original = config.read_text()
    config.write_text(original.replace('"num_hidden_layers": 3', '"num_hidden_layers": 2'))
    with pytest.raises(CheckpointError, match=r"have more layers than the 2 of config\.json"):
        load_model(folder, device="cpu")
    config.write_text(original.replace('"num_hidden_layers": 3', '"num_hidden_layers": 4'))
    with pytest.raises(CheckpointError, match="lack 16 that attention depends on"):
        load_model(folder, device="cpu")
    config.write_text(original.replace('"hidden_size": 32', '"hidden_size": 64'))
    with pytest.raises(CheckpointError, match=r"of other sizes than config\.json names"):
        load_model(folder, device="cpu")


def test_pickled_weights_that_were_damaged_in_the_middle(tmp_path):
    folder = write_tiny_bert(tmp_path, n_layers=1, weights="bin")
    path = folder / "pytorch_model.bin"
    content = bytearray(path.read_bytes())
    content[:400] = b"PK\3\4" + b"\xff" * 396
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load_model(folder, device="cpu")


def test_bare_pickle_that_was_cut_off(tmp_path):
    folder = write_tiny_bert(tmp_path, n_layers=1, weights="bin")
    path = folder / "pytorch_model.bin"
    torch.save(torch.load(path, weights_only=True), path, _use_new_zipfile_serialization=False)
    assert load_model(folder, device="cpu").n_layers == 1
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load_model(folder, device="cpu")


class Intruder:
    """Unpickled, it would write the file that its argument names."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (importlib.import_module("pathlib").Path.write_text, (self.path, "code ran"))


@pytest.mark.parametrize("zipped", [True, False])
def test_no_code_in_a_weight_file_runs(tmp_path, zipped):
    folder = write_tiny_bert(tmp_path / "model", n_layers=1, weights="bin")
    victim = tmp_path / "victim"
    payload = {"bert.embeddings.word_embeddings.weight": Intruder(victim)}
    if zipped:
        torch.save(payload, folder / "pytorch_model.bin")
    else:
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps(payload, protocol=2))
    with pytest.raises(CheckpointError, match="hold program code, which is never run") as caught:
        load_model(folder, device="cpu")
    assert not victim.exists()
    assert "weights_only" not in str(caught.value)  # torch's advice on how to run it


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"intermediate_size": 48}, "its weights are of other sizes than config.json names"),
        ({"layer_norm_eps": "1e-12"}, "config.json has layer_norm_eps='1e-12'. A number is needed there"),
        (
            {"hidden_dropout_prob": [0.1]},
            "config.json has hidden_dropout_prob=[0.1]. A number is needed there",
        ),
        ({"pad_token_id": 10**9}, "no model can be built from what its config.json says"),
        ({"hidden_act": "no such function"}, "cannot be loaded: "),
    ],
)
def test_what_libraries_say_never_reaches_the_user(tmp_path, change, text):
    folder = write_tiny_bert(tmp_path, n_layers=1)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(CheckpointError) as caught:
        load_model(folder, device="cpu").attention("MKVLAT", "1-1")
    assert text in str(caught.value)
    for words in ("above report", "weights_only", "bug in", "Error(", "torch.", "nn.", "state_dict"):
        assert words not in str(caught.value)


def test_safetensors_whose_header_lies(tmp_path):
    folder = write_tiny_bert(tmp_path, n_layers=1)
    path = folder / "model.safetensors"
    header = {"x": {"dtype": "F32", "shape": [10**6], "data_offsets": [0, 16]}}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * 16)
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load_model(folder, device="cpu")


def test_weights_that_are_no_numbers(tmp_path):
    folder = write_tiny_bert(tmp_path, n_layers=2)
    edit_weights(folder, lambda state: state["bert.encoder.layer.0.output.dense.bias"].fill_(float("nan")))
    model = load_model(folder, device="cpu")
    assert np.isfinite(model.attention("MKT", "1-1")).all()
    with pytest.raises(CheckpointError, match=r"in head 2-1 is not a number \(float32\)"):
        model.attention("MKT", "2-1")


def test_a_config_that_asks_for_other_things(tmp_path):
    """A published config may have been saved in half precision, or with attention already asked for."""
    folder = write_tiny_bert(tmp_path, n_layers=2)
    reference = compute_eager_attention(folder, HIV_PROTEASE)
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "torch_dtype": "float16",
        "output_attentions": True,
        "output_hidden_states": True,
        "auto_map": {"x": "y"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    model = load_model(folder, device="cpu")
    assert model.dtype == "float32"
    np.testing.assert_allclose(model.attention(HIV_PROTEASE, "2-4"), reference[1, 3], rtol=0, atol=1e-5)


def test_not_enough_memory(tmp_path):
    model = load_model(write_tiny_esm(tmp_path, n_layers=1), device="cpu")
    with pytest.raises(
        WorkerMemoryError, match=r"memory of cpu was not enough to compute attention .* on 8000000 res"
    ):
        model.attention("M" * 8_000_000, "1-1")
    assert model.attention("MKT", "1-1").shape == (3, 3)


def test_not_enough_memory_for_torch():
    cpu = torch.device("cpu")
    with (
        pytest.raises(WorkerMemoryError, match="memory of cpu was not enough to try"),
        memory_errors("try", cpu),
    ):
        torch.empty(2**60, dtype=torch.uint8)
    with pytest.raises(RuntimeError, match="something else"), memory_errors("try", cpu):
        raise RuntimeError("something else")


def test_loading_is_silent(tmp_path, capfd):
    from transformers.utils import logging

    folder = write_tiny_bert(tmp_path, n_layers=1)
    logging.set_verbosity_warning()
    logging.enable_progress_bar()
    try:
        load_model(folder, device="cpu")
        assert logging.get_verbosity() == logging.WARNING
        assert logging.is_progress_bar_enabled()
    finally:
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    assert capfd.readouterr() == ("", "")
