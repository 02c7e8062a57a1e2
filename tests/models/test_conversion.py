"""Lightning checkpoints in the layout of Wenzel et al.'s scripts, written here, become folders that are read.

The reference is plain algebra on transformers' own encoder.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import types
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from provis_core.checkpoints import store
from provis_core.cli import main
from provis_core.errors import CheckpointError, InputError
from provis_core.models import load_model
from tests.models.family_cases import CASES
from tests.tiny_checkpoints import HIV_PROTEASE, write_tiny_bert, write_tiny_esm

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

from provis_core.models.conversion import convert_checkpoint  # noqa: E402

pytestmark = pytest.mark.torch

SEQUENCE = HIV_PROTEASE[:30] + "UXZ"
AS_WRITTEN = HIV_PROTEASE[:30] + "XXX"
ENCODERS = {
    "ProtBert": (partial(write_tiny_bert, n_layers=2), "BertModel", 1, 1),
    "ProtT5": (CASES["prot_t5"].write, "T5EncoderModel", 0, 1),
    "ESM-2": (partial(write_tiny_esm, n_layers=2), "EsmModel", 1, 1),
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("PROVIS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def write_ckpt(
    path: Path, encoder: Path, name: str, *, times: int = 4, between: int = 50, classes: int = 6, **more
):
    """A ``.ckpt`` as PyTorch Lightning 1.5.7 writes it: weights, optimiser, settings, callbacks."""
    model_class = ENCODERS[name][1]
    network = getattr(transformers, model_class).from_pretrained(encoder, dtype=torch.float32).eval()
    width = network.config.hidden_size
    head = torch.nn.Sequential(
        torch.nn.LayerNorm(times * width), torch.nn.Dropout(0.05), torch.nn.Linear(times * width, between),
        torch.nn.ReLU(),
        torch.nn.LayerNorm(between), torch.nn.Dropout(0.1), torch.nn.Linear(between, classes),
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(3)
        for weight in (*network.parameters(), *head.parameters()):
            weight.add_(torch.randn_like(weight), alpha=0.1)  # finetuned
    state = {
        **{f"ProtTrans.{key}": value for key, value in network.state_dict().items()},
        **{f"classification_head.{key}": value for key, value in head.state_dict().items()},
    }
    values = {
        "epoch": 3, "global_step": 400, "pytorch-lightning_version": "1.5.7", "state_dict": state,
        "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor(0.5), "best_model_path": "x"}},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(2000, 1000)}}, "param_groups": []}],
        "lr_schedulers": [], "hparams_name": "hparams",
        "hyper_parameters": {"pool_cls": True, "gpus": 1, "model_name": model_class}, **more,
    }  # fmt: skip
    torch.save(values, path)
    return network, head.eval()


def compute(network, head, ids, times):
    """The authors' poolings and head, step by step."""
    with torch.no_grad():
        states = network(input_ids=ids).last_hidden_state[0]
        parts = [states[0]]
        if times == 4:
            parts += [states.max(0).values, states.sum(0) / len(states), states.sum(0) / np.sqrt(len(states))]
        return head(torch.cat(parts))


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize(("times", "between", "scale"), [(4, 50, "softmax"), (1, 12, "sigmoid")])
def test_a_converted_checkpoint_gives_the_logits_of_the_authors_network(
    tmp_path, name, times, between, scale
):
    encoder = ENCODERS[name][0](tmp_path / "encoder")
    network, head = write_ckpt(tmp_path / "a.ckpt", encoder, name, times=times, between=between)
    folder = convert_checkpoint(tmp_path / "a.ckpt", encoder, "mine")
    assert folder == store.models_dir() / "mine"
    assert store.check_files(folder) > 3
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert size < (tmp_path / "a.ckpt").stat().st_size - 7_000_000  # the optimiser's state stayed behind

    model = load_model(folder, device="cpu")
    config = model.readouts[0]
    assert (config.kind, config.scale, config.pooling) == (
        "sequence", scale, "default_all" if times == 4 else "default_cls",
    )  # fmt: skip
    assert config.labels == tuple(f"LABEL_{i}" for i in range(6))
    ids = model.vocabulary.encode(SEQUENCE)
    assert ids == model.vocabulary.encode(AS_WRITTEN)  # the scripts write U, Z, O and B as X
    expected = compute(network, head, torch.tensor([ids]), times)
    readout = model.readout("sequence")
    torch.testing.assert_close(readout.logits(torch.tensor([ids]))[0], expected, rtol=1e-5, atol=1e-5)
    assert np.ptp(expected.numpy()) > 0.1
    several = torch.tensor([ids, model.vocabulary.encode(SEQUENCE[::-1])])
    torch.testing.assert_close(readout.logits(several)[0], expected, rtol=1e-5, atol=1e-5)
    assert model.attention(SEQUENCE, "1-1").shape == (33, 33)


@pytest.fixture
def bert(tmp_path) -> Path:
    return ENCODERS["ProtBert"][0](tmp_path / "encoder")


def test_settings_as_older_lightnings_keep_them_are_read_without_lightning(tmp_path, bert, monkeypatch):
    """AttributeDict, Namespace, and callbacks by their class; none of it is needed."""
    parsing = types.ModuleType("pytorch_lightning.utilities.parsing")
    checkpoint = types.ModuleType("pytorch_lightning.callbacks.model_checkpoint")
    for name in ("", ".utilities", ".callbacks"):
        monkeypatch.setitem(
            sys.modules, f"pytorch_lightning{name}", types.ModuleType(f"pytorch_lightning{name}")
        )
    for module, base, name in ((parsing, dict, "AttributeDict"), (checkpoint, object, "ModelCheckpoint")):
        setattr(module, name, type(name, (base,), {"__module__": module.__name__}))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    write_ckpt(
        tmp_path / "a.ckpt", bert, "ProtBert",
        hyper_parameters=parsing.AttributeDict(pool="all"), callbacks={checkpoint.ModelCheckpoint: {"n": 1}},
        more=argparse.Namespace(gpus=2),
    )  # fmt: skip
    for module in (parsing, checkpoint):
        monkeypatch.delitem(sys.modules, module.__name__)
    assert convert_checkpoint(tmp_path / "a.ckpt", bert, "mine").is_dir()


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_program_code_in_a_file_is_named_and_not_run(tmp_path, bert):
    write_ckpt(tmp_path / "a.ckpt", bert, "ProtBert", hyper_parameters={"x": Evil(tmp_path / "evil")})
    with pytest.raises(CheckpointError, match=r"program code \(\w+\.mkdir\).*never run.*state_dict"):
        convert_checkpoint(tmp_path / "a.ckpt", bert, "mine")
    assert not (tmp_path / "evil").exists()
    assert not store.models_dir().exists() or not list(store.models_dir().iterdir())


def test_damaged_and_other_files_are_refused(tmp_path, bert):
    path = tmp_path / "a.ckpt"
    write_ckpt(path, bert, "ProtBert")
    whole = path.read_bytes()

    def refuse(words: str) -> None:
        with pytest.raises(CheckpointError, match=words):
            convert_checkpoint(path, bert, "mine")

    path.write_bytes(whole[: len(whole) // 2])
    refuse("damaged|cut off")
    path.write_bytes(b"")
    refuse("damaged|cut off")
    path.write_bytes(b"no checkpoint at all")
    refuse("damaged|cut off")
    path.unlink()
    refuse("missing")
    torch.save([1, 2], path)
    refuse("no state_dict")
    state = torch.load(_rewrite(path, whole), weights_only=True)["state_dict"]
    torch.save({"state_dict": {k: v for k, v in state.items() if "Prot" in k}}, path)
    refuse(r"no weights classification_head\.\*")
    torch.save({"state_dict": {k: v for k, v in state.items() if "Prot" not in k}}, path)
    refuse(r"no weights ProtTrans\.\*")
    torch.save({"state_dict": {k: v for k, v in state.items() if k != "classification_head.4.bias"}}, path)
    refuse("head in .* is another one")
    torch.save({"state_dict": {k: v for k, v in state.items() if "layer.1.output.dense.bias" not in k}}, path)
    refuse(r"is not encoder: lacks encoder\.layer\.1\.output\.dense\.bias")
    assert not store.models_dir().exists() or not list(store.models_dir().iterdir())


def _rewrite(path: Path, content: bytes) -> Path:
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("layers", "width", "words"), [(3, 32, "lacks"), (1, 32, "2 layers and not 1"), (2, 64, "takes")]
)
def test_another_encoder_is_refused(tmp_path, bert, layers, width, words):
    write_ckpt(tmp_path / "a.ckpt", bert, "ProtBert")
    other = write_tiny_bert(tmp_path / "other", n_layers=layers, hidden_size=width)
    with pytest.raises(CheckpointError, match=rf"{words}.*--encoder NAME"):
        convert_checkpoint(tmp_path / "a.ckpt", other, "mine")


def test_labels_name_the_classes_and_must_be_as_many(tmp_path, bert):
    write_ckpt(tmp_path / "a.ckpt", bert, "ProtBert", between=6, classes=3)
    labels = tmp_path / "label_itos.npy"
    np.save(labels, np.array(["GO:0016020", "GO:0003824", "GO:0005488"]))
    folder = convert_checkpoint(tmp_path / "a.ckpt", bert, "mine", [labels])
    (config,) = load_model(folder, device="cpu").readouts
    assert (config.labels[0], config.scale) == ("GO:0016020", "sigmoid")
    np.save(labels, np.array(["GO:0016020", "GO:0003824"]))
    with pytest.raises(InputError, match=r"names 2 classes.*has 3"):
        convert_checkpoint(tmp_path / "a.ckpt", bert, "other", [labels])
    with pytest.raises(InputError, match="There is a model mine already"):
        convert_checkpoint(tmp_path / "a.ckpt", bert, "mine")


def test_the_program_converts_adds_labels_and_says_what_came(tmp_path, bert, capsys):
    write_ckpt(tmp_path / "a.ckpt", bert, "ProtBert", classes=2)
    (tmp_path / "labels.txt").write_text("Soluble\nMembrane\n")
    arguments = ["models", "add", str(tmp_path / "a.ckpt"), "--name", "mine"]
    assert main(arguments) == 1
    assert "--encoder prot_bert_bfd" in capsys.readouterr().err
    arguments += ["--encoder", str(bert), "--labels", str(tmp_path / "labels.txt")]
    assert main(arguments) == 0
    assert "2 classes: Soluble, Membrane" in capsys.readouterr().out
    assert main(["models", "check", "mine"]) == 0
    assert (
        main(["models", "add", str(bert), "--name", "plain", "--labels", str(tmp_path / "labels.txt")]) == 1
    )
    assert "no classes that need names" in capsys.readouterr().err


def test_labels_of_a_folder_are_written_beside_it(tmp_path, bert, capsys):
    path = bert / "config.json"
    values = json.loads(path.read_text()) | {"architectures": ["BertForSequenceClassification"]}
    path.write_text(json.dumps(values))
    (tmp_path / "labels.txt").write_text("Soluble\nMembrane\n")
    assert main(["models", "add", str(bert), "--name", "mine", "--labels", str(tmp_path / "labels.txt")]) == 0
    assert "2 classes: Soluble, Membrane" in capsys.readouterr().out
    (config,) = load_model(bert, device="cpu").readouts
    assert config.labels == ("Soluble", "Membrane")
