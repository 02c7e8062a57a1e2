"""BERT: ProtBert, ProtBert-BFD, AntiBERTy and other encoders whose vocabulary is single letters.

U, Z, O and B are written as X, as the authors of ProtBert do (model card of Rostlab/prot_bert:
``re.sub(r"[UZOB]", "X", sequence)``), although its vocabulary has tokens for them.
"""

from __future__ import annotations

from ..family import Family

__all__ = ["FAMILY"]


class _Bert(Family):
    name = "BERT"
    model_types = ("bert",)
    model_class = "BertModel"
    model_arguments = {"add_pooling_layer": False}
    special_tokens = {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
    substitutes = {"U": "X", "Z": "X", "O": "X", "B": "X"}


FAMILY = _Bert()
