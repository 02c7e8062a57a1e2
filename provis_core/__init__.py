"""ProVis core: protein language model attention, without a viewer.

The light rooms of this package need numpy and the standard library only and run on Python >= 3.10. The
heavy ones (``models``, the worker's side of ``worker``, ``training``) import torch and friends where they
are used and run on Python >= 3.11.

Examples
--------
>>> import provis_core
>>> model = provis_core.load_model("provis_mini")              # doctest: +SKIP
>>> weights = model.attention("PQITLWQRPLVTIKIGGQLKEALL", "12-4")  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .attention.arcs import Arcs
    from .attention.edges import Edges, select_edges, select_edges_from_arcs
    from .attention.head_id import HeadId
    from .attention.head_scan import HeadScan
    from .checkpoints.registry import ModelEntry, find_model, list_models
    from .errors import ProvisError
    from .models.base import Model
    from .scenes.scene import Scene, style_edges
    from .structures.chain import Chain, ResidueId
    from .structures.files.chains import load_chain, load_chains
    from .structures.sequence import SequenceMap, compute_sequence_map

__all__ = [
    "Arcs",
    "Chain",
    "Edges",
    "HeadId",
    "HeadScan",
    "ModelEntry",
    "ProvisError",
    "ResidueId",
    "Scene",
    "SequenceMap",
    "__version__",
    "compute_sequence_map",
    "find_model",
    "list_models",
    "load_chain",
    "load_chains",
    "load_model",
    "select_edges",
    "select_edges_from_arcs",
    "style_edges",
]

__version__ = "0.1.0"


_HOMES: Final = {
    "Arcs": "attention.arcs",
    "Edges": "attention.edges",
    "select_edges": "attention.edges",
    "select_edges_from_arcs": "attention.edges",
    "HeadId": "attention.head_id",
    "HeadScan": "attention.head_scan",
    "ModelEntry": "checkpoints.registry",
    "find_model": "checkpoints.registry",
    "list_models": "checkpoints.registry",
    "ProvisError": "errors",
    "Scene": "scenes.scene",
    "style_edges": "scenes.scene",
    "Chain": "structures.chain",
    "ResidueId": "structures.chain",
    "load_chain": "structures.files.chains",
    "load_chains": "structures.files.chains",
    "SequenceMap": "structures.sequence",
    "compute_sequence_map": "structures.sequence",
}


def __getattr__(name: str) -> object:
    """Names of `__all__`, imported when somebody asks for one: a viewer that starts needs few of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    return value


def load_model(name_or_path: str, device: str = "auto", dtype: str = "auto") -> Model:
    """Load a checkpoint into this process. Needs torch and transformers.

    Parameters
    ----------
    name_or_path : str
        A registered name (see `list_models`) or a folder in Hugging Face layout.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
    dtype : str
        ``"auto"``, ``"float32"``, ``"bfloat16"`` or ``"float16"``.

    Returns
    -------
    provis_core.models.base.Model

    Raises
    ------
    UnknownModelError
        If there is no such model.
    CheckpointError
        If its files are missing or damaged.
    """
    from . import models
    from .checkpoints.registry import find_model

    entry = find_model(name_or_path)
    return models.load_model(entry.folder, device=device, dtype=dtype, name=entry.name)
