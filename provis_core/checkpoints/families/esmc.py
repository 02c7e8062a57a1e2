"""ESM C (ESM Cambrian), as transformers has it. B, U, Z, O and X are letters of its alphabet.

All its checkpoints share one vocabulary, which transformers' tokenizer holds itself; a folder without a
tokenizer's files is read with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..family import Family
from ..vocabulary import VOCABULARY_FILES, read_tokens

__all__ = ["FAMILY"]

_TOKENS: Final = (
    "<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO", ".", "-", "|", "<mask>",
)  # fmt: skip


class _Esmc(Family):
    name = "ESM C"
    model_types = ("esmc",)
    model_class = "EsmcModel"
    embedding = "embed_tokens"
    readouts = {
        "masked_lm": "EsmcForMaskedLM",
        "sequence": "EsmcForSequenceClassification",
        "token": "EsmcForTokenClassification",
    }
    transformers = "5.16"
    suffix = ("eos_token",)
    special_tokens = {"cls_token": "<cls>", "eos_token": "<eos>", "unk_token": "<unk>"}

    def max_residues(self, config: Mapping[str, Any], n_special: int, folder: Path) -> int | None:
        """No limit: positions are rotary."""
        return None

    def read_tokens(self, folder: Path) -> dict[str, int]:
        """That of the folder, else the one that all checkpoints share."""
        if any((folder / name).is_file() for name in VOCABULARY_FILES):
            return read_tokens(folder)
        return {token: i for i, token in enumerate(_TOKENS)}


FAMILY = _Esmc()
