"""Sets of heads for each feature: ranked on one half of the proteins, reported on the other.

A head, or the mean of some, is judged by what is read from its map: of a property of residues by the
precision of as many residues as have it, those that receive most attention; of pairs by the precision of the
best L/5 after average product correction. The number of heads is chosen on the first half, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from .. import __version__
from ..attention.head_files import HeadFile
from ..attention.head_id import HeadId, HeadSet
from ..errors import InputError
from ..models.top_pairs import correct_average
from ..proteins.protein import Protein
from ..proteins.reading import read_proteins
from ..proteins.relatives import split_clusters
from .results import Results
from .summary import bootstrap_share

if TYPE_CHECKING:
    import torch

    from ..models.base import Model

__all__ = ["SIZES", "Truth", "find_truth", "judge_heads", "judge_means", "make_head_sets"]

SIZES: Final = (1, 2, 3, 5, 10, 20)
"""Numbers of heads that are tried."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Truth:
    """One feature of one protein.

    Attributes
    ----------
    is_pair : bool
    places : numpy.ndarray, shape (n,) or (n, 2)
        Positions that are known, or pairs i < j that are.
    values : numpy.ndarray of bool, shape (n,)
    n_best : int
        How many of the highest are looked at.
    """

    is_pair: bool
    places: npt.NDArray[np.int64]
    values: npt.NDArray[np.bool_]
    n_best: int


def find_truth(protein: Protein, features: Sequence[str]) -> dict[str, Truth]:
    """Return what is known of a protein, by the names that tables have, where some have it and some not."""
    found: dict[str, Truth] = {}
    for name, one in protein.annotate(features).known.items():
        if one.is_numeric or name.startswith("aa_"):
            continue
        if one.kind == "residue":
            places, values = np.flatnonzero(one.valid), one.values[one.valid]
            n_best = int(values.sum())
        else:
            i, j = np.triu_indices(protein.n_positions, 1)
            apart = np.abs(protein.places[i] - protein.places[j])
            kept = one.valid[i] & one.valid[j] & (apart >= max(1, one.min_separation))
            places, values = np.stack([i[kept], j[kept]], axis=1), one.values[i[kept], j[kept]]
            n_best = max(1, int(one.valid.sum()) // 5)
        if values.any() and not values.all():
            found[name] = Truth(one.kind == "pair", places, values.astype(np.bool_), n_best)
    return found


def judge_heads(model: Model, sequence: str, truths: Mapping[str, Truth]) -> dict[str, _Floats]:
    """Return the precision of every head, shape (n_layers, n_heads), by feature."""
    found = {name: np.zeros((model.n_layers, model.n_heads)) for name in truths}

    def take(layer: int, _: int, heads: slice, maps: torch.Tensor) -> None:
        received = maps.sum(dim=1)
        corrected = correct_average(maps) if any(one.is_pair for one in truths.values()) else None
        for name, one in truths.items():
            found[name][layer, heads] = _judge(one, received, corrected)

    model.show_heads([sequence], lambda: take)
    return found


def judge_means(
    model: Model, sequence: str, truths: Mapping[str, Truth], sets: Mapping[str, Sequence[HeadSet]]
) -> dict[str, _Floats]:
    """Return the precision of the mean of each set of each feature, shape (n_sets,), in one pass."""
    import torch

    n = len(sequence)
    sums: dict[str, torch.Tensor] = {}
    shares = {name: np.zeros((len(some), model.n_layers, model.n_heads)) for name, some in sets.items()}
    for name, some in sets.items():
        for k, one in enumerate(some):
            shares[name][(k, *np.transpose(one.heads))] = one.shares

    def start() -> Callable[[int, int, slice, torch.Tensor], None]:
        for name, one in truths.items():
            shape = (len(sets[name]), n, n) if one.is_pair else (len(sets[name]), n)
            sums[name] = torch.zeros(shape, dtype=torch.float64, device=model.device)
        return take

    def take(layer: int, _: int, heads: slice, maps: torch.Tensor) -> None:
        received = maps.sum(dim=1).double()
        for name, one in truths.items():
            own = torch.from_numpy(np.ascontiguousarray(shares[name][:, layer, heads])).to(maps.device)
            for k in own.any(dim=1).nonzero().flatten().tolist():
                sums[name][k] += torch.tensordot(own[k], maps.double() if one.is_pair else received, 1)

    model.show_heads([sequence], start)
    return {
        name: _judge(one, sums[name], correct_average(sums[name]) if one.is_pair else None)
        for name, one in truths.items()
    }


def _judge(truth: Truth, received: torch.Tensor, corrected: torch.Tensor | None) -> _Floats:
    """Precision of the highest scores of each map; of equal ones the first count."""
    if corrected is not None and truth.is_pair:
        scores = corrected[:, truth.places[:, 0], truth.places[:, 1]]
    else:
        scores = received[:, truth.places]
    order = np.argsort(-scores.cpu().numpy(), axis=1, kind="stable")[:, : truth.n_best]
    precision: _Floats = truth.values[order].mean(axis=1)
    return precision


def make_head_sets(
    model: Model,
    results: Results,
    on_step: Callable[[str], object] = str,
    *,
    max_proteins: int = 200,
    sizes: Sequence[int] = SIZES,
) -> HeadFile:
    """Rank heads on half of the proteins of a survey; report the best and the best mean on the other half.

    Parameters
    ----------
    model : Model
        That of the survey.
    results : Results
    on_step : callable
        Called with what is done next, in words.
    max_proteins : int
        At most so many are run, the first of each half; 0 for all.
    sizes : sequence of int
        Numbers of heads that are tried.

    Returns
    -------
    HeadFile
        Per feature the best mean under its name, and the best head as ``NAME_best``.

    Raises
    ------
    InputError
        If no feature is known of proteins in both halves.
    """
    names = [str(one["name"]) for one in results.proteins]
    is_test = split_clusters([str(k) for k in results.clusters], 0.5)
    side = {name: int(one) for name, one in zip(names, is_test, strict=True)}
    halves: list[list[Protein]] = [[], []]
    limit = -(-max_proteins // 2) if max_proteins else len(names)
    for one in read_proteins(results.plan.files):
        if isinstance(one, Protein) and one.name in side and len(halves[side[one.name]]) < limit:
            most = results.plan.protocol.max_tokens
            halves[side.pop(one.name)].append(one.truncate(most - model.n_special) if most else one)
    ranking, report = halves
    features = results.plan.protocol.features
    sums: dict[str, list[_Floats]] = {}
    for k, protein in enumerate(ranking):
        on_step(f"ranking heads: protein {k + 1} of {len(ranking)}")
        for name, precision in judge_heads(model, protein.sequence, find_truth(protein, features)).items():
            sums.setdefault(name, []).append(precision)
    tried = {name: _take_best(np.mean(rows, axis=0), sizes) for name, rows in sums.items()}
    chosen = {
        name: (tried[name][0], tried[name][int(rows.mean(axis=0).argmax())])
        for name, (rows, _) in _judge_all(model, ranking, features, tried, "choosing", on_step).items()
    }
    judged = _judge_all(model, report, features, chosen, "reporting", on_step)
    if not judged:
        raise InputError(
            "No feature is known of proteins in both halves of the survey",
            "Proteins of at least two clusters with some residues or pairs that have it are needed",
            "Survey more proteins, or other features",
        )
    sets: dict[str, HeadSet] = {}
    for name, (rows, chance) in judged.items():
        sets |= _name_sets(name, chosen[name], rows, chance, len(sums[name]))
    about = {
        "program": f"provis {__version__}",
        "model": dict(results.plan.model),
        "survey": results.plan.about.get("command", ""),
        "ranked_on": len(ranking),
        "reported_on": len(report),
        "sizes": list(sizes),
    }
    return HeadFile(model.name, model.n_layers, model.n_heads, sets, about)


def _take_best(precision: _Floats, sizes: Sequence[int]) -> list[HeadSet]:
    order = np.argsort(-precision.ravel(), kind="stable")
    heads = [HeadId(*divmod(int(k), precision.shape[1])) for k in order]
    fitting = [size for size in sizes if size <= len(heads)]
    return [HeadSet(tuple(heads[:size])) for size in fitting]


def _judge_all(
    model: Model,
    proteins: Sequence[Protein],
    features: Sequence[str],
    sets: Mapping[str, Sequence[HeadSet]],
    what: str,
    on_step: Callable[[str], object],
) -> dict[str, tuple[_Floats, float]]:
    """Precisions, shape (n_proteins, n_sets), and what chance gives, by feature."""
    rows: dict[str, list[_Floats]] = {}
    chance: dict[str, list[float]] = {}
    for k, protein in enumerate(proteins):
        on_step(f"{what} sets: protein {k + 1} of {len(proteins)}")
        truths = {name: one for name, one in find_truth(protein, features).items() if name in sets}
        for name, found in judge_means(model, protein.sequence, truths, sets).items():
            rows.setdefault(name, []).append(found)
            chance.setdefault(name, []).append(float(truths[name].values.mean()))
    return {name: (np.stack(found), float(np.mean(chance[name]))) for name, found in rows.items()}


def _name_sets(
    name: str, pair: tuple[HeadSet, HeadSet], rows: _Floats, chance: float, n_ranked: int
) -> dict[str, HeadSet]:
    """The best head and the best mean with their numbers on the other half."""
    is_pair = name == "contact"
    metric = "precision_at_L/5" if is_pair else "precision"
    values = rows.mean(axis=0)
    low, high = bootstrap_share(rows, np.ones_like(rows))
    found = {}
    for key, k in ((name, 1), (f"{name}_best", 0)):
        numbers: dict[str, Any] = {
            metric: values[k], "low": low[k], "high": high[k], "best_head": values[0], "chance": chance,
            "proteins": len(rows),
        }  # fmt: skip
        words = f"{metric.replace('_', ' ')} {values[k]:.3f} ({low[k]:.3f} to {high[k]:.3f})"
        beside = f"best head {pair[0].heads[0].label} {values[0]:.3f}, " if k else ""
        found[key] = HeadSet(
            pair[k].heads,
            name=key,
            note=f"{words} on {len(rows)} other proteins; {beside}chance {chance:.3f}",
            numbers={one: float(value) for one, value in numbers.items()},
            source=f"provis survey, ranked on {n_ranked} proteins",
        )
    return found
