"""From a run to the bundled folder: contact head fitted, best contact head in its place, files written."""
# ruff: noqa: TID253

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from .corpus import load_heldout
from .export import load_run, write_checkpoint, write_checksums
from .head_scores import Tally, take_larger_direction
from .heads import permute_heads, read_attention
from .history import count_all, write_whole_log
from .regression import ContactRegression
from .structures import load_structure_chains
from .survey import DRAWN_WEIGHT, fit_regression, split_chains, survey_chains
from .trainer import measure_loss

__all__ = ["DEFAULT_LAYER", "DEFAULT_PLACE", "choose_head_to_show", "count_drawn_pairs", "export_run"]

DEFAULT_LAYER = 11
DEFAULT_PLACE = 3
"""0-based layer and head of "12-4", the head of the first command."""

EXAMPLE = (
    "PQITLWQRPLVTIKIGGQLKEALLDTGADDTVLEEMSLPGRWKPKMIGGIGGFIKVRQYDQILIEICGHKAIGTVLVGPTPVNIIGRNLLTQIGCTLNF"
)
"""HIV-1 protease as in PDB 1HPV, chain A: what the first command shows."""


def count_drawn_pairs(attention: NDArray[np.float32], min_weight: float = DRAWN_WEIGHT) -> list[int]:
    """Count the pairs that each head draws: the larger weight of both directions is at least `min_weight`.

    Parameters
    ----------
    attention : ndarray, shape=(n_heads, n, n), dtype=float32
        See `read_attention`.
    """
    return [int(np.triu(head >= min_weight, 1).sum()) for head in take_larger_direction(attention)]


def choose_head_to_show(top: Tally, touching: Tally, drawn: Sequence[int], min_drawn: int = 10) -> int:
    """Choose the head of a layer that the first command shows.

    The best contact head, if its precision at L is at least twice that of pairs of the same separation; else
    the head whose drawn pairs most often touch in space, near in sequence or not.

    Parameters
    ----------
    top : Tally
        Top L pairs on the training structures, arrays of shape=(n_chains, n_heads) of this layer.
    touching : Tally
        Drawn pairs there, labelled where the CA atoms are closer than 8 Å.
    drawn : sequence of int
        Pairs that each head draws on the example; a head with fewer than `min_drawn` is passed over unless
        all are.

    Returns
    -------
    head : int
        0-based, in the order of the arrays.
    """
    enough = np.array(drawn) >= min_drawn
    if not enough.any():
        return int(np.argmax(drawn))
    ratio = np.where(enough, top.hits.sum(0) / np.maximum(top.expected.sum(0), 1e-9), -1.0)
    if ratio.max() >= 2.0:
        return int(ratio.argmax())
    share = touching.hits.sum(0) / np.maximum(touching.pairs.sum(0), 1.0)
    return int(np.where(enough, share, -1.0).argmax())


def export_run(run: Path, out: Path, data: Path, facts: Mapping[str, object]) -> None:
    """Export a run's last checkpoint.

    Parameters
    ----------
    run : Path
        Folder of the run.
    out : Path
        Folder to write; a README.md there is kept and gets into the checksums.
    data : Path
        Folder that holds ``sequences/``, ``structures/`` and ``sites/``.
    facts : mapping
        ``name``, ``status`` and ``note`` for ``provis.json``.
    """
    network, state = load_run(run)
    network.set_attn_implementation("eager")
    chains = split_chains(load_structure_chains(data)).training
    regression: ContactRegression = fit_regression(network, chains)
    with torch.no_grad():
        network.esm.contact_head.regression.weight.copy_(torch.from_numpy(regression.weights)[None])
        network.esm.contact_head.regression.bias.fill_(regression.bias)
    n_heads = network.config.num_attention_heads
    layer = slice(DEFAULT_LAYER * n_heads, (DEFAULT_LAYER + 1) * n_heads)
    counts = survey_chains(network, chains)
    top, touching = counts["contact_top_l"], counts["drawn_touching"]
    best = choose_head_to_show(
        Tally(top.pairs[:, layer], top.hits[:, layer], top.expected[:, layer]),
        Tally(touching.pairs[:, layer], touching.hits[:, layer], touching.expected[:, layer]),
        count_drawn_pairs(read_attention(network, EXAMPLE)[layer]),
    )
    order = list(range(n_heads))
    order[DEFAULT_PLACE], order[best] = order[best], order[DEFAULT_PLACE]
    permute_heads(network, DEFAULT_LAYER, order)
    write_checkpoint(
        network,
        out,
        {
            **facts,
            "default_head": f"{DEFAULT_LAYER + 1}-{DEFAULT_PLACE + 1}",
            "head_order_of_last_layer": [old + 1 for old in order],
            **count_all(run, state["progress"]),
            "heldout_perplexity": round(math.exp(measure_loss(network, load_heldout(data / "sequences"))), 3),
        },
    )
    write_whole_log(run, out / "training_log.jsonl")
    write_checksums(out)
