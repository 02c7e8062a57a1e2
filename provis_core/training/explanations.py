"""What explanations show on models whose answer is known: the membrane readout, AntiBERTy's heavy and light.

How fast the score falls (and rises) when the residues that a method calls relevant are masked (and shown)
first, and whether silencing heads ranks them alike. Which heads point to the membrane is told by ``provis
survey --measure relevance`` on the proteins that `write_held_out` writes.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..attribution.explain import explain, make_problem
from ..attribution.methods.ig import compare_ranks
from ..models import load_model
from ..models.base import Model
from ..targets.predictions import Prediction
from .membrane import MembraneProtein, load_proteins

__all__ = [
    "choose_survey_proteins",
    "evaluate_explanations",
    "format_explanations",
    "measure_curve",
    "write_held_out",
]

_COUNTS: Final = (1, 2, 4, 8, 16, 32, 64)
"""Residues that are masked or shown, as in the authors' substitutions."""

_METHODS: Final = ("masking", "ig", "gradient_x_input", "attention")
_LONGEST: Final = 200
_CURVES: Final = 10
"""Proteins whose curves are measured: one residue at a time takes most of the time."""

_DRAWS: Final = 4
_STEPS: Final = 20
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


def write_held_out(path: Path, data: Path, n: int = 20) -> int:
    """Write proteins of `choose_survey_proteins` as records that ``provis survey`` reads; returns how many.

    Parameters
    ----------
    path : Path
        A file of JSON lines; the label is ``membrane``.
    data : Path
        Folder that holds ``sites/``.
    n : int
    """
    chosen = choose_survey_proteins(load_proteins(data), n)
    records = [
        {"id": one.name, "sequence": one.sequence, "membrane": "".join("01"[int(k)] for k in one.spans)}
        for one in chosen
    ]
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return len(records)


def evaluate_explanations(
    folder: Path, data: Path, n_proteins: int = 16, on_step: Callable[[str], object] = str
) -> dict[str, Any]:
    """Measure methods on the membrane readout of a folder, and on AntiBERTy where its package is installed.

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
    agreement = []
    for one in called:
        found, other = (
            explain(model, one.sequence, _MEMBRANE, method=method, baseline="X", steps=_STEPS)
            for method in ("ig", "ablate")
        )
        agreement.append(compare_ranks(found.head_sums.astype(float), other.head_sums.astype(float)))
    report["ablation"] = {"spearman": _median(agreement), "interval": _interval(agreement)}
    on_step(f"heads silenced: {report['ablation']}")
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

    silenced = report["ablation"]
    agreement = f"{silenced['spearman']:.2f} {span(silenced['interval'])}"
    lines = [f"Order of heads, ig and ablate: Spearman {agreement}."]
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
