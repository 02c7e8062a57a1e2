"""T5, its encoder alone: ProtT5-XL, ProstT5, Ankh. ``</s>`` is added at the end; positions are relative.

ProtT5 has sentencepiece's words for tokens, and its authors write U, Z, O and B as X (model card of
Rostlab/prot_t5_xl_uniref50). Ankh has plain letters, and its authors replace none. ProstT5 and Ankh 3 are
told by a token of their own that residues follow (github.com/mheinzinger/ProstT5 README.md; model card of
ElnaggarLab/ankh3-large).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..family import Family
from ..vocabulary import WORD_START

__all__ = ["FAMILY"]


class _T5(Family):
    name = "T5"
    model_types = ("t5",)
    model_class = "T5EncoderModel"
    embedding = "encoder.embed_tokens"
    readouts = {"token": "T5ForTokenClassification"}
    size_keys = {
        "n_layers": "num_layers",
        "n_heads": "num_heads",
        "hidden_size": "d_model",
        "vocab_size": "vocab_size",
    }
    prefix = ()
    suffix = ("eos_token",)
    task_tokens = ("<AA2fold>", "[NLU]")
    special_tokens = {"eos_token": "</s>", "unk_token": "<unk>"}
    substitutes = {"U": "X", "Z": "X", "O": "X", "B": "X"}
    other_weights = ("decoder.", "lm_head.")
    equal_heads = False

    def max_residues(self, config: Mapping[str, Any], n_special: int, folder: Path) -> int | None:
        """No limit: positions are relative."""
        return None

    def choose_substitutes(self, tokens: Mapping[str, int]) -> Mapping[str, str]:
        """ProtT5's with words for tokens, none with letters."""
        return self.substitutes if WORD_START + "A" in tokens else {}


FAMILY = _T5()
