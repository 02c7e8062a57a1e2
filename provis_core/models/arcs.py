"""From blocks of rows of one head to the pairs above a weight; nothing of size n x n is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..attention.arcs import ArcsBuilder
from ..attention.head_id import HeadId
from ..errors import CheckpointError
from .windows import Window, owns_pairs

if TYPE_CHECKING:
    import torch

__all__ = ["Keep", "arcs_keeper"]

Keep = Callable[[HeadId, int, "torch.Tensor"], None]
"""What a `Capture` calls with a head, the position of the first row and a block of rows."""


def arcs_keeper(
    builder: ArcsBuilder, windows: Sequence[Window], index: int, min_weight: float, model: str
) -> Keep:
    """A function for `Capture` that keeps strong pairs.

    Parameters
    ----------
    builder : ArcsBuilder
        Where to.
    windows : sequence of Window
    index : int
        Which of them is computed.
    min_weight : float
        Smallest weight that is kept (``>=``).
    model : str
        Name, for the message.

    Returns
    -------
    callable
        Raises `CheckpointError` where attention is not a number.
    """

    def keep(head: HeadId, start: int, block: torch.Tensor) -> None:
        found = (block >= min_weight).nonzero(as_tuple=True)
        weight = block[found].cpu().numpy()
        if not np.isfinite(float(block.sum())):
            raise CheckpointError(
                f"The attention of {model} in head {head.label} is not a number",
                "Undamaged weights, and a number format with room for the model's values, are needed",
                "Use the dtype float32, or fetch the checkpoint again",
            )
        query, key = (place.cpu().numpy() + windows[index].start for place in found)
        query += start
        if len(windows) > 1:
            mine = owns_pairs(windows, index, query, key)
            query, key, weight = query[mine], key[mine], weight[mine]
        builder.add_heads(head.layer, [head.head])
        builder.add(head.layer, head.head, query, key, weight)

    return keep
