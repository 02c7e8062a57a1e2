"""AntiBERTy, the antibody model in the Python package ``antiberty``: a BERT, its vocabulary one folder up.

Its vocabulary has the 20 amino acids alone; its tokenizer reads U, Z, O, B and X as ``[UNK]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..vocabulary import VOCABULARY_FILES, read_tokens
from .bert import Bert

__all__ = ["FAMILY"]


class _AntiBerty(Bert):
    name = "AntiBERTy"

    def accepts(self, config: Mapping[str, Any]) -> bool:
        """By the class that its authors named it after."""
        return super().accepts(config) and "AntiBERTy" in (config.get("architectures") or ())

    def read_tokens(self, folder: Path) -> dict[str, int]:
        """Beside ``config.json``, or one folder up as in the package."""
        here = any((folder / name).is_file() for name in VOCABULARY_FILES)
        return read_tokens(folder if here else folder.parent)


FAMILY = _AntiBerty()
