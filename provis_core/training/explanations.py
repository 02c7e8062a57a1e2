"""What explanations show on models whose answer is known: the membrane readout, AntiBERTy's heavy and light.

The experiment of Wenzel, Gruener and Strodthoff (arXiv 2309.03631) in small, on proteins that the readout has
not seen, beside its controls: shuffled weights, circular shifts, hydropathy; each baseline; and how fast the
score falls (and rises) when the residues that a method calls relevant are masked (and shown) first.
"""
# ruff: noqa: TID253

from __future__ import annotations

import gzip
import importlib.util
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, wilcoxon

from ..attention.relevance import Relevance
from ..attribution.explain import explain, make_problem
from ..attribution.methods.ig import compare_ranks
from ..models import load_model
from ..models.base import Model
from ..targets.predictions import Prediction
from .membrane import HYDROPATHY, MembraneProtein, load_proteins, measure_auroc

__all__ = ["choose_survey_proteins", "evaluate_explanations", "format_explanations", "measure_curve"]

_COUNTS: Final = (1, 2, 4, 8, 16, 32, 64)
"""Residues that are masked or shown, as in the authors' substitutions."""

_METHODS: Final = ("masking", "ig", "gradient_x_input", "attention")
_BASELINES: Final = ("pad", "mask", "X", "mean")
_LONGEST: Final = 200
_CURVES: Final = 10
"""Proteins whose curves are measured: one residue at a time takes most of the time."""

_DRAWS: Final = 4
_STEPS: Final = 20
_SHIFTS: Final = 200
_MEMBRANE: Final = Prediction("class", classes=("Membrane", "Soluble"))
_ENTRIES: Final = ("1kip", "1ncb", "1a0q", "1igt")
_DOMAIN: Final = re.compile(r".*?(?:FGGGTKLEIK|GQGT[TLS][VL]TVSS)")
_Numbers = NDArray[np.float64]


def choose_survey_proteins(
    proteins: Sequence[MembraneProtein], n: int, seed: int = 0
) -> list[MembraneProtein]:
    """Held-out proteins (fold 0) with 10 to 70 % of their residues in the membrane, drawn at random."""
    fits = [
        one
        for one in proteins
        if one.fold == 0 and len(one.sequence) <= _LONGEST and 0.1 <= one.spans.mean() <= 0.7
    ]
    order = np.random.default_rng(seed).permutation(len(fits))[:n]
    return [fits[i] for i in sorted(order)]


def evaluate_explanations(
    folder: Path, data: Path, n_proteins: int = 16, on_step: Callable[[str], object] = str
) -> dict[str, Any]:
    """Survey the membrane readout of a folder, and AntiBERTy where its package is installed.

    Parameters
    ----------
    folder : Path
    data : Path
        Folder that holds ``sites/`` and ``structures/``.
    n_proteins : int
    on_step : callable
        Hears what is done.

    Returns
    -------
    report : dict
    """
    model = load_model(folder, device="cpu")
    chosen = choose_survey_proteins(load_proteins(data), 3 * n_proteins)
    called = [one for one in chosen if _score(model, one.sequence, _MEMBRANE) > 0][:n_proteins]
    on_step(f"{len(called)} proteins that it calls membrane, of the first {len(chosen)}")
    report: dict[str, Any] = {"proteins": len(called), "residues": sum(len(one.sequence) for one in called)}
    report["hydropathy"] = _median([_auroc(_hydropathy(one.sequence), one.spans) for one in called])
    report["baselines"] = {}
    for name in _BASELINES:
        relevances = [explain(model, one.sequence, _MEMBRANE, baseline=name, steps=_STEPS) for one in called]
        areas = [_auroc(found.residues, one.spans) for found, one in zip(relevances, called, strict=True)]
        report["baselines"][name] = {
            "score": _median([found.score for found in relevances]),
            "baseline_score": _median([found.baseline_score for found in relevances]),
            "error": _median([found.error for found in relevances]),
            "auroc": _median(areas),
            "auroc_interval": _interval(areas),
            "heads": _describe_heads(_head_areas(relevances, called), model.n_heads),
        }
        on_step(f"baseline {name}: {report['baselines'][name]}")
        if name == "X":
            report["shifts"] = _count_beyond_shifts(relevances, called)
            silenced = [
                explain(model, one.sequence, _MEMBRANE, method="ablate", baseline=name) for one in called
            ]
            agreement = [
                compare_ranks(found.head_sums.astype(float), other.head_sums.astype(float))
                for found, other in zip(relevances, silenced, strict=True)
            ]
            report["ablation"] = {"spearman": _median(agreement), "interval": _interval(agreement)}
            on_step(f"shifts: {report['shifts']}; heads silenced: {report['ablation']}")
    shuffled = _shuffle_linear(folder)
    relevances = [explain(shuffled, one.sequence, _MEMBRANE, baseline="X", steps=_STEPS) for one in called]
    report["shuffled"] = _describe_heads(_head_areas(relevances, called), model.n_heads)
    on_step(f"shuffled weights: {report['shuffled']}")
    report["membrane"] = _measure_methods(
        model, [(one.sequence, _MEMBRANE) for one in called[:_CURVES]], on_step
    )
    found_package = importlib.util.find_spec("antiberty")
    if found_package is not None and found_package.origin is not None:
        package = Path(found_package.origin).parent / "trained_models" / "AntiBERTy_md_smooth"
        antiberty = load_model(package, device="cpu", name="antiberty")
        report["antiberty"] = _measure_methods(antiberty, _antibodies(antiberty, data), on_step)
    return report


def measure_curve(
    model: Model, sequence: str, prediction: Prediction, order: Sequence[int], *, insert: bool = False
) -> _Numbers:
    """Score when the first residues of an order are masked, or the only ones that are shown.

    Parameters
    ----------
    model : Model
    sequence : str
    prediction : Prediction
    order : sequence of int
        0-based positions, the most relevant one first.
    insert : bool
        Whether to show them in a sequence that is all masked.

    Returns
    -------
    ndarray, shape=(n_counts,)
        For 1, 2, 4 ... 64 residues (as many as there are), as the change from the score of no such residue:
        the drop when they are masked, the rise when they are shown.
    """
    problem, _ = make_problem(model, sequence, prediction, "mask")
    hidden, shown = problem.baseline, problem.embedded
    start, other = (hidden, shown) if insert else (shown, hidden)
    first = problem.residues.start
    states = [start]
    for count in _COUNTS:
        state = start.clone()
        places = [first + position for position in order[:count]]
        state[:, places] = other[:, places]
        states.append(state)
    scores = np.array(problem.evaluate_each(states))
    change: _Numbers = scores[1:] - scores[0] if insert else scores[0] - scores[1:]
    return change


def _measure_methods(
    model: Model, questions: Sequence[tuple[str, Prediction]], on_step: Callable[[str], object]
) -> dict[str, Any]:
    """Mean drop and rise over questions, by method and count, and over counts with an interval."""
    random = np.random.default_rng(0)
    curves: dict[str, dict[str, list[_Numbers]]] = {
        name: {"drop": [], "rise": []} for name in (*_METHODS, "random")
    }
    for sequence, prediction in questions:
        orders: dict[str, list[NDArray[np.int64]]] = {
            name: [
                np.argsort(
                    -explain(model, sequence, prediction, method=name, steps=_STEPS).residues, kind="stable"
                )
            ]
            for name in _METHODS
        }
        orders["random"] = [random.permutation(len(sequence)) for _ in range(_DRAWS)]
        for name, several in orders.items():
            for kind in ("drop", "rise"):
                found = [
                    measure_curve(model, sequence, prediction, order.tolist(), insert=kind == "rise")
                    for order in several
                ]
                curves[name][kind].append(np.mean(found, axis=0))
        on_step(f"{model.name}: {len(sequence)} residues")
    return {
        name: {
            kind: {
                "curve": np.mean(rows, axis=0).tolist(),
                "mean": float(np.mean(rows)),
                "interval": _interval([float(row.mean()) for row in rows], np.mean),
            }
            for kind, rows in kinds.items()
        }
        for name, kinds in curves.items()
    }


def _antibodies(model: Model, data: Path) -> list[tuple[str, Prediction]]:
    """Variable domains, each with the chain that it is called against the other one."""
    path = data / "structures" / "chains.fasta.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    domains = dict[str, None]()
    for block in text.split(">")[1:]:
        header, _, letters = block.partition("\n")
        domain = _DOMAIN.match(letters.replace("\n", ""))
        if header[:4] in _ENTRIES and domain is not None:
            domains[domain[0]] = None
    found = []
    for sequence in domains:
        heavy = Prediction("class", classes=("Heavy", "Light"))
        is_heavy = _score(model, sequence, heavy) > 0
        found.append((sequence, heavy if is_heavy else Prediction("class", classes=("Light", "Heavy"))))
    return found


def _score(model: Model, sequence: str, prediction: Prediction) -> float:
    problem, _ = make_problem(model, sequence, prediction, "mask")
    return problem.evaluate_each([problem.embedded])[0]


def _shuffle_linear(folder: Path, seed: int = 0) -> Model:
    """The same model with the rows of all linear layers of the encoder shuffled, as the authors did."""
    model = load_model(folder, device="cpu")
    generator = torch.Generator().manual_seed(seed)
    network: Any = model.readout("membrane").network
    with torch.no_grad():
        for module in network.encoder.modules():
            if isinstance(module, torch.nn.Linear):
                module.weight.copy_(module.weight[torch.randperm(len(module.weight), generator=generator)])
    return model


def _describe_heads(aurocs: _Numbers, n_heads: int) -> dict[str, Any]:
    """Heads whose relevance points to the membrane, from areas of shape (n_proteins, n_layers * n_heads)."""
    medians = np.median(aurocs, axis=0)
    best = int(medians.argmax())
    p = np.array([wilcoxon(column - 0.5, alternative="greater").pvalue for column in aurocs.T])
    return {
        "above": int((medians > 0.6).sum()),
        "significant": int((false_discovery_control(p) < 0.05).sum()),
        "bonferroni": int((p * len(p) < 0.05).sum()),
        "heads": len(medians),
        "best": f"{best // n_heads + 1}-{best % n_heads + 1}",
        "best_auroc": float(medians[best]),
        "best_interval": _interval(aurocs[:, best].tolist()),
    }


def _head_areas(relevances: Sequence[Relevance], proteins: Sequence[MembraneProtein]) -> _Numbers:
    """Area of each head of each protein, shape (n_proteins, n_layers * n_heads)."""
    return np.array(
        [
            [_auroc(row, one.spans) for row in found.heads.reshape(-1, len(one.spans))]
            for found, one in zip(relevances, proteins, strict=True)
        ]
    )


def _count_beyond_shifts(
    relevances: Sequence[Relevance], proteins: Sequence[MembraneProtein], seed: int = 0
) -> dict[str, Any]:
    """Heads with a mean area beyond the largest one of any head on annotations shifted along the chain."""
    random = np.random.default_rng(seed)
    rows = [found.heads.reshape(-1, found.heads.shape[2]) for found in relevances]
    ranks = [np.argsort(np.argsort(one, axis=1), axis=1) + 1.0 for one in rows]

    def average(spans: Sequence[NDArray[np.bool_]]) -> _Numbers:
        means = np.zeros(len(ranks[0]))
        for inside, rank in zip(spans, ranks, strict=True):
            n_in = int(inside.sum())
            wins = rank[:, inside].sum(axis=1) - n_in * (n_in + 1) / 2
            means += wins / (n_in * (len(inside) - n_in)) / len(ranks)
        return means

    largest = [
        average([np.roll(one.spans, random.integers(1, len(one.spans))) for one in proteins]).max()
        for _ in range(_SHIFTS)
    ]
    limit = float(np.quantile(largest, 0.95))
    beyond = int((average([one.spans for one in proteins]) > limit).sum())
    return {"limit": limit, "beyond": beyond, "shifts": _SHIFTS}


def _auroc(values: NDArray[Any], inside: NDArray[np.bool_]) -> float:
    return measure_auroc(np.asarray(values, dtype=np.float64), inside)


def _hydropathy(sequence: str) -> _Numbers:
    return np.array([HYDROPATHY.get(letter, 0.0) for letter in sequence])


def _median(values: Sequence[float]) -> float:
    return float(np.median(values))


def _interval(values: Sequence[float], of: Callable[..., Any] = np.median) -> list[float]:
    """95 % interval by drawing proteins again."""
    random = np.random.default_rng(0)
    rows = np.array(values)[random.integers(0, len(values), (2000, len(values)))]
    return [float(one) for one in np.quantile(of(rows, axis=1), (0.025, 0.975))]


def format_explanations(report: dict[str, Any]) -> str:
    """Format a report as the Markdown tables of ``docs/explain.md``."""

    def span(pair: Sequence[float], digits: int = 2) -> str:
        return f"({pair[0]:.{digits}f} to {pair[1]:.{digits}f})"

    def heads(row: dict[str, Any]) -> str:
        best = f"{row['best']}, {row['best_auroc']:.2f} {span(row['best_interval'])}"
        return f"{row['above']} | {row['significant']} | {row['bonferroni']} | {best}"

    lines = [
        "| baseline | f(x) | f(x') | error after 20 steps | AUROC of residues (95 %) | heads with median "
        "AUROC above 0.6 | significant (BH) | (Bonferroni) | best head |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in report["baselines"].items():
        lines.append(
            f"| `{name}` | {row['score']:.1f} | {row['baseline_score']:.1f} | {row['error']:.1%} | "
            f"{row['auroc']:.2f} {span(row['auroc_interval'])} | {heads(row['heads'])} |"
        )
    lines.append(f"| `X`, weights shuffled | | | | | {heads(report['shuffled'])} |")
    shifts, silenced = report["shifts"], report["ablation"]
    lines += [
        f"| hydropathy of the residue alone | | | | {report['hydropathy']:.2f} | | | | |",
        "",
        f"Spans shifted {shifts['shifts']} times: {shifts['beyond']} heads are beyond {shifts['limit']:.2f}. "
        f"Order of heads, ig and ablate: Spearman {silenced['spearman']:.2f} {span(silenced['interval'])}.",
    ]
    for name in ("membrane", "antiberty"):
        if name not in report:
            continue
        counts = " | ".join(map(str, _COUNTS))
        lines += [
            "", f"**{name}**", "",
            f"| method | mean drop (95 %) | mean rise (95 %) | drop by masked residues: {counts} |",
            "|---" * (3 + len(_COUNTS)) + "|",
        ]  # fmt: skip
        for method, kinds in report[name].items():
            drop, rise = kinds["drop"], kinds["rise"]
            curve = " | ".join(f"{one:.2f}" for one in drop["curve"])
            lines.append(
                f"| {method} | {drop['mean']:.2f} {span(drop['interval'])} | "
                f"{rise['mean']:.2f} {span(rise['interval'])} | {curve} |"
            )
    return "\n".join(lines)
