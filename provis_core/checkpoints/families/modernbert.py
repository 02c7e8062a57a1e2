"""ModernBERT: layers with a window and layers without take turns; transformers' masks say which is which.

There is no common vocabulary: letters that it has stay as they are, others are read as X.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..family import Family

__all__ = ["FAMILY"]


class _ModernBert(Family):
    name = "ModernBERT"
    model_types = ("modernbert",)
    model_class = "ModernBertModel"
    readouts = {
        "masked_lm": "ModernBertForMaskedLM",
        "sequence": "ModernBertForSequenceClassification",
        "token": "ModernBertForTokenClassification",
    }
    special_tokens = {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}

    def max_residues(self, config: Mapping[str, Any], n_special: int, folder: Path) -> int | None:
        """No limit: positions are rotary (what ``position_embedding_type`` says is not used)."""
        return None


FAMILY = _ModernBert()
