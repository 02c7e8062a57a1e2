"""AntiBERTy, the antibody model: a BERT, whose package keeps the vocabulary one folder up.

On the hub it has none beside it; its authors' package holds the one that all its checkpoints share.
Its vocabulary has the 20 amino acids alone; its tokenizer reads U, Z, O, B and X as ``[UNK]``. Labels of its
classifiers are those of its package 0.1.3 (``AntiBERTyRunner.py``); a third one, of grafts, has none there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..vocabulary import VOCABULARY_FILES, read_tokens
from .bert import Bert

__all__ = ["FAMILY"]

_TOKENS: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"ACDEFGHIKLMNPQRSTVWY")


class _AntiBerty(Bert):
    name = "AntiBERTy"
    classifiers = {
        "chain": ("cls.chain.", ("Heavy", "Light")),
        "species": ("cls.species.", ("Camel", "Human", "Mouse", "Rabbit", "Rat", "Rhesus")),
    }

    def accepts(self, config: Mapping[str, Any]) -> bool:
        """By the class that its authors named it after."""
        return super().accepts(config) and "AntiBERTy" in (config.get("architectures") or ())

    def read_tokens(self, folder: Path) -> dict[str, int]:
        """Beside ``config.json``, one folder up as in the package, or the one that all share."""
        for place in (folder, folder.parent):
            if any((place / name).is_file() for name in VOCABULARY_FILES):
                return read_tokens(place)
        return {token: i for i, token in enumerate(_TOKENS)}


FAMILY = _AntiBerty()
