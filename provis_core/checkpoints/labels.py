"""Names of classes that come in a file of their own: one per line, JSON, numpy, and the terms of an ontology.

Checkpoints often call their classes LABEL_0, LABEL_1, ...; what these are lies beside them, or on a web page.
"""

from __future__ import annotations

import collections
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import CheckpointError, InputError
from ..system.given_files import find_path, load_bytes, load_text, parse_json
from ..system.whole_files import write_whole
from .files import read_json

__all__ = [
    "LABELS_FILE",
    "find_labels",
    "is_unnamed",
    "read_label_files",
    "read_labels",
    "read_own_labels",
    "write_labels",
]

LABELS_FILE: Final = "provis_labels.json"
"""Beside ``config.json``: ``labels`` and ``meanings``, two lists with a text for each class."""

_MOST: Final = 1_000_000
_UNNAMED: Final = re.compile(r"LABEL_\d+")
_NEED: Final = (
    "The classes in the order of the model's outputs are needed: a text with one per line, a JSON list, or a "
    "numpy array of texts (label_itos.npy)"
)


def is_unnamed(labels: Sequence[str]) -> bool:
    """Whether classes are only counted: LABEL_0, LABEL_1, ..."""
    return bool(labels) and all(_UNNAMED.fullmatch(label) for label in labels)


def read_own_labels(values: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    """Names of the classes in ``config.json``.

    Parameters
    ----------
    values : mapping
        Its content; transformers takes two classes where it says nothing.
    folder : pathlib.Path
        For the message.

    Returns
    -------
    tuple of str

    Raises
    ------
    CheckpointError
        If ``id2label`` is no table of all numbers from 0 on.
    """
    n_classes = values.get("num_labels", 2)
    if not isinstance(n_classes, int) or not 1 <= n_classes <= _MOST:
        raise CheckpointError(
            f"{folder / 'config.json'} has num_labels={n_classes!r}"[:300],
            f"A number of classes from 1 to {_MOST} is needed",
            "Copy the checkpoint again",
        )
    try:
        return _in_order(values.get("id2label") or [f"LABEL_{i}" for i in range(n_classes)])
    except ValueError as error:
        raise CheckpointError(
            f"{folder / 'config.json'} has an id2label that {error}",
            "A name for each class, numbered from 0 on, is needed",
            "Copy the checkpoint again",
        ) from error


def find_labels(folder: Path, own: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the classes of a checkpoint, and what they mean, as its user or its conversion said.

    Parameters
    ----------
    folder : pathlib.Path
    own : sequence of str
        Those of the checkpoint itself, which hold where it has no `LABELS_FILE`.

    Returns
    -------
    labels, meanings : tuple of str
        `meanings` is as long as `labels`, or empty.

    Raises
    ------
    CheckpointError
        If the file is damaged, or has another number of classes.
    """
    path = folder / LABELS_FILE
    if not path.is_file():
        return tuple(own), ()
    values = read_json(path)
    labels, meanings = (values.get(key) for key in ("labels", "meanings"))
    for texts in (labels, meanings):
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise CheckpointError(
                f"{path} has no lists of texts", "labels and meanings are needed", _again(folder)
            )
    assert isinstance(labels, list) and isinstance(meanings, list)
    if len(labels) != len(own) or len(meanings) not in (0, len(own)):
        raise CheckpointError(
            f"{path} names {len(labels)} classes", f"The model has {len(own)}", _again(folder)
        )
    return tuple(labels), tuple(meanings)


def read_label_files(paths: Iterable[Path], own: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of classes and their meanings from the files that a user gave.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        Lists of labels (the last one counts), and ontologies (``.obo``), in which labels are looked up.
    own : sequence of str
        The checkpoint's own names.

    Returns
    -------
    labels, meanings : tuple of str
        As of `find_labels`.

    Raises
    ------
    InputError
        If a file cannot be read, names another number of classes, or an ontology knows none of them.
    """
    labels, terms = tuple(own), dict[str, str]()
    ontology: Path | None = None
    for given in paths:
        path = find_path(given, "The file of labels")
        if path.suffix == ".obo" or path.name.endswith(".obo.gz"):
            terms, ontology = {**terms, **_read_terms(path)}, path
            continue
        labels = read_labels(path)
        if len(labels) != len(own):
            raise InputError(
                f"{path} names {len(labels)} classes",
                f"The model has {len(own)}, in the order of its outputs",
                "Give the file that was written with this model",
            )
    meanings = tuple(terms.get(label, "") for label in labels)
    if ontology is not None and not any(meanings):
        raise InputError(
            f"{ontology} has none of the model's classes, which are {', '.join(labels[:3])}...",
            "Classes that are ids of that ontology, like GO:0016020, are needed",
            "Give the list of the classes as well: --labels LIST --labels ONTOLOGY.obo",
        )
    return labels, meanings if any(meanings) else ()


def write_labels(folder: Path, labels: Sequence[str], meanings: Sequence[str]) -> None:
    """Write `LABELS_FILE` into the folder of a checkpoint.

    Raises
    ------
    CheckpointError
        If it cannot be written.
    """
    path = folder / LABELS_FILE
    values = {"labels": list(labels), "meanings": list(meanings)}
    try:
        with write_whole(path) as temporary:
            temporary.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be written ({error.strerror or error})",
            "A folder that can be written is needed, since the names of the classes lie beside the model",
            "Copy the model to a place of your own, and add it there",
        ) from error


def read_labels(path: Path) -> tuple[str, ...]:
    """Names of classes, in order.

    Parameters
    ----------
    path : pathlib.Path
        ``.npy``: an array of texts; ``.json``: a list, or numbers with names; else a text, one per line.

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        If it cannot be read, holds something else, or names a class twice.
    """
    if path.suffix == ".npy":
        labels = _read_array(path)
    else:
        text = load_text(path, _NEED)
        if path.suffix == ".json":
            try:
                labels = _in_order(parse_json(text))
            except ValueError as error:
                raise InputError(
                    f"{path} {error}", _NEED, "Check whether it is the file that was meant"
                ) from error
        else:
            labels = tuple(line.strip() for line in text.splitlines() if line.strip())
    most = collections.Counter(labels).most_common(1)
    if not most or most[0][1] > 1:
        got = f"names {most[0][0]} twice" if most else "names no class"
        raise InputError(f"{path} {got}", _NEED, "Check whether it is the file that was meant")
    return labels


def _read_array(path: Path) -> tuple[str, ...]:
    """Texts of a numpy file; one that holds pickled objects is not opened, since they can be programs."""
    try:
        array = np.load(io.BytesIO(load_bytes(path)), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        pickled = "pickle" in str(error).lower() or "object arrays" in str(error).lower()
        raise InputError(
            f"{path} " + ("holds pickled objects" if pickled else f"cannot be read ({error})"),
            "An array of texts is needed; objects are not read, since they can run a program",
            "Write it again from Python: numpy.save(FILE, numpy.array(labels, dtype=str))",
        ) from error
    if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.kind not in "US":
        raise InputError(
            f"{path} holds no list of texts", _NEED, "Check whether it is the file that was meant"
        )
    return tuple(str(text.decode() if isinstance(text, bytes) else text) for text in array.tolist())


def _in_order(values: Any) -> tuple[str, ...]:
    """Texts of a list, or of a table whose keys are numbers from 0 on; a `ValueError` says what is wrong."""
    if isinstance(values, list):
        found = values
    elif isinstance(values, Mapping) and {str(key) for key in values} == {str(i) for i in range(len(values))}:
        found = [values.get(str(i), values.get(i)) for i in range(len(values))]
    else:
        raise ValueError("is no list, and does not number its classes from 0 on")
    if not all(isinstance(text, str) for text in found):
        raise ValueError("has a class that is no text")
    return tuple(found)


def _read_terms(path: Path) -> dict[str, str]:
    """Ids of an ontology (OBO: stanzas of ``key: value``), old ones included, and what they mean."""
    terms = dict[str, str]()
    ids, name = list[str](), ""
    for line in [*load_text(path, "An ontology in OBO format is needed").splitlines(), "["]:
        key, _, value = line.partition(": ")
        if line.startswith("["):
            terms.update(dict.fromkeys(ids, name))
            ids, name = [], ""
        elif key in ("id", "alt_id"):
            ids.append(value.strip())
        elif key == "name":
            name = value.strip()
    terms.pop("", None)
    if not any(terms.values()):
        raise InputError(
            f"{path} has no terms", "An ontology in OBO format is needed", "Give go-basic.obo, or the like"
        )
    return terms


def _again(folder: Path) -> str:
    return f"Give it again: provis models add {folder} --labels FILE"
