"""Protein language models: their files, and the attention of the heads that are asked for.

`read_config` and `fingerprint` need the standard library only and run in the host, too (Python >= 3.10).
A `Model` needs torch and transformers, which are imported when one is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..checkpoints.config import CheckpointConfig, read_config
from ..checkpoints.files import fingerprint

if TYPE_CHECKING:
    from .base import Model

__all__ = ["CheckpointConfig", "fingerprint", "load_model", "read_config"]


def load_model(
    name_or_path: str | os.PathLike[str],
    device: str = "auto",
    dtype: str = "auto",
    name: str | None = None,
    *,
    on_stage: Callable[[str], object] = str,
) -> Model:
    """Load a checkpoint.

    Parameters
    ----------
    name_or_path : str or path-like
        A registered name, or a folder in Hugging Face layout.
    device : str
        ``"auto"`` (CUDA, else MPS, else the CPU), ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.
    dtype : str
        ``"auto"`` (float32 on every device), ``"float32"``, ``"bfloat16"``, ``"float16"``. Attention weights
        come as float32 always; what bfloat16 costs in exactness is in ``docs/performance.md``.
    name : str, optional
        For messages; by default the registered name, or that of the folder.
    on_stage : callable
        Hears what is being done: libraries are imported, weights are loaded.

    Returns
    -------
    Model
        With ``attention(sequence, "12-4")``.

    Raises
    ------
    UnknownModelError
        If there is no such name and no such folder.
    CheckpointError
        If the folder's files are missing, damaged or of an unknown family.
    InputError
        If there is no such device or dtype.
    InstallError
        If torch or transformers is missing.
    WorkerMemoryError
        If the model does not fit into memory.
    """
    from ..checkpoints.config import read_family, read_vocabulary
    from ..checkpoints.registry import find_model
    from .base import Model
    from .libraries import import_torch
    from .loading import find_device, find_dtype, load_network

    if isinstance(name_or_path, str):
        entry = find_model(name_or_path)
        folder, name = entry.folder, name or entry.name
    else:
        folder = Path(name_or_path)
    config = read_config(folder)
    import_torch(on_stage)
    on_device, in_dtype = find_device(device), find_dtype(dtype)
    network = load_network(config, read_family(config), on_device, in_dtype, on_stage)
    return Model(config, read_vocabulary(config), network, name or config.name)
