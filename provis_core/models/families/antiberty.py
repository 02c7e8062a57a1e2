"""AntiBERTy, the antibody model in the Python package ``antiberty``: a BERT, its vocabulary one folder up.

Its vocabulary has the 20 amino acids alone; its tokenizer reads U, Z, O, B and X as ``[UNK]``.
"""

from __future__ import annotations

import importlib.util
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

    def find_installed(self, name: str) -> Path | None:
        """The package's folder, for the name ``antiberty``; the package itself is not imported."""
        spec = importlib.util.find_spec("antiberty") if name.lower() == "antiberty" else None
        if spec is None or spec.origin is None:
            return None
        folder = Path(spec.origin).parent / "trained_models" / "AntiBERTy_md_smooth"
        return folder if folder.is_dir() else None


FAMILY = _AntiBerty()
