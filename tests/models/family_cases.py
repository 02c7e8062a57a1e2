"""The families beyond BERT and ESM: a sharp checkpoint of each, and what its authors' own tools say about it.

None of our code is used here: tokens are those of sentencepiece, of the tokenizer's own file or of TAPE's
published table, and attention is transformers' eager one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests import tiny_families as tiny
from tests import tiny_tape

__all__ = ["CASES", "Case", "compute_eager", "soften"]


@dataclass(frozen=True)
class Case:
    """One family.

    Attributes
    ----------
    family : str
    write : callable
        Writes the checkpoint into a folder.
    encode : callable
        Folder and sequence to token ids, by the published tokenizer.
    model_class : str
        Class of transformers for the reference.
    specials : tuple of int
        Number of special tokens before and after the residues.
    drop_positions : callable
        Takes the position term out of a loaded network.
    replaced : str
        Letters that the authors write as X.
    max_residues : int or None
    """

    family: str
    write: Callable[[Path], Path]
    encode: Callable[[Path, str], list[int]]
    model_class: str
    specials: tuple[int, int]
    drop_positions: Callable[[Any], None]
    replaced: str = "UZOB"
    max_residues: int | None = None

    def as_authors_write(self, sequence: str) -> str:
        """The sequence as the model card prescribes it."""
        return "".join("X" if letter in self.replaced else letter for letter in sequence)


def compute_eager(case: Case, folder: Path, sequence: str, dtype: str = "float32") -> npt.NDArray[np.float32]:
    """Attention of all heads by ``output_attentions=True``, special tokens cut out.

    Returns
    -------
    numpy.ndarray, shape (n_layers, n_heads, n_positions, n_positions), dtype float32
    """
    import torch
    import transformers

    network = getattr(transformers, case.model_class).from_pretrained(
        folder, attn_implementation="eager", dtype=getattr(torch, dtype)
    )
    if case.family == "XLNet":  # transformers loads half of its weights as float32, and then fails
        network.to(dtype=getattr(torch, dtype))
    ids = torch.tensor([case.encode(folder, case.as_authors_write(sequence))])
    with torch.no_grad():
        output = network.eval()(input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True)
    before, after = case.specials
    residues = slice(before, ids.shape[1] - after)
    return torch.cat(output.attentions).float().numpy()[..., residues, residues]


def soften(folder: Path) -> None:
    """Halve the scores before softmax, in the file."""
    import torch
    from safetensors.torch import load_file, save_file

    pickled = folder / "pytorch_model.bin"
    path = pickled if pickled.is_file() else folder / "model.safetensors"
    state = torch.load(path, weights_only=True) if path == pickled else load_file(path)
    ends = ("query.weight", "query.bias", "SelfAttention.q.weight", "attention_bias.weight", "q_norm.weight")
    found = [
        key for key in state if key.endswith((*ends, "rel_attn.q", "r_w_bias", "r_r_bias", "Wqkv.weight"))
    ]
    assert found
    for key in found:
        rows = state[key].shape[0] // 3 if "Wqkv" in key else state[key].shape[0]
        state[key][:rows] *= 0.5
    if path == pickled:
        torch.save(state, path)
    else:
        save_file(state, path, {"format": "pt"})


def _pieces(before: tuple[str, ...], after: tuple[str, ...], folder: Path, sequence: str) -> list[int]:
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))
    prefix, suffix = ([model.piece_to_id(token) for token in tokens] for tokens in (before, after))
    assert model.unk_id() not in prefix + suffix
    return [*prefix, *model.encode(" ".join(sequence)), *suffix]


def _tape(folder: Path, sequence: str) -> list[int]:
    return [2, *("ABCDEFGHIKLMNOPQRSTUVWXYZ".index(letter) + 5 for letter in sequence), 3]


def _words(folder: Path, sequence: str) -> list[int]:
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    return tokenizer.encode(list(sequence), is_pretokenized=True).ids


def _esmc(folder: Path, sequence: str) -> list[int]:
    import transformers

    return transformers.EsmcTokenizer()(sequence)["input_ids"]


def _bert(folder: Path, sequence: str) -> list[int]:
    import transformers

    tokenizer = transformers.BertTokenizer(str(folder / "vocab.txt"), do_lower_case=False)
    return tokenizer(" ".join(sequence))["input_ids"]


def _zero(*ends: str) -> Callable[[Any], None]:
    """Set to zero what has a name that ends so."""

    def drop(network: Any) -> None:
        import itertools

        found = [
            tensor
            for name, tensor in itertools.chain(network.named_parameters(), network.named_buffers())
            if name.endswith(ends)
        ]
        assert found
        for tensor in found:
            tensor.zero_()

    return drop


def _no_rotation(network: Any) -> None:
    table = network.encoder.embed_positions.weight
    half = table.shape[1] // 2
    table[:, :half], table[:, half:] = 0, 1


_T5: dict[str, Any] = {
    "model_class": "T5EncoderModel",
    "specials": (0, 1),
    "drop_positions": _zero("relative_attention_bias.weight"),
}
_PROT_T5: dict[str, Any] = {"family": "T5", "encode": partial(_pieces, (), ("</s>",)), **_T5}
_ESMC: dict[str, Any] = {
    "family": "ESM C",
    "encode": _esmc,
    "model_class": "EsmcModel",
    "specials": (1, 1),
    "drop_positions": _zero("inv_freq"),
    "replaced": "",
}
_TAPE: dict[str, Any] = {
    "encode": _tape,
    "model_class": "BertModel",
    "specials": (1, 1),
    "drop_positions": _zero("position_embeddings.weight"),
    "replaced": "",
    "max_residues": 254,
}

CASES = {
    "tape": Case(family="TAPE", write=tiny_tape.write_tiny_tape, **_TAPE),
    "tape-conversion": Case(family="BERT", write=tiny_tape.write_tiny_tape_conversion, **_TAPE),
    "albert": Case(
        "ALBERT",
        tiny.write_tiny_albert,
        partial(_pieces, ("[CLS]",), ("[SEP]",)),
        "AlbertModel",
        (1, 1),
        _zero("position_embeddings.weight"),
        max_residues=254,
    ),
    "prot_t5": Case(write=tiny.write_tiny_prot_t5, **_PROT_T5),
    "prot_t5-encoder": Case(write=partial(tiny.write_tiny_prot_t5, encoder_only=True), **_PROT_T5),
    "ankh": Case("T5", tiny.write_tiny_ankh, _words, replaced="", **_T5),
    "xlnet": Case(
        "XLNet",
        tiny.write_tiny_xlnet,
        partial(_pieces, (), ("<sep>", "<cls>")),
        "XLNetModel",
        (0, 2),
        _zero("rel_attn.r"),
    ),
    "esmc": Case(write=tiny.write_tiny_esmc, **_ESMC),
    "esmc-no-tokenizer": Case(write=partial(tiny.write_tiny_esmc, tokenizer=False), **_ESMC),
    "modernbert": Case(
        "ModernBERT",
        tiny.write_tiny_modernbert,
        _words,
        "ModernBertModel",
        (1, 1),
        _zero("inv_freq"),
        replaced="",
    ),
    "roformer": Case(
        "RoFormer",
        tiny.write_tiny_roformer,
        _bert,
        "RoFormerModel",
        (1, 1),
        _no_rotation,
        replaced="",
        max_residues=254,
    ),
}
