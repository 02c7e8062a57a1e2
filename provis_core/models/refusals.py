"""Why a checkpoint cannot be loaded, in our words: those of the libraries are advice to programmers.

What a library said stands in the error's ``__cause__``, and in the report of the worker's last failure.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import CheckpointError

__all__ = ["check_config_types", "explain_refusal"]

_FETCH = "Fetch or copy the checkpoint again"


def explain_refusal(error: Exception, folder: Path) -> CheckpointError:
    """Say what a library means that does not load a checkpoint.

    Parameters
    ----------
    error : Exception
        Of torch, safetensors or transformers.
    folder : pathlib.Path

    Returns
    -------
    CheckpointError
    """
    words = f"{type(error).__name__} {error}".lower()
    if "weights_only" in words or isinstance(error, pickle.UnpicklingError):
        reason = "its weights are damaged, or hold program code, which is never run"
        need = "Weights that hold numbers alone are needed, best as model.safetensors"
    elif "size mismatch" in words or "mismatched" in words or "above report" in words:
        reason = "its weights are of other sizes than config.json names"
        need = "Configuration and weights of the same checkpoint are needed"
    elif isinstance(error, AssertionError | AttributeError | TypeError | ArithmeticError):
        reason = "no model can be built from what its config.json says"
        need = "The config.json that belongs to the weights is needed"
    else:
        reason = "its weights are damaged"
        need = "Undamaged weights that fit to config.json are needed"
    return CheckpointError(f"The checkpoint in {folder} cannot be loaded: {reason}", need, _FETCH)


def check_config_types(values: Mapping[str, Any], defaults: Mapping[str, Any], folder: Path) -> None:
    """Raise `CheckpointError` for a value in ``config.json`` that is no number where one is needed.

    Parameters
    ----------
    values : mapping
        ``config.json``.
    defaults : mapping
        What transformers takes where nothing is said.
    folder : pathlib.Path
        For the message.
    """
    for name, value in values.items():
        is_number = type(value) in (int, float) or value is None
        if type(defaults.get(name)) in (int, float) and not is_number:
            raise CheckpointError(
                f"{folder / 'config.json'} has {name}={value!r}"[:300],
                "A number is needed there",
                _FETCH,
            )
