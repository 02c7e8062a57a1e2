"""From a run to the bundled folder: contact head fitted, best contact head in its place, files written."""
# ruff: noqa: TID253

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .corpus import load_heldout
from .export import load_run, write_checkpoint, write_checksums
from .head_scores import Tally
from .heads import permute_heads, read_attention
from .regression import ContactRegression
from .structures import load_structure_chains
from .survey import fit_regression, split_chains, survey_chains
from .trainer import measure_loss

__all__ = ["DEFAULT_LAYER", "DEFAULT_PLACE", "choose_order", "count_drawn_pairs", "export_run"]

DEFAULT_LAYER = 11
DEFAULT_PLACE = 3
"""0-based layer and head of "12-4", the head of the first command."""

EXAMPLE = (
    "PQITLWQRPLVTIKIGGQLKEALLDTGADDTVLEEMSLPGRWKPKMIGGIGGFIKVRQYDQILIEICGHKAIGTVLVGPTPVNIIGRNLLTQIGCTLNF"
)
"""HIV-1 protease as in PDB 1HPV, chain A: what the first command shows."""


def count_drawn_pairs(attention: np.ndarray[Any, np.dtype[np.float32]], min_weight: float = 0.1) -> list[int]:
    """Count the pairs that each head draws: the larger weight of both directions is at least `min_weight`.

    Parameters
    ----------
    attention : ndarray, shape=(n_heads, n, n), dtype=float32
        See `read_attention`.
    """
    larger = np.maximum(attention, attention.transpose(0, 2, 1))
    return [int(np.triu(head >= min_weight, 1).sum()) for head in larger]


def choose_order(tally: Tally, drawn: Sequence[int], place: int, min_drawn: int = 10) -> list[int]:
    """Choose which head of a layer comes to `place`: it and the best contact head change places.

    Parameters
    ----------
    tally : Tally
        Top pairs on the training structures, arrays of shape=(n_chains, n_heads) of this layer.
    drawn : sequence of int
        Pairs that each head draws on the example; a head with fewer than `min_drawn` is passed over unless
        all are.
    place : int
        0-based.

    Returns
    -------
    order : list of int
        ``order[new] = old``.
    """
    ratio = tally.hits.sum(0) / np.maximum(tally.expected.sum(0), 1e-9)
    enough = np.array(drawn) >= min_drawn
    best = int(np.where(enough, ratio, -1.0).argmax()) if enough.any() else int(np.argmax(drawn))
    order = list(range(len(drawn)))
    order[place], order[best] = order[best], order[place]
    return order


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
    tally = survey_chains(network, chains)["contact_top_l"]
    tally = Tally(tally.pairs[:, layer], tally.hits[:, layer], tally.expected[:, layer])
    drawn = count_drawn_pairs(read_attention(network, EXAMPLE)[layer])
    order = choose_order(tally, drawn, DEFAULT_PLACE)
    permute_heads(network, DEFAULT_LAYER, order)
    progress = state["progress"]
    write_checkpoint(
        network,
        out,
        {
            **facts,
            "default_head": f"{DEFAULT_LAYER + 1}-{DEFAULT_PLACE + 1}",
            "head_order_of_last_layer": [old + 1 for old in order],
            "steps": progress["step"],
            "residues_seen": progress["residues"],
            "heldout_perplexity": round(math.exp(measure_loss(network, load_heldout(data / "sequences"))), 3),
        },
    )
    shutil.copyfile(run / "log.jsonl", out / "training_log.jsonl")
    write_checksums(out)
