"""What went wrong in a job, in words for the user; runs in the worker."""

from __future__ import annotations

import gc
import platform
import sys
import traceback
from typing import Any

from ...errors import InstallError, ProvisError, WorkerError, WorkerMemoryError
from ..bootstrap import NEEDED, TO_DO
from ..tasks import ModelRequest
from ..wire.message import Request
from ..wire.worker_messages import Failure

__all__ = ["explain_failure", "free_memory", "is_out_of_memory"]

_DEVICE_WORDS = ("CUDA error", "CUDA driver", "cuDNN", "CUBLAS_STATUS", "HIP error", "MPS backend")
_MEMORY_PHRASES = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")


def explain_failure(request: Request[Any], error: Exception) -> Failure:
    """Turn whatever ended a job into the answer to the host.

    Parameters
    ----------
    request : Request
    error : Exception

    Returns
    -------
    Failure
        With the traceback where the error is not one that we know; the worker is sick then, too.
    """
    if isinstance(error, ProvisError):
        if error.__cause__ is not None:  # what a library said is for the report, not for the user
            _tell_report(error)
        return Failure.from_error(request.job, error, is_sick=_left_a_library_half_imported(error))
    details = _tell_report(error)
    if is_out_of_memory(error):
        return Failure.from_error(request.job, _make_memory_error(request), details)
    if isinstance(error, ImportError) and not (error.name or "").startswith("provis_core"):
        is_sick = not isinstance(error, ModuleNotFoundError)
        return Failure.from_error(request.job, _make_install_error(error), details, is_sick=is_sick)
    if isinstance(error, RuntimeError) and any(word in str(error) for word in _DEVICE_WORDS):
        return Failure.from_error(request.job, _make_device_error(request), details, is_sick=True)
    return Failure.from_error(
        request.job,
        WorkerError(
            f"The job ended with an unexpected error ({type(error).__name__}: {_first_line(error)})",
            "This is a bug in ProVis or in a library; a new worker takes the next command",
            "Run «doctor», and report what it prints together with this message",
        ),
        details,
        is_sick=True,
    )


def _tell_report(error: Exception) -> str:
    """Write a traceback where the host keeps it for the report of the last failure."""
    details = "".join(traceback.format_exception(error))
    print(details, file=sys.stderr)  # noqa: T201
    return details


def _left_a_library_half_imported(error: ProvisError) -> bool:
    """Whether an import broke off: Python does not take back the half that was imported."""
    cause = error.__cause__
    return isinstance(error, InstallError) and not (cause is None or isinstance(cause, ModuleNotFoundError))


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out: Python's, or torch's on CPU, CUDA or MPS."""
    if isinstance(error, MemoryError | WorkerMemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError | OSError) and any(
        phrase in str(error).lower() for phrase in _MEMORY_PHRASES
    )


def free_memory() -> None:
    """Give memory that nothing uses any more back to the system and the device."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def _make_memory_error(request: Request[Any]) -> WorkerMemoryError:
    what = ""
    if isinstance(request, ModelRequest):
        n_positions = len(request.sequence)
        what = f" for {request.model} on a chain of {n_positions} residues («device={request.device}»)"
    return WorkerMemoryError(
        f"Memory ran out{what}",
        "The model and one layer's attention must fit into memory at once",
        "Use a smaller model or a shorter chain, or «device=cpu», or close other programs",
    )


def _make_device_error(request: Request[Any]) -> WorkerError:
    """What to say where a device or its driver failed; its context is lost, so the worker is replaced."""
    where = f" («device={request.device}»)" if isinstance(request, ModelRequest) else ""
    return WorkerError(
        f"The graphics card or its driver failed while the model ran on it{where}",
        "A card that this build of torch knows, with a driver that fits it, is needed",
        "Use «device=cpu»; «status» has what the driver said",
    )


def _make_install_error(error: ImportError) -> InstallError:
    missing = isinstance(error, ModuleNotFoundError) and error.name
    problem = (
        f"has no module named {error.name}" if missing else f"cannot load a library ({_first_line(error)})"
    )
    return InstallError(
        f"The worker's Python {sys.executable} ({platform.python_version()}) {problem}",
        NEEDED,
        TO_DO,
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "")
