"""When memory runs out: smaller blocks first, then the CPU, and a plain notice of each step."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from ..errors import WorkerMemoryError
from .loading import memory_errors

if TYPE_CHECKING:
    import torch

__all__ = ["choose_block", "run_within_memory", "warn"]

_CPU_BLOCK: Final = 2**20
"""Weights in a block: 4 MiB, which stay in a core's cache."""
_GPU_BLOCK: Final = 2**26
_SMALLER: Final = 16
"""How much smaller the blocks of the second try are."""

_Result = TypeVar("_Result")


def choose_block(device: torch.device) -> int:
    """How many weights to compute at a time."""
    return _CPU_BLOCK if device.type == "cpu" else _GPU_BLOCK


def warn(notice: str) -> None:
    """Tell the user where nobody else listens for notices."""
    warnings.warn(notice, stacklevel=4)


def run_within_memory(
    attempt: Callable[[int], _Result],
    what: str,
    network: torch.nn.Module,
    device: torch.device,
    on_notice: Callable[[str], None],
    block: int | None = None,
) -> _Result:
    """Try until memory is enough.

    Parameters
    ----------
    attempt : callable
        Called with the number of weights in a block; starts anew each time.
    what : str
        What is being done, to follow "to".
    network : torch.nn.Module
        Is moved to the CPU for the last tries, and back afterwards.
    device : torch.device
        Where it is.
    on_notice : callable
        Called with a sentence about each step.
    block : int, optional
        Weights in a block of the first try; by default what suits the device.

    Returns
    -------
    object
        Of the attempt that succeeded.

    Raises
    ------
    WorkerMemoryError
        If none did.
    """
    import torch

    first = block or choose_block(device)
    places = [device] if device.type == "cpu" else [device, torch.device("cpu")]
    steps = [(place, size) for place in places for size in (first, max(1, first // _SMALLER))]
    try:
        for number, (place, size) in enumerate(steps):
            if place != device:
                network.to(place)
            try:
                with memory_errors(what, place):
                    return attempt(size)
            except WorkerMemoryError:
                if number + 1 == len(steps):
                    raise
                following = steps[number + 1][0]
                how = "in smaller blocks" if following == place else f"on the {following}, which is slower"
                on_notice(f"The memory of {place} was not enough to {what}: trying again {how}.")
    finally:
        if len(places) > 1:
            network.to(device)
    raise AssertionError("unreachable")
