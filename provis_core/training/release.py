"""From a run to the bundled folder: contact head fitted, best contact head in its place, files written.

Contacts and arcs are those of the program: chains are read as a survey reads them, heads are scanned.
"""
# ruff: noqa: TID253

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..attention.head_scan import HeadScan
from ..models import load_model
from ..models.top_pairs import correct_average
from ..proteins.protein import Protein
from ..proteins.reading import read_proteins
from .corpus import load_heldout
from .export import load_run, write_checkpoint, write_checksums
from .heads import permute_heads, read_attention
from .history import count_all, write_whole_log
from .regression import fit_contact_regression
from .trainer import measure_loss

__all__ = ["DEFAULT_LAYER", "DEFAULT_PLACE", "choose_head_to_show", "export_run", "score_heads"]

DRAWN_WEIGHT = 0.1
"""Least weight that the first command draws."""

MIN_SEPARATION = 6
"""Least sequence separation of a contact."""

N_CHAINS = 20

DEFAULT_LAYER = 11
DEFAULT_PLACE = 3
"""0-based layer and head of "12-4", the head of the first command."""

EXAMPLE = (
    "PQITLWQRPLVTIKIGGQLKEALLDTGADDTVLEEMSLPGRWKPKMIGGIGGFIKVRQYDQILIEICGHKAIGTVLVGPTPVNIIGRNLLTQIGCTLNF"
)
"""HIV-1 protease as in PDB 1HPV, chain A: what the first command shows."""


def draw_chains(data: Path, n_chains: int = N_CHAINS, seed: int = 0) -> list[Protein]:
    """Draw chains of structures that have one protein chain of 40 to 500 residues, no sequence twice."""
    of_file: dict[str, list[Protein]] = {}
    for one in read_proteins([data / "structures"]):
        if isinstance(one, Protein):
            of_file.setdefault(one.source, []).append(one)
    single = {found[0].sequence: found[0] for found in of_file.values() if len(found) == 1}
    chains = [one for one in single.values() if 40 <= one.n_positions <= 500]
    return [chains[k] for k in np.random.default_rng(seed).permutation(len(chains))[:n_chains]]


def touching_pairs(chain: Protein) -> NDArray[np.bool_]:
    """Tell which pairs have CA atoms closer than 8 Å at any separation, shape=(n, n)."""
    touching: NDArray[np.bool_] = chain.annotate(("contact",), min_sep=1).known["contact"].values
    return touching


def score_heads(
    scan: HeadScan, touching: NDArray[np.bool_], layer: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count what the heads of a layer show on one chain.

    Parameters
    ----------
    scan : HeadScan
    touching : ndarray, shape=(n, n), dtype=bool
        As from `touching_pairs`.
    layer : int
        0-based.

    Returns
    -------
    top : ndarray, shape=(2, n_heads), dtype=float64
        Contacts among the L best pairs (APC-corrected), and those expected at the same separations.
    drawn : ndarray, shape=(2, n_heads), dtype=float64
        Pairs that are drawn, in either direction once, and those of them that touch.
    """
    n = len(touching)
    assert scan.top_pairs is not None
    pairs = scan.top_pairs
    rate = np.array([np.diagonal(touching, apart).mean() for apart in range(n)])
    top, drawn = np.zeros((2, scan.n_heads)), np.zeros((2, scan.n_heads))
    for head in range(scan.n_heads):
        best = np.argsort(-pairs.score[layer, head], kind="stable")[:n]
        i, j = pairs.i[layer, head][best], pairs.j[layer, head][best]
        top[:, head] = touching[i, j].sum(), rate[j - i].sum()
        flat = layer * scan.n_heads + head
        mine = slice(scan.arcs.offsets[flat], scan.arcs.offsets[flat + 1])
        strong = scan.arcs.weight[mine] >= np.float32(DRAWN_WEIGHT)
        query, key = (part[mine][strong].astype(np.int64) for part in (scan.arcs.query, scan.arcs.key))
        low, high = np.unique(np.sort(np.stack([query, key]), axis=0)[:, query != key], axis=1)
        drawn[:, head] = len(low), touching[low, high].sum()
    return top, drawn


def choose_head_to_show(
    top: NDArray[np.float64], drawn: NDArray[np.float64], on_example: Sequence[float], min_drawn: int = 10
) -> int:
    """Choose the head of a layer that the first command shows.

    The best contact head, if its precision at L is at least twice that of pairs of the same separation; else
    the head whose drawn pairs most often touch in space, near in sequence or not.

    Parameters
    ----------
    top, drawn : ndarray, shape=(2, n_heads), dtype=float64
        As from `score_heads`, added up over chains.
    on_example : sequence of float
        Pairs that each head draws on the example; a head with fewer than `min_drawn` is passed over unless
        all are.

    Returns
    -------
    head : int
        0-based, in the order of the arrays.
    """
    enough = np.array(on_example) >= min_drawn
    if not enough.any():
        return int(np.argmax(on_example))
    ratio = np.where(enough, top[0] / np.maximum(top[1], 1e-9), -1.0)
    if ratio.max() >= 2.0:
        return int(ratio.argmax())
    return int(np.where(enough, drawn[1] / np.maximum(drawn[0], 1.0), -1.0).argmax())


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
    chains = draw_chains(data)
    maps = ((one, torch.from_numpy(read_attention(network, one.sequence))) for one in chains)
    pairs = ((correct_average(found).numpy(), touching_pairs(one)) for one, found in maps)
    regression = fit_contact_regression(pairs, MIN_SEPARATION)
    with torch.no_grad():
        network.esm.contact_head.regression.weight.copy_(torch.from_numpy(regression.weights)[None])
        network.esm.contact_head.regression.bias.fill_(regression.bias)
    n_heads = network.config.num_attention_heads
    write_checkpoint(network, out, facts)
    model = load_model(out, device="cpu")
    counts = [score_heads(model.scan(one.sequence), touching_pairs(one), DEFAULT_LAYER) for one in chains]
    top, drawn = (np.sum(part, axis=0) for part in zip(*counts, strict=True))
    nowhere = np.zeros((len(EXAMPLE), len(EXAMPLE)), dtype=np.bool_)
    on_example = score_heads(model.scan(EXAMPLE), nowhere, DEFAULT_LAYER)[1][0]
    best = choose_head_to_show(top, drawn, on_example.tolist())
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
