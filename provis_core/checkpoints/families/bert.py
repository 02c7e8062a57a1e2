"""BERT: ProtBert, ProtBert-BFD, and other encoders whose vocabulary is single letters.

U, Z, O and B are written as X, as the authors of ProtBert do (model card of Rostlab/prot_bert:
``re.sub(r"[UZOB]", "X", sequence)``), although its vocabulary has tokens for them. A conversion of TAPE's
checkpoint to this layout keeps TAPE's vocabulary, its special tokens and its letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..family import Family

__all__ = ["FAMILY", "Bert"]


class Bert(Family):
    """Any BERT; `antiberty` is a special case of it."""

    name = "BERT"
    model_types = ("bert",)
    model_class = "BertModel"
    readouts = {
        "masked_lm": "BertForMaskedLM",
        "sequence": "BertForSequenceClassification",
        "token": "BertForTokenClassification",
    }
    readout_keys = {r"^mlm\.": "cls.predictions."}  # TAPE's
    model_arguments = {"add_pooling_layer": False}
    special_tokens = {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
    substitutes = {"U": "X", "Z": "X", "O": "X", "B": "X"}

    def choose_special_tokens(self, tokens: Mapping[str, int], folder: Path) -> dict[str, str]:
        """TAPE's where the vocabulary is TAPE's, whatever the folder says."""
        if _is_tape(tokens):
            return {"cls_token": "<cls>", "sep_token": "<sep>", "unk_token": "<unk>"}
        return super().choose_special_tokens(tokens, folder)

    def choose_substitutes(self, tokens: Mapping[str, int]) -> Mapping[str, str]:
        """None with TAPE's vocabulary."""
        return {} if _is_tape(tokens) else self.substitutes


def _is_tape(tokens: Mapping[str, int]) -> bool:
    return tokens.get("<cls>") == 2 and tokens.get("<sep>") == 3 and tokens.get("A") == 5


FAMILY = Bert()
