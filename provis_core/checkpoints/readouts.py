"""What a checkpoint computes from its encoder's output, from its files and without torch.

A checkpoint's own readout is named by ``architectures`` in ``config.json``. Further ones lie beside it, one
file each, ``NAME.readout.safetensors``: a head of LayerNorm, Linear, ReLU, LayerNorm, Linear on the pooled
tokens, described in the metadata of the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ..errors import CheckpointError, InputError, near_name
from ..system.given_files import parse_json
from .family import Family
from .files import read_json, read_metadata
from .labels import find_labels, read_label_files, read_own_labels, write_labels
from .store import hash_file

__all__ = [
    "POOLINGS",
    "READOUT_SUFFIX",
    "ReadoutConfig",
    "add_labels",
    "choose_readout",
    "fingerprint_readouts",
    "read_readouts",
]

READOUT_SUFFIX: Final = ".readout.safetensors"

POOLINGS: Final[Mapping[str, int]] = {"default_all": 4, "default_cls": 1}
"""How the tokens' states become one vector (`provis_core.models.pooled`), and how many times their width."""

Scale = Literal["softmax", "sigmoid", "none"]
_SCALES: Final[Mapping[str, Scale]] = {
    "single_label_classification": "softmax",
    "multi_label_classification": "sigmoid",
    "regression": "none",
}


@dataclass(frozen=True)
class ReadoutConfig:
    """One readout of a checkpoint.

    Attributes
    ----------
    name : str
        What tells it from the checkpoint's others: its kind where there is one of it.
    kind : str
        ``"masked_lm"``: a logit for each token id at each token; ``"sequence"``: one row of logits;
        ``"token"``: a row of logits at each token; ``"contact"``: a logit for each two residues.
    labels : tuple of str
        What each logit is of, where it is a class.
    meanings : tuple of str
        What each label means, like the name of a GO term; empty where nothing is known.
    scale : {"softmax", "sigmoid", "none"}
        How logits become probabilities: over all classes, each class by itself, or not at all.
    note : str
        What every output must say about it; may be empty.
    pooling : str
        Of a readout with a file of its own: a key of `POOLINGS`.
    path : pathlib.Path or None
        That file; None where its weights are among those of the checkpoint.
    """

    name: str
    kind: str
    labels: tuple[str, ...] = ()
    meanings: tuple[str, ...] = ()
    scale: Scale = "softmax"
    note: str = ""
    pooling: str = ""
    path: Path | None = None


def read_readouts(folder: Path, family: Family) -> tuple[ReadoutConfig, ...]:
    """All readouts of a checkpoint, classifiers first.

    Parameters
    ----------
    folder : pathlib.Path
    family : Family

    Returns
    -------
    tuple of ReadoutConfig
        A language model is among them where the family has one and ``architectures`` names no classifier
        (nor the encoder alone, beside a readout with a file of its own), and contacts where the family has a
        head for them; whether their weights are there is seen when they are loaded.

    Raises
    ------
    CheckpointError
        If a file of labels or a readout's own file is damaged, or its classes cannot be computed from an
        encoder.
    """
    values = read_json(folder / "config.json")
    named = [name for name in values.get("architectures") or () if isinstance(name, str)]
    own = next((kind for kind, cls in family.readouts.items() if cls in named), "")
    for name in named:
        if not own and name.endswith(("ForSequenceClassification", "ForTokenClassification")):
            raise CheckpointError(
                f"{folder / 'config.json'} names the class {name}",
                f"Of {family.name} models ProVis reads the encoder"
                + (f", and {', '.join(family.readouts.values())}" if family.readouts else " alone"),
                "Its attention can be shown; choose another checkpoint for its classes",
            )
    found = [ReadoutConfig(name, "sequence", labels) for name, (_, labels) in family.classifiers.items()]
    found += [_read_own(path) for path in sorted(folder.glob(f"*{READOUT_SUFFIX}"))]
    if own in ("sequence", "token"):
        labels, meanings = find_labels(folder, read_own_labels(values, folder))
        scale = _SCALES.get(values.get("problem_type") or "", "none" if len(labels) == 1 else "softmax")
        found.append(ReadoutConfig(own, own, labels, meanings, scale))
    elif "masked_lm" in family.readouts and not (family.model_class in named and found):
        found.append(ReadoutConfig("masked_lm", "masked_lm"))
    if family.contact_head:
        found.append(ReadoutConfig("contact", "contact"))
    return tuple(found)


def choose_readout(readouts: tuple[ReadoutConfig, ...], name: str, model: str) -> ReadoutConfig:
    """The readout of a name.

    Parameters
    ----------
    readouts : tuple of ReadoutConfig
        Of `read_readouts`.
    name : str
        In any case; also a kind, of which the checkpoint has one.
    model : str
        For the message.

    Returns
    -------
    ReadoutConfig

    Raises
    ------
    InputError
        If there is none of that name; those that there are are named.
    """
    known = {one.name.lower(): one for one in readouts}
    if name.lower() in known:
        return known[name.lower()]
    same = [one for one in readouts if one.kind == name.lower()]
    if len(same) == 1:
        return same[0]
    near = near_name(name, known)
    raise InputError(
        f"{model} gives no logits of the kind {name}",
        f"It has {', '.join(one.name for one in readouts) or 'an encoder alone'}",
        f"Did you mean {near}?" if near else "Choose another target, or another model",
    )


def add_labels(folder: Path, family: Family, paths: Sequence[Path]) -> ReadoutConfig:
    """Name the classes of a checkpoint's own classifier, in a file beside it.

    Parameters
    ----------
    folder : pathlib.Path
    family : Family
    paths : sequence of pathlib.Path
        As for `read_label_files`.

    Returns
    -------
    ReadoutConfig
        As it is named now.

    Raises
    ------
    InputError
        If the checkpoint has no classifier, or the files do not fit.
    CheckpointError
        If the file cannot be written.
    """
    own = [one for one in read_readouts(folder, family) if one.kind != "masked_lm" and one.path is None]
    if len(own) != 1 or own[0].name in family.classifiers:
        raise InputError(
            f"{folder} has no classes that need names",
            "A checkpoint of the class ...ForSequenceClassification or ...ForTokenClassification is needed",
            "Leave --labels out",
        )
    write_labels(folder, *read_label_files(paths, read_own_labels(read_json(folder / "config.json"), folder)))
    return next(one for one in read_readouts(folder, family) if one.name == own[0].name)


def fingerprint_readouts(folder: Path) -> str:
    """What identifies the readouts that have files of their own; those of the checkpoint are in its weights.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    str
        20 hexadecimal digits, or empty where there are none.
    """
    paths = sorted(folder.glob(f"*{READOUT_SUFFIX}"))
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        hash_file(path, digest=digest)
    return digest.hexdigest()[:20] if paths else ""


def _read_own(path: Path) -> ReadoutConfig:
    name = path.name.removesuffix(READOUT_SUFFIX)
    try:
        values: Any = parse_json(read_metadata(path).get("provis", ""))
        config = ReadoutConfig(
            name, "sequence", tuple(values["labels"]), tuple(values["meanings"]), values["scale"],
            values["note"], values["pooling"], path,
        )  # fmt: skip
        texts = (config.note, *config.labels, *config.meanings)
        right = (
            config.pooling in POOLINGS
            and config.scale in _SCALES.values()
            and len(config.meanings) in (0, len(config.labels))
            and all(isinstance(text, str) for text in texts)
        )
    except (ValueError, LookupError, TypeError):
        right = False
    if not right:
        raise CheckpointError(
            f"{path} does not describe the classes that it computes",
            "A file that «provis models add» or ProVis itself has written is needed",
            "Convert the checkpoint again, or remove that file",
        )
    return config
