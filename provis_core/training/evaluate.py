"""Measure the model card's numbers: perplexity against baselines, what the heads show on structures."""

from __future__ import annotations

import copy
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .baselines import fit_baselines, measure_baselines
from .corpus import load_heldout, load_training
from .export import load_network
from .head_scores import Tally
from .network import build_network
from .release import DEFAULT_LAYER, DEFAULT_PLACE
from .structures import load_helix_chains, load_structure_chains
from .survey import Split, choose_head, fit_regression, split_chains, summarise, survey_chains
from .trainer import measure_loss

__all__ = ["evaluate_attention", "evaluate_folder", "format_tables", "measure_perplexities"]

_MEASURES = {
    "contact_top_l": "precision at L, best head",
    "contact_top_l5": "precision at L/5, best head",
    "regression_l": "precision at L, regression over heads",
    "regression_l5": "precision at L/5, regression over heads",
    "separation_l": "precision at L, nearness in sequence alone",
    "separation_l5": "precision at L/5, nearness in sequence alone",
    "plain_contact": "all pairs",
    "contact_strong": "weight >= 0.3 on contacts, best head",
    "drawn_touching": "pairs drawn by the default head that touch (any separation)",
    "binding_strong": "weight >= 0.3 on ligand-binding residues, best head",
    "helix_strong": "weight >= 0.3 on helix (DSSP), best head",
}
_SINGLE = ("regression", "separation", "plain")


def evaluate_folder(folder: Path, data: Path, *, seed: int = 0) -> dict[str, Any]:
    """Evaluate an exported folder and an untrained network of the same shape.

    Parameters
    ----------
    folder : Path
        Exported folder.
    data : Path
        Folder that holds ``sequences/``, ``structures/`` and ``sites/``.
    seed : int
        Of the split into training and reporting chains, and of the untrained network.

    Returns
    -------
    report : dict
        ``perplexity``, ``chains`` and, under ``trained`` and ``untrained``, measure -> `Summary` as dict.
    """
    network = load_network(folder)
    config = copy.deepcopy(network.config)
    config._attn_implementation = "eager"
    untrained = build_network(config, seed).eval()
    chains = split_chains(load_structure_chains(data), seed=seed)
    helix = split_chains(load_helix_chains(data, 100), seed=seed)
    return {
        "perplexity": measure_perplexities(network, data / "sequences"),
        "chains": {
            "structures_training": [chain.name for chain in chains.training],
            "structures_reporting": [chain.name for chain in chains.reporting],
            "helix_training": len(helix.training),
            "helix_reporting": len(helix.reporting),
        },
        "trained": evaluate_attention(network, chains, helix),
        "untrained": evaluate_attention(untrained, chains, helix),
    }


def measure_perplexities(network: Any, sequences: Path) -> dict[str, float]:
    """Measure the network's held-out perplexity and the baselines', on the same masked residues."""
    heldout = load_heldout(sequences)
    losses = measure_baselines(fit_baselines(load_training(sequences)), heldout)
    losses["network"] = measure_loss(network, heldout)
    return {name: math.exp(loss) for name, loss in losses.items()}


def evaluate_attention(network: Any, chains: Split, helix: Split) -> dict[str, dict[str, Any]]:
    """Choose heads on the training chains and report them on the others."""
    n_heads = network.config.num_attention_heads
    regression = fit_regression(network, chains.training)
    first = survey_chains(network, (*chains.training, *helix.training), regression)
    second = survey_chains(network, (*chains.reporting, *helix.reporting), regression)
    report = dict[str, dict[str, Any]]()
    for measure in _MEASURES:
        single = measure.startswith(_SINGLE)
        head = 0 if single else _choose(first, measure, n_heads)
        if head is not None:
            label = "-" if single else f"{head // n_heads + 1}-{head % n_heads + 1}"
            report[measure] = asdict(summarise(second[measure], head, label))
    return report


def _choose(counts: dict[str, Tally], measure: str, n_heads: int) -> int | None:
    if measure == "drawn_touching":
        return DEFAULT_LAYER * n_heads + DEFAULT_PLACE
    # Both precisions speak of the head that was best at L.
    return choose_head(counts["contact_top_l" if measure == "contact_top_l5" else measure])


def format_tables(report: dict[str, Any]) -> str:
    """Format a report as the Markdown tables of the model card."""
    perplexity = report["perplexity"]
    lines = ["| | held-out perplexity | network / this |", "|---|---|---|"]
    names = {
        "network": "provis_mini",
        "unigram": "unigram",
        "bigram": "bigram (left neighbour known)",
        "both": "both neighbours known",
    }
    for key, name in names.items():
        lines.append(f"| {name} | {perplexity[key]:.3f} | {perplexity['network'] / perplexity[key]:.4f} |")
    for which in ("trained", "untrained"):
        lines += [
            "",
            f"**{which}**",
            "",
            "| measure | head | pairs | share (95 %) | same separation | ratio (95 %) |",
        ]
        lines.append("|---|---|---|---|---|---|")
        lines += [_format_row(name, report[which].get(measure)) for measure, name in _MEASURES.items()]
    return "\n".join(lines)


def _format_row(name: str, summary: dict[str, Any] | None) -> str:
    if summary is None:
        return f"| {name} | none with 20 pairs | | | | |"
    share, ratio = _format_interval(summary, "share"), _format_interval(summary, "ratio")
    cells = (name, summary["head"], summary["pairs"], share, f"{summary['background']:.3f}", ratio)
    return "| " + " | ".join(map(str, cells)) + " |"


def _format_interval(summary: dict[str, Any], name: str) -> str:
    low, high = summary[f"{name}_interval"]
    digits = 3 if name == "share" else 2
    return f"{summary[name]:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
