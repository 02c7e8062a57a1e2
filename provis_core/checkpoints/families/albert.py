"""ALBERT: ProtAlbert, whose layers are one layer called again and again, with weights that they share.

U, Z, O and B are written as X (model card of Rostlab/prot_albert), and letters are upper case, whatever
``do_lower_case`` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import CheckpointError
from ..family import Family

__all__ = ["FAMILY"]


class _Albert(Family):
    name = "ALBERT"
    model_types = ("albert",)
    model_class = "AlbertModel"
    readouts = {
        "masked_lm": "AlbertForMaskedLM",
        "sequence": "AlbertForSequenceClassification",
        "token": "AlbertForTokenClassification",
    }
    model_arguments = {"add_pooling_layer": False}
    special_tokens = {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "<unk>"}
    substitutes = {"U": "X", "Z": "X", "O": "X", "B": "X"}

    def check(self, config: Mapping[str, Any], folder: Path) -> None:
        """Layers are told apart by the order of calls, so each must attend once."""
        super().check(config, folder)
        if config.get("inner_group_num", 1) != 1:
            raise CheckpointError(
                f"{folder / 'config.json'} has inner_group_num={config['inner_group_num']!r}",
                "A layer that attends once is needed",
                "Choose another checkpoint",
            )


FAMILY = _Albert()
