"""From a Lightning checkpoint of Wenzel et al.'s scripts (arXiv 2309.03631) to a folder that ProVis reads.

Such a ``.ckpt`` holds the finetuned encoder under ``ProtTrans.``, the head under ``classification_head.`` and
the optimiser's state, which is twice as large and stays behind. It names neither the encoder's sizes nor its
vocabulary, nor (mostly) the classes: these come from the encoder that it was finetuned from, and from the
file of labels beside it.
"""

from __future__ import annotations

import argparse
import collections
import json
import pickle
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..checkpoints import store
from ..checkpoints.config import read_config, read_family
from ..checkpoints.family import Family
from ..checkpoints.files import SAFETENSORS, read_json
from ..checkpoints.labels import read_label_files
from ..checkpoints.readouts import POOLINGS, ReadoutConfig, Scale
from ..checkpoints.vocabulary import VOCABULARY_FILES
from ..errors import CheckpointError, InputError
from ..system.given_files import find_path
from .libraries import import_network
from .loading import memory_errors
from .pooled import write_head

if TYPE_CHECKING:
    import torch

__all__ = ["convert_checkpoint"]

_ENCODER: Final = "ProtTrans."
_HEAD: Final = "classification_head."
_PLACES: Final = (0, 2, 4, 6)
"""Of LayerNorm, Linear, LayerNorm and Linear among the head's modules."""

_BETWEEN_EC: Final = 50
"""Width of the head for enzyme classes; that for GO terms has twice as many as there are terms."""

_RARE: Final = {letter: "X" for letter in "UZOB"}
_DESCRIPTIONS: Final = (
    *VOCABULARY_FILES, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
)  # fmt: skip
_NEED: Final = (
    "A .ckpt that PyTorch Lightning wrote for these scripts is needed: ProtTrans.*, classification_head.*"
)


class _Inert:
    """Stands for a class of Lightning that names a part of the file; nothing is made of it."""


def convert_checkpoint(
    path: Path,
    encoder: Path,
    name: str,
    labels: Sequence[Path] = (),
    on_stage: Callable[[str], object] = str,
) -> Path:
    """Convert a checkpoint into a folder of the store; nothing in the file is executed.

    Parameters
    ----------
    path : pathlib.Path
        The ``.ckpt``.
    encoder : pathlib.Path
        Folder of the checkpoint that it was finetuned from.
    name : str
        Of the new model; no model of that name may be there.
    labels : sequence of pathlib.Path
        Files that name the classes (`provis_core.checkpoints.labels`).
    on_stage : callable
        Hears what is being done.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    CheckpointError
        If the file is damaged, holds program code or something else, or does not fit to the encoder.
    InputError
        If the labels are of another number, or the name is taken.
    WorkerMemoryError
    """
    import torch

    folder, partial = store.models_dir() / name, store.partial_dir(name)
    if folder.exists():
        raise InputError(
            f"There is a model {name} already: {folder}",
            "A name that no model has is needed",
            f"Choose one with --name, or: provis models remove {name}",
        )
    config = read_config(encoder)
    family = read_family(config)
    on_stage(f"reading {path.name}")
    with memory_errors(f"convert {path.name}", torch.device("cpu")):
        tensors = _read_tensors(find_path(path))
        head = _sort_head(path, tensors)
        readout = _describe_head(path, head, config.hidden_size, labels)
        on_stage(f"comparing with {config.name}")
        states = {
            key.removeprefix(_ENCODER): value for key, value in tensors.items() if key.startswith(_ENCODER)
        }
        _check_encoder(path, family, encoder, states, config.name)
        on_stage(f"writing {name}")
        try:
            partial.mkdir(parents=True, exist_ok=True)
            _write_folder(partial, encoder, family, states, name, path)
            write_head(partial, readout, head)
            files = {
                one.name: {"size": one.stat().st_size, "sha256": store.hash_file(one)}
                for one in sorted(partial.iterdir())
            }
            store.write_manifest(partial, store.Manifest(name, files=files))
            partial.replace(folder)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise CheckpointError(
                f"{partial} cannot be written ({error.strerror or error})",
                "A folder that can be written, on a disk with enough space, is needed",
                "Free some space, or set PROVIS_HOME to another folder",
            ) from error
    return folder


def _read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """What is in ``state_dict``, left on the disk until it is used."""
    import torch

    lightning = "pytorch_lightning"
    harmless: list[Any] = [
        argparse.Namespace,
        (collections.OrderedDict, f"{lightning}.utilities.parsing.AttributeDict"),
        (_Inert, f"{lightning}.callbacks.model_checkpoint.ModelCheckpoint"),
        (_Inert, f"{lightning}.callbacks.early_stopping.EarlyStopping"),
    ]
    try:
        with torch.serialization.safe_globals(harmless):
            values: Any = torch.load(
                path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
            )
    except (pickle.UnpicklingError, AttributeError, LookupError, TypeError) as error:
        raise CheckpointError(
            f"{path} is damaged, or holds program code{_name_code(str(error))}",
            "Numbers and plain settings alone are read from it: code in a file is never run",
            "Copy it again; or, where it is yours, load it once in Python and save only "
            '{"state_dict": ...} with torch.save',
        ) from error
    except (OSError, EOFError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"{path} cannot be read: it is missing, cut off or no file of PyTorch", _NEED, "Copy it again"
        ) from error
    tensors = values.get("state_dict") if isinstance(values, dict) else None
    if not isinstance(tensors, dict) or not all(isinstance(one, torch.Tensor) for one in tensors.values()):
        raise CheckpointError(
            f"{path} has no state_dict", _NEED, "Give the file from lightning_logs/.../checkpoints"
        )
    found = {str(key): value for key, value in tensors.items()}
    for start in (_ENCODER, _HEAD):
        if not any(key.startswith(start) for key in found):
            raise CheckpointError(
                f"{path} has no weights {start}* (the first is {next(iter(found), 'missing')})",
                _NEED,
                "Give the file of one of these scripts; a folder in Hugging Face layout is added as it is",
            )
    return found


def _name_code(words: str) -> str:
    """What torch says the file asks for."""
    found = re.search(r"GLOBAL ([\w.]+)", words) or re.search(r"Unsupported (?:global|class) ([\w.]+)", words)
    return f" ({found[1]})" if found else ""


def _sort_head(path: Path, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights of the head under the names of `pooled.build_head`."""
    found = {key.removeprefix(_HEAD): value for key, value in tensors.items() if key.startswith(_HEAD)}
    places = sorted({int(key.partition(".")[0]) for key in found if key.partition(".")[0].isdigit()})
    state = {
        f"{new}.{part}": found[f"{old}.{part}"].float()
        for old, new in zip(places, _PLACES, strict=False)
        for part in ("weight", "bias")
        if f"{old}.{part}" in found
    }
    sizes = [tuple(state[f"{place}.weight"].shape) for place in _PLACES if f"{place}.weight" in state]
    if len(state) != len(found) or len(state) != 8 or [len(size) for size in sizes] != [1, 2, 1, 2]:
        shown = ", ".join(f"{key} {tuple(value.shape)}" for key, value in found.items())
        raise CheckpointError(
            f"The head in {path} is another one: {shown}"[:400],
            "LayerNorm, Linear, ReLU, LayerNorm, Linear is needed",
            "Give a checkpoint of these scripts",
        )
    return state


def _describe_head(
    path: Path, head: Mapping[str, torch.Tensor], width: int, labels: Sequence[Path]
) -> ReadoutConfig:
    """Pooling, classes and their scale, from the sizes of the head."""
    n_between, n_in = head["2.weight"].shape
    n_classes = len(head["6.weight"])
    pooling = next((name for name, times in POOLINGS.items() if times * width == n_in), "")
    if not pooling:
        raise CheckpointError(
            f"The head in {path} takes {n_in} numbers",
            f"{width} or {4 * width} are what the pooled tokens of this encoder give",
            "Name the encoder that it was finetuned from: --encoder NAME",
        )
    own = tuple(f"LABEL_{i}" for i in range(n_classes))
    names, meanings = read_label_files(labels, own)
    scale: Scale = "sigmoid" if n_between == 2 * n_classes and n_between != _BETWEEN_EC else "softmax"
    if any(label.startswith("GO:") for label in names):
        scale = "sigmoid"
    note = (
        f"converted from {path.name}; the classes have no names"
        if names == own
        else f"converted from {path.name}"
    )
    return ReadoutConfig("sequence", "sequence", names, meanings, scale, note, pooling)


def _check_encoder(
    path: Path, family: Family, encoder: Path, states: Mapping[str, torch.Tensor], name: str
) -> None:
    """Raise unless the weights are those of the class that will read them, in its sizes."""
    import torch

    network_class: Any = import_network(family.model_class)
    settings = network_class.config_class.from_pretrained(encoder)
    with torch.device("meta"):
        network = network_class(settings, **family.model_arguments)
    lacking, other = [], []
    for key, value in network.state_dict().items():
        if key.startswith(family.optional_weights):
            continue
        if key not in states:
            lacking.append(key)
        elif states[key].shape != value.shape:
            other.append(f"{key} is {tuple(states[key].shape)} and not {tuple(value.shape)}")
    inside = [int(n) for key in states for n in re.findall(r"(?:layer|block)\.(\d+)\.", key)]
    n_layers = read_config(encoder).n_layers
    if lacking or other or max(inside, default=0) >= n_layers:
        what = f"lacks {lacking[0]}" if lacking else f"has {max(inside) + 1} layers and not {n_layers}"
        raise CheckpointError(
            f"The encoder in {path} is not {name}: " + (other[0] if other else what),
            "The encoder that it was finetuned from is needed",
            "Name it: --encoder NAME, as «models» shows it",
        )


def _write_folder(
    folder: Path, encoder: Path, family: Family, states: Mapping[str, torch.Tensor], name: str, source: Path
) -> None:
    """Configuration, vocabulary and weights of the encoder."""
    from safetensors.torch import save_file

    values = {**read_json(encoder / "config.json"), "architectures": [family.model_class]}
    (folder / "config.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    for file in _DESCRIPTIONS:
        place = encoder if (encoder / file).is_file() else encoder.parent
        if (place / file).is_file() and (place == encoder or file in VOCABULARY_FILES):
            shutil.copyfile(place / file, folder / file)
    about = {"name": name, "note": f"finetuned; converted from {source.name}", "substitutes": _RARE}
    (folder / "provis.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    save_file({key: value.clone() for key, value in states.items()}, folder / SAFETENSORS, {"format": "pt"})
    shutil.copymode(folder / "config.json", folder / SAFETENSORS)  # else for its owner alone
