"""The tables of a survey, read back from its folder for pictures and the report."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..attention.head_id import HeadId
from ..errors import InputError
from ..structures.components import AMINO_ACIDS
from ..system.given_files import load_json

__all__ = ["FeatureHeads", "SurveyFolder"]

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FeatureHeads:
    """One feature in ``heads.csv``.

    Attributes
    ----------
    name : str
    columns : mapping of str to numpy.ndarray, shape (n_layers, n_heads), dtype float64
        NaN where there is no number; switches are 0 and 1.
    order : tuple of HeadId
        As in the table: those that survive first.
    """

    name: str
    columns: Mapping[str, _Floats]
    order: tuple[HeadId, ...]

    @property
    def background(self) -> float:
        """Share of all residues (or pairs) that have the feature."""
        return float(np.nanmax(self.columns["background"], initial=np.nan))

    @property
    def is_tested(self) -> npt.NDArray[np.bool_]:
        """Heads with enough arcs that feed no sink."""
        tested: npt.NDArray[np.bool_] = (self.columns["is_few"] == 0) & (self.columns["is_sink"] == 0)
        return tested

    @property
    def survivors(self) -> tuple[HeadId, ...]:
        """Heads beyond chance, the surest first."""
        return tuple(head for head in self.order if self.columns["survives"][head] == 1)

    def top(self, n: int) -> list[HeadId]:
        """Tested heads by falling share, as in the paper's figures."""
        share = np.where(self.is_tested, self.columns["share"], np.nan)
        flat = np.argsort(np.where(np.isnan(share), np.inf, -share).ravel(), kind="stable")
        heads = [HeadId(*divmod(int(k), share.shape[1])) for k in flat[:n]]
        return [head for head in heads if np.isfinite(share[head])]


class SurveyFolder:
    """What ``provis survey`` wrote.

    Parameters
    ----------
    path : pathlib.Path

    Raises
    ------
    InputError
        If it is no such folder, or its tables have not been made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.about: dict[str, Any] = load_json(path / "report.json")
            self.n_layers, self.n_heads = int(self.about["n_layers"]), int(self.about["n_heads"])
            self._heads = self._rows("heads")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} has no tables of a survey ({error})",
                "A folder with report.json and heads.csv, as provis survey writes them, is needed",
                "Name the folder that was given with -o; a survey that was stopped goes on where it was",
            ) from error

    @property
    def model(self) -> str:
        """Name of the model."""
        return str(self.about["model"]["name"])

    @cached_property
    def features(self) -> dict[str, FeatureHeads]:
        """All features by name, in the order of the table."""
        found: dict[str, list[dict[str, str]]] = {}
        for row in self._heads:
            found.setdefault(row["feature"], []).append(row)
        return {name: self._make(name, rows) for name, rows in found.items()}

    def layers(self, feature: str) -> tuple[_Floats, float]:
        """Mean share of each layer, shape (n_layers,), and the centre of gravity; NaN where it is unknown."""
        means, centre = np.full(self.n_layers, np.nan), float("nan")
        for row in self._layers:
            if row["feature"] == feature:
                means[int(row["layer"]) - 1], centre = _number(row["mean_share"]), _number(row["centre"])
        return means, centre

    def similarity(self) -> tuple[_Floats, _Floats] | None:
        """Correlations of amino acids by their attention, and BLOSUM62, shape (20, 20); None where not made.

        In the order of `AMINO_ACIDS`; the diagonal of BLOSUM62 is NaN.
        """
        if not (self.path / "amino_acids.csv").is_file():
            return None
        letters = list(AMINO_ACIDS)
        alike, blosum = np.eye(len(letters)), np.full((len(letters),) * 2, np.nan)
        for row in self._rows("amino_acids"):
            i, j = letters.index(row["first"]), letters.index(row["second"])
            alike[i, j] = alike[j, i] = _number(row["correlation"])
            blosum[i, j] = blosum[j, i] = _number(row["blosum62"])
        return alike, blosum

    def left_out(self) -> list[tuple[str, str]]:
        """Name and reason of each item that was not counted."""
        return [(row["name"], row["reason"]) for row in self._rows("left_out")]

    def missing(self) -> dict[str, int]:
        """How many proteins nothing is known of, by feature."""
        counts: dict[str, int] = {}
        for row in self._rows("proteins"):
            if row["missing"]:
                counts[row["feature"]] = counts.get(row["feature"], 0) + 1
        return counts

    @cached_property
    def _layers(self) -> list[dict[str, str]]:
        return self._rows("layers")

    def _rows(self, name: str) -> list[dict[str, str]]:
        with (self.path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _make(self, name: str, rows: list[dict[str, str]]) -> FeatureHeads:
        order = tuple(HeadId(int(row["layer"]) - 1, int(row["head"]) - 1) for row in rows)
        columns = {}
        for key in rows[0]:
            if key not in ("feature", "layer", "head"):
                columns[key] = np.full((self.n_layers, self.n_heads), np.nan)
                for head, row in zip(order, rows, strict=True):
                    columns[key][head] = _number(row[key])
        return FeatureHeads(name, columns, order)


def _number(text: str) -> float:
    """A cell as a number; NaN where it is empty."""
    if text in ("True", "true", "1"):
        return 1.0
    return 0.0 if text in ("False", "false") else float(text or "nan")
