"""ESM: ESM-1b, ESM-1v, ESM-2. B, U, Z, O and X are letters of its alphabet and stay as they are.

With ``token_dropout`` an ESM scales its embeddings by what was masked in training; transformers does that
from the token ids, so they are given as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import CheckpointError
from ..family import Family

__all__ = ["FAMILY"]


class _Esm(Family):
    name = "ESM"
    model_types = ("esm",)
    model_class = "EsmModel"
    readouts = {
        "masked_lm": "EsmForMaskedLM",
        "sequence": "EsmForSequenceClassification",
        "token": "EsmForTokenClassification",
    }
    model_arguments = {"add_pooling_layer": False}
    suffix = ("eos_token",)
    special_tokens = {"cls_token": "<cls>", "eos_token": "<eos>", "unk_token": "<unk>"}
    contact_head = "contact_head"
    optional_weights = ("contact_head.", "rotary_embeddings.inv_freq")
    position_types = ("absolute", "rotary")

    def max_residues(self, config: Mapping[str, Any], n_special: int, folder: Path) -> int | None:
        """No limit for rotary positions; absolute ones are counted from the padding token's id + 1."""
        if config.get("position_embedding_type") == "rotary":
            return None
        padding = config.get("pad_token_id")
        if not isinstance(padding, int):
            raise CheckpointError(
                f"{folder / 'config.json'} has pad_token_id={padding!r}",
                "ESM counts its absolute positions from it",
                "Copy the checkpoint again",
            )
        limit = super().max_residues(config, n_special, folder)
        return None if limit is None else limit - padding - 1


FAMILY = _Esm()
