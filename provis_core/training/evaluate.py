"""Measure held-out perplexity, against baselines that need no network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .baselines import fit_baselines, measure_baselines
from .corpus import load_heldout, load_training
from .trainer import measure_loss

__all__ = ["format_perplexities", "measure_perplexities"]


def measure_perplexities(network: Any, sequences: Path) -> dict[str, float]:
    """Measure the network's held-out perplexity and the baselines', on the same masked residues."""
    heldout = load_heldout(sequences)
    losses = measure_baselines(fit_baselines(load_training(sequences)), heldout)
    losses["network"] = measure_loss(network, heldout)
    return {name: math.exp(loss) for name, loss in losses.items()}


def format_perplexities(perplexity: Mapping[str, float]) -> str:
    """Format perplexities as the Markdown table of the model card."""
    lines = ["| | held-out perplexity | network / this |", "|---|---|---|"]
    names = {
        "network": "provis_mini",
        "unigram": "unigram",
        "bigram": "bigram (left neighbour known)",
        "both": "both neighbours known",
    }
    for key, name in names.items():
        lines.append(f"| {name} | {perplexity[key]:.3f} | {perplexity['network'] / perplexity[key]:.4f} |")
    return "\n".join(lines)
