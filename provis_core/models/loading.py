"""Weights into memory, and nothing made up: a checkpoint that lacks weights is refused."""

from __future__ import annotations

import errno
import importlib
import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..checkpoints.config import CheckpointConfig
from ..checkpoints.family import Family
from ..checkpoints.files import read_json
from ..checkpoints.readouts import ReadoutConfig
from ..errors import CheckpointError, InputError, InstallError, WorkerMemoryError
from ..system.paths import install_command
from . import capture
from .contacts import join_contact_head
from .libraries import import_network, import_torch, without_compiler
from .pooled import join_head, load_head
from .refusals import check_config_types, explain_refusal

if TYPE_CHECKING:
    import torch

__all__ = ["find_device", "find_dtype", "load_network", "load_readout", "memory_errors"]

_DTYPES = ("float32", "bfloat16", "float16")
_FETCH = "Fetch or copy the checkpoint again"


def find_device(device: str) -> torch.device:
    """Which device to use.

    Parameters
    ----------
    device : str
        ``"auto"`` (CUDA, else MPS, else the CPU), ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.

    Returns
    -------
    torch.device

    Raises
    ------
    InputError
        If it is no device, or not on this machine.
    """
    import_torch()
    import torch

    present = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        present.append("mps")
    present.append("cpu")
    if device == "auto":
        return torch.device(present[0])
    if device in present or (device == "cuda" and "cuda:0" in present):
        return torch.device(device)
    raise InputError(
        f"The device is {device!r}", f"This machine has {', '.join(present)}", "Choose one of them, or auto"
    )


def find_dtype(dtype: str) -> torch.dtype:
    """Which number format to compute in.

    Parameters
    ----------
    dtype : str
        ``"auto"`` (float32 on every device, for exactness), ``"float32"``, ``"bfloat16"``, ``"float16"``.

    Returns
    -------
    torch.dtype

    Raises
    ------
    InputError
    """
    import_torch()
    import torch

    name = _DTYPES[0] if dtype == "auto" else dtype
    if name not in _DTYPES:
        raise InputError(
            f"The dtype is {dtype!r}", f"Known are auto, {', '.join(_DTYPES)}", "Choose one of them"
        )
    found: torch.dtype = getattr(torch, name)
    return found


def load_network(
    config: CheckpointConfig,
    family: Family,
    device: torch.device,
    dtype: torch.dtype,
    on_stage: Callable[[str], object] = str,
) -> torch.nn.Module:
    """Load the encoder of a checkpoint, with our attention function in it.

    Weights are read from safetensors, or by torch with ``weights_only=True``: no code in a file runs, and
    nothing is fetched.

    Parameters
    ----------
    config : CheckpointConfig
    family : Family
    device : torch.device
    dtype : torch.dtype
    on_stage : callable
        Hears what is being done.

    Returns
    -------
    torch.nn.Module
        In evaluation mode.

    Raises
    ------
    CheckpointError
        If the weights are damaged, of another size, or some that attention depends on are missing.
    WorkerMemoryError
    """
    with memory_errors(f"load {config.name}", device):
        network, report = _read_network(
            config, family, family.model_class, dtype, on_stage, **family.model_arguments
        )
        _check_complete(config, family, report["missing_keys"], report["unexpected_keys"])
        family.prepare(network, capture)
        loaded: torch.nn.Module = network.to(device).eval().requires_grad_(False)
        return loaded


def load_readout(
    config: CheckpointConfig,
    family: Family,
    readout: ReadoutConfig,
    encoder: torch.nn.Module,
    on_stage: Callable[[str], object] = str,
) -> torch.nn.Module:
    """Load what a checkpoint computes from the output of its encoder, around an encoder that is loaded.

    Parameters
    ----------
    config : CheckpointConfig
    family : Family
    readout : ReadoutConfig
        Of `provis_core.checkpoints.readouts.read_readouts`.
    encoder : torch.nn.Module
        Of `load_network`; it takes the place of the one that comes with the class, so that the weights are
        in memory once. While the file is read they are there twice.
    on_stage : callable
        Hears what is being done.

    Returns
    -------
    torch.nn.Module
        Takes ``input_ids`` and returns an object with ``logits``; in evaluation mode.

    Raises
    ------
    CheckpointError
        If the file has no weights for it, which transformers would make up.
    WorkerMemoryError
    """
    weight = next(encoder.parameters())
    with memory_errors(f"load {config.name}", weight.device):
        if readout.path is not None:
            head = load_head(readout, config.hidden_size).to(weight.device, weight.dtype)
            return join_head(encoder, head, readout.pooling)
        if readout.kind == "contact":
            _, report = _read_network(
                config, family, family.model_class, weight.dtype, on_stage, **family.model_arguments
            )
            start = f"{family.contact_head}."
            missing = [one for one in report["missing_keys"] if one.startswith(start)]
            _refuse_made_up(missing, config, family.contact_head)
            return join_contact_head(encoder, encoder.get_submodule(family.contact_head))
        name = family.readouts[readout.kind]
        arguments: dict[str, Any] = {"key_mapping": dict(family.readout_keys) or None}
        if readout.name in family.classifiers:
            start, labels = family.classifiers[readout.name]
            arguments = {
                "key_mapping": {f"^{re.escape(start)}": "classifier."}, "num_labels": len(labels),
            }  # fmt: skip
        network, report = _read_network(config, family, name, weight.dtype, on_stage, **arguments)
        # parts that attention does without, and so were not loaded with the encoder: the pooler
        lent = [
            part for part, _ in network.base_model.named_children() if getattr(encoder, part, None) is None
        ]
        starts = tuple(f"{part}." for part in lent)
        inside = f"{network.base_model_prefix}."
        made_up = sorted(
            key
            for key in report["missing_keys"]
            if not key.startswith(inside) or key.removeprefix(inside).startswith(starts)
        )
        _refuse_made_up(made_up, config, name)
        for part in lent:
            setattr(encoder, part, getattr(network.base_model, part))
        setattr(network, network.base_model_prefix, encoder)
        loaded: torch.nn.Module = network.to(weight.device).eval().requires_grad_(False)
        return loaded


def _refuse_made_up(missing: Sequence[str], config: CheckpointConfig, name: str) -> None:
    if missing:
        raise CheckpointError(
            f"The weights in {config.folder} lack {len(missing)} of {name} (first: {sorted(missing)[0]})",
            "Weights that are not in the file would be made up: it holds the encoder alone",
            "Choose a checkpoint that was published with this part",
        )


def _read_network(
    config: CheckpointConfig,
    family: Family,
    name: str,
    dtype: torch.dtype,
    on_stage: Callable[[str], object],
    **arguments: Any,
) -> tuple[Any, Mapping[str, Any]]:
    """A network of a class of transformers with the weights of the file, and what was missing or too much."""
    network_class: Any = import_network(name, on_stage)
    import transformers
    from safetensors import SafetensorError

    if network_class is None:
        raise InstallError(
            f"transformers {transformers.__version__} in the worker's Python does not know {family.name}",
            f"transformers >= {family.transformers} is needed for {config.name}",
            f"Update it there: {install_command()}",
        )

    defaults = network_class.config_class().to_dict()
    check_config_types(read_json(config.folder / "config.json"), defaults, config.folder)
    on_stage(f"loading {config.name}")
    capture.register()
    try:
        with _quiet(), without_compiler():
            network, report = network_class.from_pretrained(
                config.folder,
                attn_implementation=family.attention or capture.ATTENTION,
                dtype=dtype,
                local_files_only=True,
                output_loading_info=True,
                weights_only=True,
                trust_remote_code=False,
                output_attentions=False,
                **arguments,
            )
    except (
        ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError,
        SafetensorError, TypeError, ValueError, pickle.UnpicklingError,
    ) as error:  # fmt: skip
        if _is_memory_error(error):
            raise
        raise explain_refusal(error, config.folder) from error
    return network, report


@contextmanager
def memory_errors(what: str, device: torch.device) -> Iterator[None]:
    """Turn running out of memory into a plain message.

    Parameters
    ----------
    what : str
        What was being done, to follow "to".
    device : torch.device

    Raises
    ------
    WorkerMemoryError
    """
    try:
        yield
    except (MemoryError, RuntimeError, OSError) as error:
        if not _is_memory_error(error):
            raise
        if device.type == "cuda":
            import torch

            torch.cuda.empty_cache()
        raise WorkerMemoryError(
            f"The memory of {device} was not enough to {what}",
            "The model's weights and its attention must fit into it",
            "Choose a smaller model, fewer heads at once or a shorter chain"
            + ("" if device.type == "cpu" else ", or the device cpu"),
        ) from error


def _check_complete(
    config: CheckpointConfig, family: Family, missing: Iterable[str], unexpected: Iterable[str]
) -> None:
    used = sorted(name for name in missing if not name.startswith(family.optional_weights))
    if used:
        raise CheckpointError(
            f"The weights in {config.folder} lack {len(used)} that attention depends on (first: {used[0]})",
            "Weights that are not in the file would be made up",
            _FETCH,
        )
    deeper = [
        name
        for name in unexpected
        if not name.startswith(family.other_weights)
        and any(int(n) >= config.n_layers for n in re.findall(r"\.(\d+)\.", name))
    ]
    if deeper:
        raise CheckpointError(
            f"The weights in {config.folder} have more layers than the {config.n_layers} of config.json",
            "Configuration and weights of the same checkpoint are needed",
            _FETCH,
        )


def _is_memory_error(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        words in text for words in ("out of memory", "can't allocate memory", "not enough memory")
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from reporting the unused parts of a checkpoint, which we check ourselves."""
    logging: Any = importlib.import_module("transformers.utils.logging")
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
