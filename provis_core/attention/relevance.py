"""How much each residue, and each head inside the model, contributed to what the model said."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..system.array_files import read_arrays
from .head_id import HeadId

__all__ = ["RELEVANCE_FORMAT", "Relevance"]

RELEVANCE_FORMAT: Final = 1
"""Of the file; one that has another is computed anew."""

_TEXTS: Final = ("model", "sequence", "prediction", "method", "baseline")


def _nothing() -> npt.NDArray[np.float32]:
    return np.zeros((0, 0), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Relevance:
    """Signed: what is above zero speaks for the score, what is below against it.

    Attributes
    ----------
    model, sequence : str
    prediction : str
        What is explained, in the words in which it is asked for; positions count from 1 along the sequence.
    method, baseline : str
    steps : int
        Passes forward (and back) along the path.
    score, baseline_score : float
        Of the sequence and of the baseline.
    residues : numpy.ndarray, shape (n_positions,), dtype float32
    special : numpy.ndarray, shape (n_special,), dtype float32
        Of the special tokens, those before the residues first.
    heads : numpy.ndarray, shape (n_layers, n_heads, n_positions), dtype float32
        At the residue that receives (query); of shape (n_layers, n_heads, 0) where the method tells no more
        than a head's sum, (0, 0, 0) where it tells nothing of heads.
    head_special : numpy.ndarray, shape (n_layers, n_heads, n_special), dtype float32
    head_sums : numpy.ndarray, shape (n_layers, n_heads), dtype float32
        Over residues and special tokens.
    agreement : float
        Spearman's correlation of the sums of heads with those from fewer nodes; NaN where it is not known.
    head : HeadId or None
        Of which `pairs` are.
    pairs : numpy.ndarray, shape (n_positions, n_positions), dtype float32
        ``[i, j]``: the part of that head's relevance at i that came from key j; of size 0 where nobody asked.
    notes : tuple of str
        Sentences that belong to every statement about it.
    """

    model: str
    sequence: str
    prediction: str
    method: str
    baseline: str
    steps: int
    score: float
    baseline_score: float
    residues: npt.NDArray[np.float32]
    special: npt.NDArray[np.float32]
    heads: npt.NDArray[np.float32]
    head_special: npt.NDArray[np.float32]
    head_sums: npt.NDArray[np.float32] = field(default_factory=_nothing)
    agreement: float = float("nan")
    head: HeadId | None = None
    pairs: npt.NDArray[np.float32] = field(default_factory=_nothing)
    notes: tuple[str, ...] = ()

    @property
    def change(self) -> float:
        """What is shared out: the score of the sequence minus that of the baseline."""
        return self.score - self.baseline_score

    @property
    def total(self) -> float:
        """What residues and special tokens add up to."""
        return float(self.residues.sum(dtype=np.float64) + self.special.sum(dtype=np.float64))

    @property
    def error(self) -> float:
        """What is missing in the sum, as a share of what is shared out."""
        return abs(self.total - self.change) / abs(self.change) if self.change else float("nan")

    @property
    def through_attention(self) -> npt.NDArray[np.float64]:
        """Share of each layer's heads in what is shared out, shape (n_layers,).

        Skip connections have the rest.
        """
        sums: npt.NDArray[np.float64] = self.head_sums.sum(axis=1, dtype=np.float64)
        return sums / self.change if self.change else np.full(len(sums), np.nan)

    @property
    def n_bytes(self) -> int:
        """Memory of the large arrays."""
        return self.heads.nbytes + self.pairs.nbytes

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one ``.npz`` file, without pickle."""
        told = {name: getattr(self, name) for name in _TEXTS}
        told |= {"format": RELEVANCE_FORMAT, "steps": self.steps, "agreement": self.agreement}
        told |= {"score": self.score, "baseline_score": self.baseline_score, "notes": self.notes}
        told |= {"head": self.head}
        with open(path, "wb") as file:  # noqa: PTH123 (numpy would add a suffix to a path)
            np.savez(
                file,
                told=np.array(json.dumps(told)),
                relevance=self.heads,
                embedding=self.residues,
                head_special=self.head_special,
                special=self.special,
                head_sums=self.head_sums,
                pairs=self.pairs,
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Relevance:
        """Read what `save` wrote.

        Raises
        ------
        CacheError
            If the file is damaged or something else.
        """

        def read(file: Any) -> Relevance:
            told: dict[str, Any] = json.loads(str(file["told"]))
            if told.pop("format", None) != RELEVANCE_FORMAT:
                raise ValueError(f"it is of another version; this one writes format {RELEVANCE_FORMAT}")
            told["notes"] = tuple(told["notes"])
            told["head"] = None if told["head"] is None else HeadId(*told["head"])
            return cls(
                heads=file["relevance"],
                residues=file["embedding"],
                head_special=file["head_special"],
                special=file["special"],
                head_sums=file["head_sums"],
                pairs=file["pairs"],
                **told,
            )

        return read_arrays(path, read, "A relevance that ProVis wrote is needed")
