"""TAPE's own files: ``pytorch_model.bin``, a ``config.json`` that names no model type, and no vocabulary.

They are a BERT. The vocabulary is the IUPAC one of ``tape/tokenizers.py``, in which B, O, U, X and Z are
letters of their own and stay as they are; J, on which TAPE's tokenizer fails, is read as X.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ...errors import CheckpointError
from ..family import Family
from ..vocabulary import VOCABULARY_FILES, read_tokens

__all__ = ["FAMILY", "IUPAC_TOKENS"]

IUPAC_TOKENS: Final = ("<pad>", "<mask>", "<cls>", "<sep>", "<unk>", *"ABCDEFGHIKLMNOPQRSTUVWXYZ")
"""The index is the token id."""


class _Tape(Family):
    name = "TAPE"
    model_types = ()
    model_class = "BertModel"
    readouts = {"masked_lm": "BertForMaskedLM"}
    readout_keys = {r"^mlm\.": "cls.predictions."}
    model_arguments = {"add_pooling_layer": False}
    special_tokens = {"cls_token": "<cls>", "sep_token": "<sep>", "unk_token": "<unk>"}

    def accepts(self, config: Mapping[str, Any]) -> bool:
        """Without a model type, and with as many tokens as the IUPAC vocabulary, at any width."""
        return (
            "model_type" not in config
            and config.get("vocab_size") == len(IUPAC_TOKENS)
            and "num_attention_heads" in config
        )

    def read_tokens(self, folder: Path) -> dict[str, int]:
        """The IUPAC vocabulary; a file that says otherwise belongs to another family."""
        iupac = {token: i for i, token in enumerate(IUPAC_TOKENS)}
        if any((folder / name).is_file() for name in VOCABULARY_FILES) and read_tokens(folder) != iupac:
            raise CheckpointError(
                f"{folder / 'config.json'} names no model_type, and the vocabulary beside it is not TAPE's",
                "A checkpoint without model_type is read as TAPE's, whose 30 tokens are fixed",
                'Add the model_type to config.json, like "bert"',
            )
        return iupac


FAMILY = _Tape()
