"""Attention that a residue receives: no explanation of the score, but shown beside those that are.

A residue's is the mean over all heads; a head's stands at the residue that receives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...attention.head_id import HeadId
from ...models.capture import Capture
from ..problem import Problem
from ._method import Attribution, Method, Options

if TYPE_CHECKING:
    import torch

__all__ = ["METHOD"]


def _run(problem: Problem, options: Options) -> Attribution:
    import torch

    heads = np.zeros((problem.n_layers, problem.n_heads, problem.n_tokens))

    def keep(head: HeadId, _start: int, block: torch.Tensor) -> None:
        heads[head][problem.residues] += block.double().sum(dim=0).cpu().numpy()

    every = [HeadId(layer, head) for layer in range(problem.n_layers) for head in range(problem.n_heads)]
    capture = Capture(every, problem.residues, keep, on_layer=options.on_step)
    with torch.no_grad():
        capture.run(lambda: problem.readout.logits(problem.ids, problem.embedded))
    return Attribution(heads.mean(axis=(0, 1)), heads)


METHOD = Method("attention", "attention received, which is no explanation of the score", _run)
