"""What only the files of some families have: sentencepiece models, TAPE's bare folder, missing weights."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.checkpoints.config import read_family, read_vocabulary
from provis_core.checkpoints.pieces import read_pieces
from provis_core.errors import CheckpointError, InstallError
from provis_core.models import load_model, read_config
from tests.models.family_cases import CASES
from tests.tiny_checkpoints import HIV_PROTEASE
from tests.tiny_families import train_pieces, write_tiny_albert, write_tiny_prot_t5
from tests.tiny_tape import write_tiny_tape

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")
sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("model_type", ["word", "unigram", "bpe", "char"])
def test_pieces_are_those_that_sentencepiece_reads(tmp_path, model_type):
    path = train_pieces(tmp_path, model_type=model_type)
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    assert read_pieces(path) == [model.id_to_piece(i) for i in range(model.get_piece_size())]


def test_damaged_pieces(tmp_path):
    path = train_pieces(tmp_path)
    content, pieces = path.read_bytes(), read_pieces(path)
    cut = tmp_path / "cut.model"
    n_refused = 0
    sizes = [*range(400), *range(400, len(content), 9999)]
    for size in sizes:
        cut.write_bytes(content[:size])
        try:
            read = read_pieces(cut)
        except CheckpointError:
            n_refused += 1
        else:
            assert read == pieces[: len(read)]
    assert n_refused > 0.5 * len(sizes)
    cut.write_bytes(b"\xff" * 100)
    with pytest.raises(CheckpointError, match=r"cut\.model cannot be read"):
        read_pieces(cut)
    with pytest.raises(CheckpointError, match=r"none\.model cannot be read"):
        read_pieces(tmp_path / "none.model")


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_letters_that_are_words_and_pieces(tmp_path, model_type):
    """Such a vocabulary has "A" beside "▁A", the residue."""
    folder = write_tiny_prot_t5(tmp_path)
    path = train_pieces(folder, model_type=model_type, pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    assert {"A", "▁A"} <= set(read_pieces(path))
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    expected = [*model.encode(" ".join(HIV_PROTEASE)), 1]
    assert read_vocabulary(read_config(folder)).encode(HIV_PROTEASE) == expected


def test_two_tokens_for_each_residue_are_refused(tmp_path):
    folder = write_tiny_prot_t5(tmp_path)
    path = train_pieces(folder, model_type="char", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    assert len(model.encode("M K")) == 4
    with pytest.raises(CheckpointError, match="writes a residue as two tokens, '▁' and the letter"):
        read_config(folder)


def test_the_host_reads_all_families_without_their_libraries(tmp_path):
    folders = [CASES[name].write(tmp_path / name) for name in CASES]
    program = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'sentencepiece', 'tokenizers'): sys.modules[name] = None\n"
        "from provis_core.models import read_config\n"
        "for folder in sys.argv[1:]: print(read_config(folder).family)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *folders],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stdout.splitlines() == [case.family for case in CASES.values()]


def test_sentencepiece_is_not_needed(tmp_path):
    program = (
        "import sys\n"
        "for name in ('sentencepiece', 'google.protobuf', 'tiktoken'): sys.modules[name] = None\n"
        "from provis_core.models import load_model\n"
        "print(load_model(sys.argv[1], device='cpu').attention('MKT', '1-1').shape)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, write_tiny_albert(tmp_path)],
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
    )
    assert done.stdout == "(3, 3)\n"


def test_tape_is_recognised_at_any_width(tmp_path):
    for hidden_size in (16, 48):
        config = read_config(write_tiny_tape(tmp_path / str(hidden_size), hidden_size=hidden_size))
        assert (config.family, config.hidden_size, config.vocab_size) == ("TAPE", hidden_size, 30)


def test_tape_is_told_from_other_files_without_a_model_type(tmp_path):
    folder = write_tiny_tape(tmp_path)
    (folder / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"LAGVESIKRDTPNQFYMHCWXUBZO"])
    )
    with pytest.raises(
        CheckpointError, match=r"names no model_type, and the vocabulary beside it is not TAPE's"
    ):
        read_config(folder)
    (folder / "vocab.txt").unlink()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 26}))
    with pytest.raises(CheckpointError, match="names no model_type, and is not that of TAPE's transformer"):
        read_config(folder)


def test_tape_equals_its_published_formulas(tmp_path):
    """``tape/models/modeling_bert.py`` in numpy, on the names of its weights: no transformers, no BERT."""
    folder = write_tiny_tape(tmp_path)
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    weights = {name: tensor.double().numpy() for name, tensor in state.items()}

    def linear(name: str, x: np.ndarray) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name: str, x: np.ndarray) -> np.ndarray:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def gelu(x: np.ndarray) -> np.ndarray:
        return x * 0.5 * (1 + torch.erf(torch.from_numpy(x / 2**0.5)).numpy())

    tokens = [2, *("ABCDEFGHIKLMNOPQRSTUVWXYZ".index(letter) + 5 for letter in HIV_PROTEASE), 3]
    embeddings = "bert.embeddings"
    x = weights[f"{embeddings}.word_embeddings.weight"][tokens]
    x = x + weights[f"{embeddings}.position_embeddings.weight"][: len(tokens)]
    x = norm(f"{embeddings}.LayerNorm", x + weights[f"{embeddings}.token_type_embeddings.weight"][0])
    model = load_model(folder, device="cpu")
    maps = model.attend(HIV_PROTEASE, [HeadId(layer, head) for layer in range(4) for head in range(4)])
    for n in range(4):
        layer = f"bert.encoder.layer.{n}"
        query, key, value = (
            linear(f"{layer}.attention.self.{part}", x).reshape(len(tokens), 4, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / query.shape[2] ** 0.5
        attention = np.exp(scores - scores.max(axis=2, keepdims=True))
        attention /= attention.sum(axis=2, keepdims=True)
        for head in range(4):
            np.testing.assert_allclose(maps[HeadId(n, head)], attention[head, 1:-1, 1:-1], rtol=0, atol=1e-5)
        context = (attention @ value).transpose(1, 0, 2).reshape(len(tokens), -1)
        x = norm(
            f"{layer}.attention.output.LayerNorm", linear(f"{layer}.attention.output.dense", context) + x
        )
        inner = gelu(linear(f"{layer}.intermediate.dense", x))
        x = norm(f"{layer}.output.LayerNorm", linear(f"{layer}.output.dense", inner) + x)


@pytest.mark.parametrize(
    "name", [name for name in CASES if name not in ("esmc-no-tokenizer", "prot_t5-encoder")]
)
def test_no_weight_that_attention_depends_on_may_be_missing(tmp_path, name):
    """Without one weight a checkpoint is refused by name, or attention does not change."""
    from safetensors.torch import load_file, save_file

    folder = CASES[name].write(tmp_path)
    path = next(file for file in folder.iterdir() if file.suffix in (".bin", ".safetensors"))
    pickled = path.suffix == ".bin"
    state = torch.load(path, weights_only=True) if pickled else load_file(path)
    heads = [HeadId(layer, head) for layer in range(4) for head in range(4)]
    expected = load_model(folder, device="cpu").attend("MKTAYIAKQRW", heads)
    chosen: dict[str, str] = {}  # one of each kind, of a layer in the middle where there are several
    for key in sorted(state, key=lambda key: ".1." not in key):
        chosen.setdefault(re.sub(r"\d+", "*", key, count=1), key)
    refused = []
    for key in chosen.values():
        rest = {other: tensor.clone() for other, tensor in state.items() if other != key}
        if pickled:
            torch.save(rest, path)
        else:
            save_file(rest, path, {"format": "pt"})
        try:
            model = load_model(folder, device="cpu")
        except CheckpointError as error:
            refused.append(key)
            assert str(folder) in str(error)
        else:
            for head, weights in model.attend("MKTAYIAKQRW", heads).items():
                np.testing.assert_array_equal(weights, expected[head], err_msg=key)
    assert len(refused) > 5


@pytest.mark.parametrize(
    "kind, message",
    [
        ("mamba", "such a model has no attention to show"),
        ("progen", "in such a model a residue sees only those before it"),
        ("clip", "model_type='clip'.* The families of which ProVis can show the attention are ALBERT"),
    ],
)
def test_a_model_that_cannot_give_attention_says_so(tmp_path, kind, message):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    with pytest.raises(CheckpointError, match=message):
        read_config(tmp_path)


@pytest.mark.parametrize(
    "name, change, message",
    [
        ("xlnet", {"attn_type": "uni"}, "has attn_type='uni'"),
        ("albert", {"inner_group_num": 2}, "has inner_group_num=2"),
        ("roformer", {"is_decoder": True}, "describes a decoder"),
    ],
)
def test_variants_whose_attention_would_be_wrong(tmp_path, name, change, message):
    folder = CASES[name].write(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(CheckpointError, match=message):
        read_config(folder)


def test_a_task_token_stands_before_the_residues(tmp_path):
    """ProstT5's and Ankh 3's authors require one; without it the attention is that of another task."""
    plain = write_tiny_prot_t5(tmp_path)
    before = read_vocabulary(read_config(plain))
    assert len(before.prefix) == 0
    size = json.loads((plain / "config.json").read_text())["vocab_size"]
    for added in ({"<AA2fold>": size - 1, "<fold2AA>": size - 2}, {"[NLU]": size - 1, "[S2S]": size - 2}):
        (plain / "added_tokens.json").write_text(json.dumps(added))
        after = read_vocabulary(read_config(plain))
        assert after.encode(HIV_PROTEASE) == [size - 1, *before.encode(HIV_PROTEASE)]
        assert after.n_special == before.n_special + 1
    (plain / "added_tokens.json").write_text('{"[NLU]": "x"}')
    with pytest.raises(CheckpointError, match="has a token without an id"):
        read_config(plain)


def test_a_transformers_that_is_too_old_is_no_damage(tmp_path, monkeypatch):
    folder = CASES["esmc"].write(tmp_path)
    monkeypatch.setattr(type(read_family(read_config(folder))), "model_class", "ClassOfALaterVersion")
    with pytest.raises(InstallError, match=r"does not know ESM C\. transformers >= 5\.16 is needed"):
        load_model(folder)


def test_another_programs_config_is_no_damage(tmp_path):
    """As Biohub's own code writes it for ESM C."""
    folder = CASES["esmc"].write(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config["d_model"], config["n_heads"], config["n_layers"] = (
        config.pop(key) for key in ("hidden_size", "num_attention_heads", "num_hidden_layers")
    )
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"does not say num_hidden_layers.*for transformers .*-hf"):
        read_config(folder)
