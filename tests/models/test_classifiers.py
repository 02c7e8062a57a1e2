"""Classifiers of every family: a checkpoint as transformers publishes it, and the logits of its own class."""

from __future__ import annotations

import importlib.util
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.checkpoints.config import read_config, read_family
from provis_core.checkpoints.readouts import read_readouts
from provis_core.errors import CheckpointError, InputError
from provis_core.models import load_model
from tests.models.antibodies import VARIABLE_DOMAINS
from tests.models.family_cases import CASES
from tests.tiny_checkpoints import HIV_PROTEASE, write_tiny_bert, write_tiny_esm

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

pytestmark = pytest.mark.torch

SEQUENCE = HIV_PROTEASE[:30] + "X"
LABELS = ("Soluble", "Membrane", "Secreted")
WRITERS = {
    "Bert": partial(write_tiny_bert, n_layers=2),
    "Esm": partial(write_tiny_esm, n_layers=2),
    **{
        stem: CASES[name].write
        for stem, name in {
            "Albert": "albert",
            "Esmc": "esmc",
            "ModernBert": "modernbert",
            "RoFormer": "roformer",
            "XLNet": "xlnet",
            "T5": "prot_t5-encoder",
        }.items()
    },
}
KINDS = {"sequence": "SequenceClassification", "token": "TokenClassification"}
CLASSES = [(stem, kind) for stem in WRITERS for kind in KINDS if (stem, kind) != ("T5", "sequence")]


def write_classifier(
    folder: Path, stem: str, kind: str, labels: tuple[str, ...] = LABELS, *, write: bool = True, **settings
) -> Path:
    """Write a tiny encoder, and over it what transformers writes of the class with a head on it."""
    if write:
        WRITERS[stem](folder)
    path = folder / "config.json"
    values = json.loads(path.read_text())
    values |= {
        "architectures": [f"{stem}For{KINDS[kind]}"],
        "id2label": {str(i): label for i, label in enumerate(labels)},
        "label2id": {label: i for i, label in enumerate(labels)},
        **settings,
    }
    path.write_text(json.dumps(values))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(1)
        network = getattr(transformers, values["architectures"][0]).from_pretrained(folder)
        encoder = {id(weight) for weight in network.base_model.parameters()}
        pooler = getattr(network.base_model, "pooler", None)
        for weight in [*network.parameters(), *(pooler.parameters() if pooler is not None else ())]:
            if id(weight) not in encoder or (weight.ndim == 2 and weight.shape[0] == weight.shape[1]):
                weight.normal_(std=0.5)
    edit_weights(folder, lambda _: network.state_dict())
    return folder


def edit_weights(folder: Path, edit) -> None:
    """Replace the tensors of the folder's file by what `edit` makes of them."""
    from safetensors.torch import load_file, save_file

    path = next(
        folder / name for name in ("pytorch_model.bin", "model.safetensors") if (folder / name).is_file()
    )
    pickled = path.suffix == ".bin"
    state = edit(torch.load(path, weights_only=True) if pickled else load_file(path))
    state = {key: value.clone().contiguous() for key, value in state.items()}
    path.unlink()  # transformers may have mapped it into memory
    if pickled:
        torch.save(state, path)
    else:
        save_file(state, path, {"format": "pt"})


@pytest.mark.parametrize(("stem", "kind"), CLASSES)
def test_logits_are_those_of_transformers_own_class(tmp_path, stem, kind):
    write_classifier(tmp_path, stem, kind)
    model = load_model(tmp_path, device="cpu")
    before = model.attention(SEQUENCE, "1-1")
    config = model.readouts[0]
    assert (config.name, config.kind, config.labels, config.scale) == (kind, kind, LABELS, "softmax")
    ids = torch.tensor([model.vocabulary.encode(SEQUENCE), model.vocabulary.encode(SEQUENCE[::-1])])
    theirs = getattr(transformers, f"{stem}For{KINDS[kind]}").from_pretrained(tmp_path, dtype=torch.float32)
    readout = model.readout(kind)
    with torch.no_grad():
        expected = theirs.eval()(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        torch.testing.assert_close(readout.logits(ids), expected, rtol=0, atol=1e-5)
    assert expected.shape == ((2, 3) if kind == "sequence" else (2, *ids.shape[1:], 3))
    assert np.ptp(expected.numpy()) > 0.5
    assert readout.labels == LABELS
    np.testing.assert_array_equal(model.attention(SEQUENCE, "1-1"), before)
    assert model.readout(kind) is readout


PUBLISHED = {
    "Rostlab/prot_bert_bfd_membrane": ("Bert", "sequence", ("Soluble", "Membrane"), "softmax", {}),
    "Rostlab/prot_bert_bfd_localization": (
        "Bert", "sequence", tuple(f"LABEL_{i}" for i in range(10)), "softmax", {},
    ),
    "AmelieSchreiber/esm2_t6_8M_finetuned_cafa5": (
        "Esm", "sequence", tuple(f"LABEL_{i}" for i in range(20)), "sigmoid",
        {"problem_type": "multi_label_classification"},
    ),
    "AmelieSchreiber/esm2_t6_8M_general_binding_sites_v2": (
        "Esm", "token", ("LABEL_0", "LABEL_1"), "softmax", {"problem_type": None},
    ),
}  # fmt: skip
"""Family, kind, classes, scale, and what else config.json says (no source for the second and the last)."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_layouts_of_the_hub_are_read(tmp_path, name):
    """Weights as older versions of transformers wrote them: pickled, with the positions among them."""
    stem, kind, labels, scale, settings = PUBLISHED[name]
    WRITERS[stem](tmp_path, weights="bin")
    write_classifier(tmp_path, stem, kind, labels, write=False, **settings)
    positions = torch.arange(512)[None]
    edit_weights(tmp_path, lambda state: {**state, f"{stem.lower()}.embeddings.position_ids": positions})
    assert (tmp_path / "pytorch_model.bin").is_file()
    assert not (tmp_path / "model.safetensors").exists()
    model = load_model(tmp_path, device="cpu")
    config = model.readouts[0]
    assert (config.kind, config.labels, config.scale) == (kind, labels, scale)
    ids = torch.tensor([model.vocabulary.encode(SEQUENCE)])
    theirs = getattr(transformers, f"{stem}For{KINDS[kind]}").from_pretrained(tmp_path).eval()
    with torch.no_grad():
        expected = theirs(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        torch.testing.assert_close(model.readout(kind).logits(ids), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("stem", "part"), [("Bert", "classifier."), ("Bert", "bert.pooler."), ("Esm", "classifier.")]
)
def test_weights_that_the_file_lacks_are_refused_by_name_each_time(tmp_path, stem, part):
    """transformers makes them up; the attention of such a file is right and can be shown."""
    write_classifier(tmp_path, stem, "sequence")
    edit_weights(tmp_path, lambda state: {key: one for key, one in state.items() if not key.startswith(part)})
    model = load_model(tmp_path, device="cpu")
    assert model.attention(SEQUENCE, HeadId(0, 0)).shape == (31, 31)
    for _ in range(2):
        with pytest.raises(CheckpointError, match=rf"lack \d of {stem}ForSequence.*first: {part}"):
            model.readout("sequence")


def test_a_head_of_another_size_is_refused(tmp_path):
    write_classifier(tmp_path, "Bert", "sequence")
    path = tmp_path / "config.json"
    path.write_text(path.read_text().replace('"2": "Secreted"', '"2": "Secreted", "3": "Other"'))
    with pytest.raises(CheckpointError, match="of other sizes than"):
        load_model(tmp_path, device="cpu").readout("sequence")


def test_a_classifier_is_no_language_model_and_the_reverse(tmp_path):
    write_classifier(tmp_path / "classes", "Bert", "sequence")
    with pytest.raises(InputError, match=r"no logits of the kind masked_lm.*It has sequence"):
        load_model(tmp_path / "classes", device="cpu").readout()
    write_tiny_bert(tmp_path / "letters", n_layers=2)
    with pytest.raises(InputError, match=r"no logits of the kind sequence.*It has masked_lm"):
        load_model(tmp_path / "letters", device="cpu").readout("sequence")


def test_classes_that_a_decoder_reads_are_refused_and_the_encoder_is_not(tmp_path):
    CASES["prot_t5"].write(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(path.read_text().replace("T5ForConditionalGeneration", "T5ForSequenceClassification"))
    model = load_model(tmp_path, device="cpu")
    with pytest.raises(CheckpointError, match="T5ForSequenceClassification"):
        model.readout("sequence")


def test_a_layout_of_another_library_is_refused_in_words(tmp_path):
    """As the config.json of andrewdalpino's ESMC-Protein-Function is written by its source."""
    values = {
        "embedding_dimensions": 960, "num_heads": 15, "num_encoder_layers": 30, "classifier_hidden_ratio": 1,
        "id2label": {"0": "GO:0016020"}, "use_flash_attention": True,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(values))
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(CheckpointError, match=r"names no model_type.*ESM C \(esmc\).*Choose a checkpoint"):
        read_config(tmp_path)


@pytest.mark.parametrize(
    ("labels", "problem", "scale"),
    [
        (LABELS, None, "softmax"),
        (LABELS, "single_label_classification", "softmax"),
        (LABELS, "multi_label_classification", "sigmoid"),
        (("LABEL_0",), None, "none"),
        (LABELS, "regression", "none"),
    ],
)
def test_how_logits_become_probabilities(tmp_path, labels, problem, scale):
    write_classifier(tmp_path, "Esm", "sequence", labels, problem_type=problem)
    config = read_readouts(tmp_path, read_family(read_config(tmp_path)))[0]
    assert (config.labels, config.scale) == (labels, scale)


@pytest.fixture(scope="module")
def antiberty(tmp_path_factory) -> Path:
    spec = importlib.util.find_spec("antiberty")
    if spec is None or spec.origin is None:
        pytest.skip("antiberty is not installed")
    return Path(spec.origin).parent / "trained_models" / "AntiBERTy_md_smooth"


def test_the_classifiers_of_antiberty_are_those_of_its_package(antiberty):
    """Species and chain from its own tensors, by plain algebra on transformers' encoder."""
    state = torch.load(antiberty / "pytorch_model.bin", weights_only=True, map_location="cpu")
    network = transformers.BertModel.from_pretrained(antiberty, attn_implementation="eager").eval()
    model = load_model(antiberty, device="cpu")
    assert [one.name for one in model.readouts] == ["chain", "species", "masked_lm"]
    called = []
    for chain, sequence in VARIABLE_DOMAINS.values():
        ids = torch.tensor([model.vocabulary.encode(sequence)])
        found = []
        with torch.no_grad():
            first = network(input_ids=ids).last_hidden_state[:, 0]
            pooled = torch.tanh(first @ state["bert.pooler.dense.weight"].T + state["bert.pooler.dense.bias"])
            for name in ("chain", "species"):
                expected = pooled @ state[f"cls.{name}.weight"].T + state[f"cls.{name}.bias"]
                readout = model.readout(name)
                torch.testing.assert_close(readout.logits(ids), expected, rtol=0, atol=2e-5)
                found.append(readout.labels[int(expected.argmax())])
            letters = model.readout().logits(ids)[0, 1:-1].argmax(1)
        assert np.mean(letters.numpy() == ids[0, 1:-1].numpy()) > 0.8
        called.append((found[0] == chain, found[1] == "Mouse"))
    assert np.sum(called, axis=0).tolist() == [8, 7]
