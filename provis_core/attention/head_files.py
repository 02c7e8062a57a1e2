"""Sets of heads in files: ``heads.json``, which ``provis survey`` and ``provis probe`` write.

The file is one JSON object: ``format`` (1), ``model``, ``layers``, ``heads`` (its size), ``sets`` by name,
and ``about`` (command, versions, inputs). A set has ``heads`` (layer-head, counted from 1), and may have
``weights``, ``note``, ``numbers`` and ``source``; ``contact`` is the mean that does best, ``contact_best``
the best head alone. What `provis_core.checkpoints.registry` reads of published sets has the same form.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..errors import InputError, near_name
from ..system.given_files import find_path, load_json
from ..system.whole_files import write_whole
from .head_id import Head, HeadId, HeadSet

__all__ = ["HeadFile", "choose_set", "make_set", "read_head_file", "split_file", "write_head_file"]

_FORMAT: Final = 1
_FILE: Final = re.compile(r"(.+\.json)(?::(.+))?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class HeadFile:
    """Sets of heads of one model.

    Attributes
    ----------
    model : str
        Its name.
    n_layers, n_heads : int
    sets : mapping of str to HeadSet
        By what they are for.
    about : mapping of str to object
        Of plain values: how the file was made.
    """

    model: str
    n_layers: int
    n_heads: int
    sets: Mapping[str, HeadSet]
    about: Mapping[str, Any] = field(default_factory=dict)


def split_file(text: str) -> tuple[str, str] | None:
    """Return the file and the set that ``heads.json:contact`` names, the set empty where none is named.

    None where the text names no file.
    """
    match = _FILE.fullmatch(text.strip())
    return None if match is None else (match[1], match[2] or "")


def choose_set(sets: Mapping[str, HeadSet], name: str, owner: str) -> Head:
    """Return a set by its name; the one for contacts, or the only one, where the name is empty.

    Parameters
    ----------
    sets : mapping of str to HeadSet
    name : str
    owner : str
        The model or the file, for the message.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    wanted = name or ("contact" if "contact" in sets or len(sets) != 1 else next(iter(sets)))
    if wanted in sets:
        return sets[wanted].alone
    near = near_name(wanted, sets)
    others = "Name heads, as in «heads=12-4+11-6», or a heads.json that provis survey wrote"
    raise InputError(
        f"«heads={name or owner}»: {owner} has no set of heads for {wanted}",
        f"It has {', '.join(sets)}"
        if sets
        else "A set that was published, or written by a survey, is needed",
        f"Did you mean {near}?" if near else others,
    )


def make_set(name: str, values: Mapping[str, Any], asked: str = "", source: str = "") -> HeadSet:
    """Return a set for what stands in a file.

    Raises
    ------
    InputError, LookupError, TypeError, ValueError
        If it is damaged.
    """
    return HeadSet(
        tuple(HeadId.parse(label) for label in values["heads"]),
        tuple(values.get("weights") or ()),
        name=name,
        asked=asked or name,
        note=str(values.get("note") or ""),
        numbers={str(key): float(value) for key, value in (values.get("numbers") or {}).items()},
        source=str(values.get("source") or source),
    )


def write_set(heads: HeadSet) -> dict[str, Any]:
    """Return what `make_set` reads."""
    values: dict[str, Any] = {"heads": [head.label for head in heads.heads]}
    for key in ("weights", "note", "numbers", "source"):
        if kept := getattr(heads, key):
            values[key] = kept
    return values


def read_head_file(path: str | os.PathLike[str]) -> HeadFile:
    """Read what `write_head_file` wrote.

    Raises
    ------
    InputError
        If it cannot be read or is something else.
    """
    file = find_path(os.fspath(path), "«heads=»").absolute()
    try:
        values = load_json(file)
        if values["format"] != _FORMAT:
            raise ValueError(f"format {values['format']}, not {_FORMAT}")
        sets = {
            str(name): make_set(str(name), one, asked=f"{file}:{name}")
            for name, one in values["sets"].items()
        }
        n_layers, n_heads = int(values["layers"]), int(values["heads"])
        return HeadFile(str(values["model"]), n_layers, n_heads, sets, dict(values.get("about") or {}))
    except (InputError, OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        words = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        words = error.strerror or words if isinstance(error, OSError) else words
        raise InputError(
            f"{file} cannot be read as sets of heads ({words})",
            "A heads.json that provis survey or provis probe wrote is needed",
            "docs/head_sets.md has its format",
        ) from error


def write_head_file(path: str | os.PathLike[str], file: HeadFile) -> Path:
    """Write sets of heads, whole or not at all; returns the path."""
    values = {
        "format": _FORMAT,
        "model": file.model,
        "layers": file.n_layers,
        "heads": file.n_heads,
        "sets": {name: write_set(one) for name, one in file.sets.items()},
        "about": dict(file.about),
    }
    written = Path(path)
    with write_whole(written) as temporary:
        temporary.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return written
