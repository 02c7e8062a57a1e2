"""A model whose weights say nothing any more: the rows of its linear layers in another order.

The control of Wenzel, Gruener and Strodthoff (arXiv 2309.03631): what a property shows on it comes from the
architecture and the composition of the sequence. The classifier is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models.base import Model

__all__ = ["shuffled"]


@contextmanager
def shuffled(model: Model, seed: int = 0) -> Iterator[None]:
    """A block in which the rows of all linear layers of the encoder are in another order.

    Parameters
    ----------
    model : Model
        As it was behind the block, to the bit.
    seed : int
        The same seed, the same order.

    Yields
    ------
    None
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    turned = []
    with torch.no_grad():
        try:
            for module in model.encoder.modules():
                if isinstance(module, torch.nn.Linear):
                    order = torch.randperm(len(module.weight), generator=generator)
                    module.weight.copy_(module.weight[order])
                    turned.append((module.weight, order))
            with torch.enable_grad():
                yield
        finally:
            for weight, order in turned:
                weight[order] = weight.clone()
