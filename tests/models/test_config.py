"""What the host learns from the files alone: neither torch nor transformers is needed here."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from provis_core.attention.head_id import HeadId
from provis_core.checkpoints.config import read_vocabulary
from provis_core.checkpoints.families import known_families
from provis_core.errors import CheckpointError, SequenceError
from provis_core.models import fingerprint, read_config

BERT = {
    "model_type": "bert", "num_hidden_layers": 12, "num_attention_heads": 4, "hidden_size": 32,
    "vocab_size": 30, "max_position_embeddings": 512,
}  # fmt: skip
ESM = {
    "model_type": "esm", "num_hidden_layers": 6, "num_attention_heads": 4, "hidden_size": 32,
    "vocab_size": 33, "max_position_embeddings": 1026, "pad_token_id": 1,
    "position_embedding_type": "absolute",
}  # fmt: skip
BERT_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"LAGVESIKRDTPNQFYMHCWXUBZO"]
ESM_TOKENS = ["<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>"]


def write_safetensors(path: Path, n_bytes: int = 4096, fill: bytes = b"\0") -> None:
    header = json.dumps(
        {"a": {"dtype": "F32", "shape": [n_bytes // 4], "data_offsets": [0, n_bytes]}}
    ).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + fill * n_bytes)


def write_checkpoint(folder: Path, config: dict = BERT, tokens: list[str] = BERT_TOKENS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n")
    write_safetensors(folder / "model.safetensors")
    return folder


def test_config_of_bert(tmp_path):
    config = read_config(write_checkpoint(tmp_path / "mine"))
    assert (config.family, config.n_layers, config.n_heads, config.max_residues) == ("BERT", 12, 4, 510)
    assert (config.hidden_size, config.vocab_size) == (32, 30)
    assert (config.name, config.status, config.note, config.default_head) == ("mine", "trained", "", None)


def test_config_of_esm(tmp_path):
    absolute = read_config(write_checkpoint(tmp_path / "esm1b", ESM, ESM_TOKENS))
    assert (absolute.family, absolute.n_layers, absolute.max_residues) == ("ESM", 6, 1022)
    rotary = {**ESM, "position_embedding_type": "rotary"}
    assert read_config(str(write_checkpoint(tmp_path / "esm2", rotary, ESM_TOKENS))).max_residues is None


def test_provis_json(tmp_path):
    folder = write_checkpoint(tmp_path)
    values = {"name": "mini", "status": "untrained", "note": "Random weights.", "default_head": "12-4"}
    (folder / "provis.json").write_text(json.dumps(values))
    config = read_config(folder)
    assert (config.name, config.status, config.note) == ("mini", "untrained", "Random weights.")
    assert config.default_head == HeadId(11, 3)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"status": "great"}, r"provis\.json has status='great'\. .*trained, placeholder, untrained"),
        ({"note": 3}, r"has note=3\. "),
        ({"default_head": "twelve"}, r"has default_head='twelve'\. "),
        ({"default_head": "13-1"}, r"names the head 13-1\. .* has 12 layers with 4 heads each"),
    ],
)
def test_wrong_provis_json(tmp_path, values, message):
    folder = write_checkpoint(tmp_path)
    (folder / "provis.json").write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match=message):
        read_config(folder)


def spoil_config(**changes: object):
    def spoil(folder: Path) -> None:
        values = {**json.loads((folder / "config.json").read_text()), **changes}
        (folder / "config.json").write_text(json.dumps(values))

    return spoil


def spoil_vocabulary(old: str, new: str):
    def spoil(folder: Path) -> None:
        path = folder / "vocab.txt"
        path.write_text(path.read_text().replace(f"\n{old}\n", f"\n{new}\n"))

    return spoil


def cut(name: str, size: int):
    return lambda folder: os.truncate(folder / name, size)


def replace_weights(name: str, content: bytes):
    def spoil(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        (folder / name).write_bytes(content)

    return spoil


LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"
INDEX = json.dumps(
    {"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}}
).encode()


def remove(name: str):
    return lambda folder: (folder / name).unlink()


def write(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    "spoil, message",
    [
        (shutil.rmtree, r"There is no folder .*\. .*Check the path, or fetch the model\."),
        (remove("config.json"), r"has no config\.json\. .*config\.json, vocabulary, weights"),
        (write("config.json", b"{"), r"config\.json is not JSON"),
        (write("config.json", b"[]"), r"config\.json is not JSON \(no JSON object"),
        (spoil_config(model_type="gpt2"), r"model_type='gpt2': in such a model .*BERT \(bert\), ESM \(esm\)"),
        (spoil_config(num_hidden_layers=None), r"num_hidden_layers=None\. A number above 0"),
        (spoil_config(num_attention_heads=5), r"has 32 dimensions for 5 heads"),
        (spoil_config(num_hidden_layers=10**6), r"num_hidden_layers=1000000\. No model has more than 1000"),
        (spoil_config(max_position_embeddings="many"), r"max_position_embeddings='many'"),
        (spoil_config(is_decoder=True), r"describes a decoder"),
        (spoil_config(position_embedding_type="relative_key"), r"position_embedding_type='relative_key'"),
        (spoil_config(vocab_size=20), r"has a token id 25\. The model has embeddings for ids 0 to 19"),
        (remove("vocab.txt"), r"has no vocabulary: without it every residue would be unknown"),
        (write("vocab.txt", b"\xff\xfe\0"), r"vocab\.txt cannot be read"),
        (spoil_vocabulary("W", "w"), r"does not know W\. The 20 amino acids must have 20 different"),
        (spoil_vocabulary("[CLS]", "<cls>"), r"has no '\[CLS\]' \(cls_token\)"),
        (remove("model.safetensors"), r"has no weights\. One of model\.safetensors and"),
        (cut("model.safetensors", 3000), r"model\.safetensors is damaged or was cut off \(3000 bytes\)"),
        (cut("model.safetensors", 20), r"model\.safetensors is damaged or was cut off \(20 bytes\)"),
        (cut("model.safetensors", 0), r"model\.safetensors is damaged or was cut off \(0 bytes\)"),
        (replace_weights("model.safetensors", b"\0" * 9000), r"model\.safetensors is damaged"),
        (replace_weights("pytorch_model.bin", b"PK\3\4" + b"\0" * 5000), r"pytorch_model\.bin is damaged"),
        (replace_weights("pytorch_model.bin", b"<!DOCTYPE html>"), r"pytorch_model\.bin is damaged"),
        (replace_weights("model.safetensors", LFS_POINTER), r"is a Git LFS pointer.* Run: git lfs pull"),
        (replace_weights("model.safetensors.index.json", INDEX), r"model-1-of-2\.safetensors cannot be read"),
        (replace_weights("model.safetensors.index.json", b"{}"), r"index\.json names no files"),
    ],
)
def test_damaged_folder(tmp_path, spoil, message):
    folder = write_checkpoint(tmp_path / "mine")
    spoil(folder)
    with pytest.raises(CheckpointError, match=message) as caught:
        read_config(folder)
    assert str(folder) in str(caught.value)
    assert caught.value.need
    assert caught.value.do


def test_two_amino_acids_with_one_id(tmp_path):
    folder = write_checkpoint(tmp_path)
    (folder / "vocab.txt").unlink()
    vocabulary = {token: i for i, token in enumerate(BERT_TOKENS)} | {"W": 5}
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}))
    with pytest.raises(CheckpointError, match="gives two amino acids the same id"):
        read_config(folder)


def test_vocabulary_without_the_ids_of_amino_acids(tmp_path):
    """A vocabulary for English text in lower case knows none of the letters."""
    folder = write_checkpoint(tmp_path, tokens=[*BERT_TOKENS[:5], *"abcdefghijklmnopqrstuvwxy"])
    with pytest.raises(CheckpointError, match="does not know A, C, D, E,"):
        read_config(folder)


def test_vocabulary_in_tokenizer_json(tmp_path):
    expected = read_vocabulary(read_config(write_checkpoint(tmp_path))).encode("ACDW")
    (tmp_path / "vocab.txt").unlink()
    vocabulary = {token: i for i, token in enumerate(BERT_TOKENS) if token != "[CLS]"}
    packed = {"model": {"vocab": vocabulary}, "added_tokens": [{"content": "[CLS]", "id": 2}]}
    (tmp_path / "tokenizer.json").write_text(json.dumps(packed))
    assert read_vocabulary(read_config(tmp_path)).encode("ACDW") == expected
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": ["A"]}}))
    with pytest.raises(CheckpointError, match="has no vocabulary of tokens"):
        read_config(tmp_path)


def test_special_tokens_of_the_folder(tmp_path):
    tokens = ["[PAD]", "<unk>", "<cls>", "<sep>", "[MASK]", *BERT_TOKENS[5:]]
    folder = write_checkpoint(tmp_path, tokens=tokens)
    (folder / "tokenizer_config.json").write_text(json.dumps({"cls_token": {"content": "<cls>"}}))
    (folder / "special_tokens_map.json").write_text(json.dumps({"sep_token": "<sep>", "unk_token": "<unk>"}))
    assert read_vocabulary(read_config(folder)).encode("L") == [2, 5, 3]


def test_rare_residues(tmp_path):
    bert = read_vocabulary(read_config(write_checkpoint(tmp_path / "bert")))
    x = BERT_TOKENS.index("X")
    assert bert.encode("XUZOBJ") == [2, x, x, x, x, x, x, 3]
    esm = read_vocabulary(read_config(write_checkpoint(tmp_path / "esm", ESM, ESM_TOKENS)))
    assert esm.encode("XUZOBJ") == [0, *map(ESM_TOKENS.index, "XUZOBX"), 2]
    without_x = write_checkpoint(tmp_path / "anti", tokens=BERT_TOKENS[:25])
    assert read_vocabulary(read_config(without_x)).encode("XUZOBJ") == [2, 1, 1, 1, 1, 1, 1, 3]


@pytest.mark.parametrize("letter", ["a", "-", ".", "*", " ", "1", "é"])
@pytest.mark.parametrize("config, tokens", [(BERT, BERT_TOKENS), (ESM, ESM_TOKENS)])
def test_unreadable_letters(tmp_path, config, tokens, letter):
    vocabulary = read_vocabulary(read_config(write_checkpoint(tmp_path, config, tokens)))
    with pytest.raises(
        SequenceError, match=re.escape(f"Letter 4 of the sequence is {letter!r}. The letters ABCDE")
    ):
        vocabulary.encode(f"MKT{letter}AA")


def test_empty_sequence(tmp_path):
    with pytest.raises(SequenceError, match="The sequence is empty"):
        read_vocabulary(read_config(write_checkpoint(tmp_path))).encode("")


def test_weights_that_are_accepted(tmp_path):
    folder = write_checkpoint(tmp_path)
    (folder / "model.safetensors").unlink()
    for i in (1, 2):
        write_safetensors(folder / f"model-{i}-of-2.safetensors")
    (folder / "model.safetensors.index.json").write_bytes(INDEX)
    assert read_config(folder).n_layers == 12
    (folder / "model.safetensors.index.json").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x02}q\0.")
    assert read_config(folder).n_layers == 12
    with zipfile.ZipFile(folder / "pytorch_model.bin", "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    assert read_config(folder).n_layers == 12


def test_fingerprint_follows_the_files(tmp_path):
    folder = write_checkpoint(tmp_path)
    seen = {fingerprint(folder)}
    assert re.fullmatch("[0-9a-f]{20}", fingerprint(folder))
    (folder / "README.md").write_text("something else")
    (folder / "provis.json").write_text("{}")
    assert fingerprint(str(folder)) in seen
    for letter in "UB":
        (folder / "provis.json").write_text(f'{{"substitutes": {{"{letter}": "X"}}}}')
        assert fingerprint(folder) not in seen
        seen.add(fingerprint(folder))
    spoil_config(layer_norm_eps=1e-5)(folder)
    seen.add(fingerprint(folder))
    (folder / "vocab.txt").write_text("\n".join(BERT_TOKENS[::-1]))
    seen.add(fingerprint(folder))
    write_safetensors(folder / "model.safetensors", fill=b"\1")
    seen.add(fingerprint(folder))
    (folder / "tokenizer_config.json").write_text("{}")
    seen.add(fingerprint(folder))
    assert len(seen) == 7


def test_fingerprint_of_a_copy_is_the_same_for_small_weights(tmp_path):
    folder = write_checkpoint(tmp_path / "a")
    shutil.copytree(folder, tmp_path / "b", copy_function=shutil.copyfile)
    assert fingerprint(folder) == fingerprint(tmp_path / "b")


def test_fingerprint_of_large_weights_is_sampled(tmp_path):
    folder = write_checkpoint(tmp_path)
    weights = folder / "model.safetensors"
    write_safetensors(weights, n_bytes=32 * 2**20)
    before = fingerprint(folder)
    os.utime(weights, ns=(1, 1))
    moved = fingerprint(folder)
    with weights.open("r+b") as stream:
        stream.seek(-4, os.SEEK_END)
        stream.write(b"\1")
    os.utime(weights, ns=(1, 1))
    assert len({before, moved, fingerprint(folder)}) == 3


def test_fingerprint_of_damaged_weights(tmp_path):
    folder = write_checkpoint(tmp_path)
    cut("model.safetensors", 100)(folder)
    with pytest.raises(CheckpointError, match="is damaged or was cut off"):
        fingerprint(folder)


def test_every_family_says_what_it_is():
    names = [family.name for family in known_families()]
    assert names == sorted({*names}, key=str.lower) and {"BERT", "ESM C", "T5"} <= {*names}
    for family in known_families():
        assert {*family.prefix, *family.suffix, "unk_token"} == set(family.special_tokens)


def test_reading_a_folder_imports_nothing_heavy(tmp_path):
    """The host's Python has neither torch nor transformers, and need not have numpy's newer relatives."""
    folder = write_checkpoint(tmp_path)
    program = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'safetensors'): sys.modules[name] = None\n"
        "from provis_core.models import fingerprint, load_model, read_config\n"
        "from provis_core.errors import InstallError\n"
        f"print(read_config({str(folder)!r}).n_layers, len(fingerprint({str(folder)!r})))\n"
        "try: load_model(sys.argv[1])\n"
        "except InstallError as error: print(error)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, cwd=root, check=True
    )
    numbers, message = done.stdout.splitlines()
    assert numbers == "12 20"
    assert "torch" in message
    assert "install_plugin.py" in message


@pytest.mark.parametrize("whole", [False, True])
def test_an_adapter_is_refused_with_what_to_do(tmp_path, whole):
    """Also beside a whole model: transformers would put the two together, or not, as peft is installed."""
    if whole:
        write_checkpoint(tmp_path)
    settings = {"base_model_name_or_path": "facebook/esm2_t6_8M_UR50D", "peft_type": "LORA"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(settings))
    with pytest.raises(CheckpointError, match=r"adapter \(LoRA\) to facebook/esm2_t6.*merge_and_unload"):
        read_config(tmp_path)
