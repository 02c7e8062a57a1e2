"""What all heads of a model are reduced to on a sequence: sums over blocks of rows, arcs, ranked pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from ..attention.arcs import DEFAULT_MIN_WEIGHT, ArcsBuilder, check_min_weight
from ..attention.head_id import HeadId
from ..attention.head_scan import BANDS, HeadMetric, HeadScan, TopPairs
from ..errors import CheckpointError
from ..scoring.metrics import PairMetric, RowMetric, find_scanned_metric
from .top_pairs import select_top_pairs
from .windows import Window, describe_windows, owns_pairs

if TYPE_CHECKING:
    import torch

__all__ = ["DEFAULT_METRICS", "ScanPlan", "Scanner", "WindowSums"]

DEFAULT_METRICS: Final = ("entropy", "special_tokens")


@dataclass(frozen=True, eq=False)
class ScanPlan:
    """What to reduce each head to.

    Attributes
    ----------
    metrics : sequence of str
        Names.
    min_weight : float
        Of the arcs.
    top_pairs : bool
        Whether to rank pairs, after average product correction and without; it needs whole maps, one head
        at a time.
    """

    metrics: Sequence[str] = DEFAULT_METRICS
    min_weight: float = DEFAULT_MIN_WEIGHT
    top_pairs: bool = True

    def find_metrics(self) -> list[RowMetric | PairMetric]:
        """Return the metrics, each once."""
        return list({metric.name: metric for metric in map(find_scanned_metric, self.metrics)}.values())

    def check(self) -> None:
        """Raise `InputError` unless it can be done."""
        check_min_weight(self.min_weight)
        self.find_metrics()


class Scanner:
    """Sums up what the passes over one sequence bring.

    Parameters
    ----------
    plan : ScanPlan
    n_layers, n_heads, n_positions : int
    windows : sequence of Window
        One pass each.
    """

    def __init__(
        self, plan: ScanPlan, n_layers: int, n_heads: int, n_positions: int, windows: Sequence[Window]
    ) -> None:
        plan.check()
        self.plan = plan
        self.n_layers, self.n_heads, self.windows = n_layers, n_heads, windows
        self._n_positions = n_positions
        self.metrics = plan.find_metrics()
        shape = (n_layers, n_heads)
        self.sums = {metric.name: (np.zeros(shape), np.zeros(shape)) for metric in self.metrics}
        self.received = np.zeros((*shape, n_positions), dtype=np.float32)
        self.arcs = ArcsBuilder(*shape, n_positions, plan.min_weight)
        self.top: dict[tuple[str, int, int], list[tuple[npt.NDArray[Any], ...]]] = {}

    def start_window(self, index: int, residues: slice, n_tokens: int, device: torch.device) -> WindowSums:
        """Prepare for one pass; `residues` says which tokens are residues."""
        return WindowSums(self, index, residues, n_tokens, device)

    def add_metric(
        self, name: str, layer: int, heads: slice, sums: npt.NDArray[Any], counts: npt.NDArray[Any] | int
    ) -> None:
        """Add to the sums of a metric."""
        for total, found in zip(self.sums[name], (sums, counts), strict=True):
            total[layer, heads] += found

    def finish(self, model: str, sequence: str, notes: Sequence[str]) -> HeadScan:
        """What all passes brought.

        Raises
        ------
        CheckpointError
            If the attention of a head is not a number.
        """
        finite = np.isfinite(self.received.sum(axis=2))
        if not finite.all():
            head = HeadId(*(int(n) for n in np.argwhere(~finite)[0]))
            raise CheckpointError(
                f"The attention of {model} in head {head.label} is not a number",
                "Undamaged weights, and a number format with room for the model's values, are needed",
                "Use the dtype float32, or fetch the checkpoint again",
            )
        stitched = [describe_windows(self.windows)] if len(self.windows) > 1 else []
        return HeadScan(
            model=model,
            sequence=sequence,
            metrics={m.name: HeadMetric(*self.sums[m.name], m.unit) for m in self.metrics},
            received=self.received,
            arcs=self.arcs.build(),
            top_pairs=self._finish_pairs("corrected") if self.plan.top_pairs else None,
            notes=(*stitched, *notes),
            windows=np.array(self.windows, dtype=np.int64),
            plain_pairs=self._finish_pairs("plain") if self.plan.top_pairs else None,
        )

    def _finish_pairs(self, ranking: str) -> TopPairs:
        n_pairs = 2 * self._n_positions
        kept = []
        for pieces in (
            self.top[ranking, layer, head] for layer in range(self.n_layers) for head in range(self.n_heads)
        ):
            i, j, score = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
            order = np.lexsort((j, i, -score))
            band = np.searchsorted(BANDS, (j - i)[order], side="right")
            best = [np.flatnonzero(band == one)[:n_pairs] for one in range(1, len(BANDS) + 1)]
            order = order[np.sort(np.concatenate(best))]
            kept.append((i[order], j[order], score[order]))
        shape = (self.n_layers, self.n_heads, -1) if kept[0][0].size else (self.n_layers, self.n_heads, 0)
        i, j, score = (np.stack(parts).reshape(shape) for parts in zip(*kept, strict=True))
        return TopPairs(i.astype(np.int32), j.astype(np.int32), score)


class WindowSums:
    """Reduces the blocks of one pass."""

    def __init__(
        self, scanner: Scanner, index: int, residues: slice, n_tokens: int, device: torch.device
    ) -> None:
        import torch

        self._scanner, self._index, self.residues, self.device = scanner, index, residues, device
        self._window = window = scanner.windows[index]
        span = np.arange(window.start, window.stop)
        own_rows = np.flatnonzero(owns_pairs(scanner.windows, index, span, span))
        self._own_rows = range(int(own_rows[0]), int(own_rows[-1]) + 1) if own_rows.size else range(0)
        self._owned: torch.Tensor | None = None
        if len(scanner.windows) > 1:
            owned = owns_pairs(scanner.windows, index, span[:, None], span)
            self._owned = torch.from_numpy(owned).to(device)
        matrices: list[npt.NDArray[Any]] = []
        self._pair_metrics = [metric for metric in scanner.metrics if isinstance(metric, PairMetric)]
        self._row_metrics = [metric for metric in scanner.metrics if isinstance(metric, RowMetric)]
        for metric in self._pair_metrics:
            values = metric.compute(len(span))
            counts = ~np.isnan(values)
            if self._owned is not None:
                counts &= owned
            matrices += [np.where(counts, values, np.float32(0)), counts]
        self._pairs = [_place(matrix, residues, n_tokens).to(device) for matrix in matrices]

    def add_rows(self, layer: int, heads: slice, start: int, weights: torch.Tensor) -> None:
        """Reduce some rows of some heads.

        Parameters
        ----------
        layer : int
        heads : slice
        start : int
            Token of the first row.
        weights : torch.Tensor, shape (n_heads, n_rows, n_tokens), dtype float32
        """
        scanner, first = self._scanner, self.residues.start
        low, high = max(start, first), min(start + weights.shape[1], self.residues.stop)
        if low >= high:
            return
        weights = weights[:, low - start : high - start]
        rows = slice(low - first, high - first)  # positions in the window
        inner = weights[:, :, self.residues]
        if self._owned is None:
            received = weights.sum(dim=1)[:, self.residues]
        else:
            received = (inner * self._owned[rows]).sum(dim=1)
        scanner.received[layer, heads, self._window.start : self._window.stop] += received.cpu().numpy()
        found = [_weigh(weights, matrix[rows]).cpu().numpy() for matrix in self._pairs]
        for i, pair_metric in enumerate(self._pair_metrics):
            scanner.add_metric(pair_metric.name, layer, heads, found[2 * i], found[2 * i + 1])
        mine = range(max(rows.start, self._own_rows.start), min(rows.stop, self._own_rows.stop))
        if mine:
            whole = weights[:, mine.start - rows.start : mine.stop - rows.start]
            for row_metric in self._row_metrics:
                sums = row_metric.compute(whole, self.residues).cpu().numpy()
                scanner.add_metric(row_metric.name, layer, heads, sums, len(mine))
        self._add_arcs(layer, heads, rows.start, inner)

    def add_head(self, layer: int, head: int, weights: torch.Tensor, scratch: torch.Tensor) -> None:
        """Rank the pairs of one head; weights and scratch (overwritten) have shape (n_tokens, n_tokens)."""
        rankings = select_top_pairs(
            weights, self.residues, 2 * self._scanner._n_positions, owned=self._owned, scratch=scratch
        )
        for ranking, found in zip(("corrected", "plain"), rankings, strict=True):
            i, j, score = (tensor.cpu().numpy() for tensor in found)
            piece = (i + self._window.start, j + self._window.start, score)
            self._scanner.top.setdefault((ranking, layer, head), []).append(piece)

    def _add_arcs(self, layer: int, heads: slice, row: int, inner: torch.Tensor) -> None:
        scanner = self._scanner
        scanner.arcs.add_heads(layer, range(heads.start, heads.stop))
        places = (inner >= scanner.plan.min_weight).nonzero(as_tuple=True)
        kept = inner[places].cpu().numpy()
        head, query, key = (place.cpu().numpy() for place in places)
        query, key = query + (row + self._window.start), key + self._window.start
        head = head + heads.start
        if self._owned is not None:
            mine = owns_pairs(scanner.windows, self._index, query, key)
            head, query, key, kept = head[mine], query[mine], key[mine], kept[mine]
        scanner.arcs.add(layer, head, query, key, kept)


def _place(matrix: npt.NDArray[Any], residues: slice, n_tokens: int) -> torch.Tensor:
    """Numbers of pairs with zeros in the columns of special tokens; as bytes where they are 0 and 1 only."""
    import torch

    is_binary = matrix.dtype == np.bool_ or bool(((matrix == 0) | (matrix == 1)).all())
    placed = torch.zeros((len(matrix), n_tokens), dtype=torch.uint8 if is_binary else torch.float32)
    placed[:, residues] = torch.from_numpy(matrix)
    return placed


def _weigh(weights: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """Sums of weights (n_heads, n, m) times a matrix (n, m), shape (n_heads,)."""
    return weights.flatten(1) @ matrix.to(weights.dtype).flatten()
