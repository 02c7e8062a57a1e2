"""Which checkpoints there are: those of ``resources/models.json``, and any folder the user names.

Reading it imports no heavy library.
"""

from __future__ import annotations

import difflib
import functools
import json
from dataclasses import dataclass
from pathlib import Path

from .attention import HeadId
from .errors import UnknownModelError
from .paths import resources_dir

__all__ = ["ModelEntry", "find_model", "list_models"]


@dataclass(frozen=True)
class ModelEntry:
    """One checkpoint.

    Attributes
    ----------
    name : str
        What the user types.
    folder : pathlib.Path
        Where its files are.
    default_head : HeadId or None
        The head that is drawn unless another one is asked for; 0-based.
    note : str
        What every output must say about it; may be empty.
    license, citation : str
        Empty where not registered.
    """

    name: str
    folder: Path
    default_head: HeadId | None = None
    note: str = ""
    license: str = ""
    citation: str = ""


@functools.cache
def list_models() -> tuple[ModelEntry, ...]:
    """The registered checkpoints, in the order of the registry."""
    text = (resources_dir() / "models.json").read_text(encoding="utf-8")
    return tuple(
        ModelEntry(
            name=item["name"],
            folder=resources_dir() / item["path"],
            default_head=HeadId.parse(item["default_head"]) if item.get("default_head") else None,
            note=item.get("note") or "",
            license=item.get("license") or "",
            citation=item.get("citation") or "",
        )
        for item in json.loads(text)["models"]
    )


def find_model(name: str) -> ModelEntry:
    """Find a checkpoint by its registered name or its folder.

    Parameters
    ----------
    name : str
        A name in any case, or the path of a folder (``~`` is understood).

    Returns
    -------
    ModelEntry

    Raises
    ------
    UnknownModelError
        If it is neither; a near name is suggested.
    """
    known = {entry.name: entry for entry in list_models()}
    wanted = name.strip()
    if wanted.lower() in known:
        return known[wanted.lower()]
    folder = Path(wanted).expanduser()
    if folder.is_dir():
        return ModelEntry(name=folder.resolve().name, folder=folder.resolve())
    near = difflib.get_close_matches(wanted.lower(), known, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else "Type provis_models to see them"
    raise UnknownModelError(
        f"There is no model {wanted!r}, and no folder of that name",
        f"A registered model ({', '.join(known)}) or a folder in Hugging Face layout is needed",
        hint,
    )
