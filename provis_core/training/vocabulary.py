"""The ESM alphabet: 33 tokens, their numbers, and sequences as arrays of them.

The order is that of every published ESM-1b and ESM-2 checkpoint, so that ``EsmTokenizer`` reads our
``vocab.txt``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CLS",
    "EOS",
    "MASK",
    "PAD",
    "STANDARD",
    "TOKENS",
    "UNKNOWN",
    "encode_tokens",
    "write_tokenizer",
]

TOKENS: Final[tuple[str, ...]] = (
    *("<cls>", "<pad>", "<eos>", "<unk>"),
    *"LAGVSERTIDPKQNFYMHWCXBUZO.-",
    *("<null_1>", "<mask>"),
)
"""Token of each id."""

CLS: Final = 0
PAD: Final = 1
EOS: Final = 2
UNKNOWN: Final = 3
MASK: Final = 32
STANDARD: Final = range(4, 24)
"""Ids of the 20 standard amino acids."""


def _byte_table() -> NDArray[np.uint8]:
    table = np.full(256, TOKENS.index("X"), dtype=np.uint8)
    for token_id, token in enumerate(TOKENS):
        if len(token) == 1:
            table[ord(token)] = token_id
    return table


_BYTE_TO_ID: Final = _byte_table()


def encode_tokens(sequence: str | bytes) -> NDArray[np.uint8]:
    """Turn one-letter codes into token ids, without special tokens.

    Parameters
    ----------
    sequence : str or bytes
        One-letter codes, upper case. A letter that the alphabet lacks (J) becomes X.

    Returns
    -------
    ids : ndarray, shape=(n_positions,), dtype=uint8
        Token ids.
    """
    raw = sequence.encode("ascii") if isinstance(sequence, str) else sequence
    return _BYTE_TO_ID[np.frombuffer(raw, dtype=np.uint8)]


def write_tokenizer(directory: Path) -> None:
    """Write the three files from which ``AutoTokenizer`` builds an ``EsmTokenizer`` offline.

    Parameters
    ----------
    directory : Path
        An existing directory; ``vocab.txt``, ``tokenizer_config.json`` and ``special_tokens_map.json`` are
        written into it.
    """
    special = {
        "cls_token": "<cls>",
        "eos_token": "<eos>",
        "mask_token": "<mask>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }
    config = {"tokenizer_class": "EsmTokenizer", "model_max_length": 1024, "do_lower_case": False, **special}
    (directory / "vocab.txt").write_text("\n".join(TOKENS), encoding="utf-8")
    _write_json(directory / "tokenizer_config.json", config)
    _write_json(directory / "special_tokens_map.json", special)


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
