"""What a checkpoint is, from its files and without torch.

The host uses it to refuse a wrong layer, head or folder before it starts a worker.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..attention.head_id import HeadId, check_head
from ..errors import CheckpointError, InputError
from .families import known_families
from .family import Family
from .files import read_json, weight_files
from .vocabulary import WORD_START, Vocabulary

__all__ = [
    "CheckpointConfig",
    "check_letters",
    "find_family",
    "read_config",
    "read_family",
    "read_vocabulary",
]

_WITHOUT_ATTENTION: Final = ("caduceus", "falcon_mamba", "hyenadna", "mamba", "mamba2", "rwkv")
_DECODERS: Final = ("gpt2", "gpt_neo", "gpt_neox", "gptj", "llama", "mistral", "mixtral", "progen", "rita")

STATUSES: Final = ("trained", "placeholder", "untrained")


@dataclass(frozen=True)
class CheckpointConfig:
    """One checkpoint.

    Attributes
    ----------
    folder : pathlib.Path
    family : str
        Like ``"BERT"``.
    n_layers, n_heads : int
    max_residues : int or None
        Longest chain the model can take at all; None where there is no hard limit.
    hidden_size, vocab_size : int
    name : str
        Of ``provis.json``, else of the folder.
    status : str
        ``"trained"``, ``"placeholder"`` or ``"untrained"``; trained where no ``provis.json`` says otherwise.
    note : str
        What every output must say about it; may be empty.
    default_head : HeadId or None
        0-based; the head to draw unless another one is asked for.
    """

    folder: Path
    family: str
    n_layers: int
    n_heads: int
    max_residues: int | None
    hidden_size: int
    vocab_size: int
    name: str
    status: str = "trained"
    note: str = ""
    default_head: HeadId | None = None


def read_config(path: str | os.PathLike[str]) -> CheckpointConfig:
    """Read and check a folder in Hugging Face layout.

    Parameters
    ----------
    path : path-like
        Folder with ``config.json``, vocabulary and weights; ``provis.json`` is optional.

    Returns
    -------
    CheckpointConfig

    Raises
    ------
    CheckpointError
        If a file is missing or damaged, the family is not known, or the vocabulary does not tell the 20
        amino acids apart.
    """
    folder = Path(path)
    values = _read_values(folder)
    family = find_family(values, folder)
    family.check(values, folder)
    sizes = family.read_sizes(values, folder)
    vocabulary = family.read_vocabulary(folder)
    largest = max(*vocabulary.ids.values(), *vocabulary.prefix, *vocabulary.suffix)
    if largest >= sizes["vocab_size"]:
        raise CheckpointError(
            f"The vocabulary in {folder} has a token id {largest}",
            f"The model has embeddings for ids 0 to {sizes['vocab_size'] - 1}",
            "Copy configuration and tokenizer files from the same checkpoint",
        )
    weight_files(folder)
    config = CheckpointConfig(
        folder=folder,
        family=family.name,
        n_layers=sizes["n_layers"],
        n_heads=sizes["n_heads"],
        max_residues=family.max_residues(values, vocabulary.n_special, folder),
        hidden_size=sizes["hidden_size"],
        vocab_size=sizes["vocab_size"],
        **_read_provis_json(folder),
    )
    if config.default_head is not None:
        try:
            check_head(config.default_head, config.n_layers, config.n_heads, config.name)
        except InputError as error:
            raise CheckpointError(
                f"{folder / 'provis.json'} names the head {config.default_head.label}", error.need, error.do
            ) from error
    return config


def read_family(config: CheckpointConfig) -> Family:
    """Family of a checkpoint.

    Parameters
    ----------
    config : CheckpointConfig

    Returns
    -------
    Family
    """
    return next(family for family in known_families() if family.name == config.family)


def read_vocabulary(config: CheckpointConfig) -> Vocabulary:
    """Token ids of a checkpoint.

    Parameters
    ----------
    config : CheckpointConfig

    Returns
    -------
    Vocabulary
    """
    return read_family(config).read_vocabulary(config.folder)


def find_family(values: Mapping[str, Any], folder: Path) -> Family:
    """Which family a ``config.json`` belongs to.

    Parameters
    ----------
    values : mapping
        Its content.
    folder : pathlib.Path
        For the message.

    Returns
    -------
    Family

    Raises
    ------
    CheckpointError
        If none accepts it; the known ones are named.
    """
    for family in known_families():
        if family.accepts(values):
            return family
    kind = values.get("model_type")
    got = f"{folder / 'config.json'} has model_type={kind!r}"
    if kind is None:
        got = f"{folder / 'config.json'} names no model_type, and is not that of TAPE's transformer"
    elif kind in _WITHOUT_ATTENTION:
        got += ": such a model has no attention to show"
    elif kind in _DECODERS:
        got += ": in such a model a residue sees only those before it"
    known = (f"{family.name} ({'/'.join(family.model_types)})" for family in known_families())
    raise CheckpointError(
        got,
        "The families of which ProVis can show the attention are " + ", ".join(known).replace(" ()", ""),
        "Choose a checkpoint of one of them",
    )


def check_letters(folder: Path, first: int, letters: str) -> None:
    """Raise unless a vocabulary has the letters of the residues in the order that its authors published.

    Parameters
    ----------
    folder : pathlib.Path
        Of the checkpoint.
    first : int
        Token id of the first letter.
    letters : str
        In the order of their ids.

    Raises
    ------
    CheckpointError
        If it has not, or cannot be read.
    """
    tokens = read_family(read_config(folder)).read_tokens(folder)
    for i, letter in enumerate(letters, first):
        got = tokens.get(letter, tokens.get(WORD_START + letter))
        if got != i:
            raise CheckpointError(
                f"The vocabulary in {folder} has {letter} at place {got}, and its authors published {i}",
                "A vocabulary that names the residues as in training is needed: with another one every "
                "result is silently wrong",
                "Check HF_ENDPOINT if you use a mirror, and fetch the model anew; it was not taken into use",
            )


def _read_values(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise CheckpointError(
            f"There is no folder {folder}",
            "A folder with a checkpoint is needed",
            "Check the path, or fetch the model",
        )
    path = folder / "config.json"
    if (folder / "adapter_config.json").is_file():
        base = read_json(folder / "adapter_config.json").get("base_model_name_or_path") or "another model"
        raise CheckpointError(
            f"{folder} holds an adapter (LoRA) to {base}",
            "A whole model is needed: an adapter's weights are added to those of another one",
            "Merge them once in Python with peft: PeftModel.from_pretrained(model, FOLDER)"
            ".merge_and_unload().save_pretrained(NEW); then use the new folder",
        )
    if not path.is_file():
        raise CheckpointError(
            f"{folder} has no config.json",
            "A checkpoint in Hugging Face layout is needed: config.json, vocabulary, weights",
            "Choose the folder in which these files are",
        )
    return read_json(path)


def _read_provis_json(folder: Path) -> dict[str, Any]:
    path = folder / "provis.json"
    values = read_json(path) if path.is_file() else {}
    texts = {key: values.get(key) or "" for key in ("name", "status", "note", "default_head")}
    wrong = next((key for key, value in texts.items() if not isinstance(value, str)), None)
    status = texts["status"] or STATUSES[0]
    if wrong is None and status not in STATUSES:
        wrong = "status"
    if wrong is not None:
        raise CheckpointError(
            f"{path} has {wrong}={values[wrong]!r}",
            "name, note and default_head are texts, and status is one of " + ", ".join(STATUSES),
            "Correct that file, or remove it",
        )
    try:
        head = HeadId.parse(texts["default_head"]) if texts["default_head"] else None
    except InputError as error:
        raise CheckpointError(
            f"{path} has default_head={texts['default_head']!r}",
            error.need,
            "Correct that file, or remove it",
        ) from error
    return {
        "name": texts["name"] or folder.resolve().name,
        "status": status,
        "note": texts["note"],
        "default_head": head,
    }
