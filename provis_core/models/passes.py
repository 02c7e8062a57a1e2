"""Forward passes over a sequence: in windows if asked for, and in a smaller way when memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from ..attention.arcs import Arcs, ArcsBuilder
from ..attention.head_id import HeadId, HeadSet
from ..attention.head_scan import HeadScan
from ..checkpoints.vocabulary import Vocabulary
from ..errors import SequenceError
from .arcs import Keep, arcs_keeper
from .batches import BatchCapture, Show
from .capture import Capture
from .memory import run_within_memory
from .scan import Scanner, ScanPlan
from .scan_capture import ScanCapture
from .windows import Window, describe_windows, split_windows

if TYPE_CHECKING:
    import torch

__all__ = ["Passes"]

_Heard = Callable[[int, int], None] | None
_Result = TypeVar("_Result")


class Passes:
    """Runs a network.

    Parameters
    ----------
    network : torch.nn.Module
    vocabulary : Vocabulary
    n_layers, n_heads : int
    max_residues : int or None
    name : str
        For messages.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        vocabulary: Vocabulary,
        n_layers: int,
        n_heads: int,
        max_residues: int | None,
        name: str,
    ) -> None:
        self._network, self._vocabulary = network, vocabulary
        self._n_layers, self._n_heads = n_layers, n_heads
        self._max_residues, self._name = max_residues, name
        self._weight = next(network.parameters())

    def encode(self, sequence: str) -> list[int]:
        """Token ids of a sequence that runs in one piece.

        Raises
        ------
        SequenceError
            If a letter is not readable, or there are more than the model can take.
        """
        tokens = self._vocabulary.encode(sequence)
        if self._max_residues is not None and len(sequence) > self._max_residues:
            raise SequenceError(
                f"The chain has {len(sequence)} residues",
                f"{self._name} can take {self._max_residues} at most",
                f"Choose a model without that limit, or overlapping windows («window={self._max_residues}»)",
            )
        return tokens

    def split(self, sequence: str, window: int | None, overlap: int | None) -> tuple[Window, ...]:
        """Windows of a sequence, each of which the model can take; raises as `encode` and `split_windows`."""
        self._vocabulary.encode(sequence)
        windows = split_windows(len(sequence), len(sequence) if window is None else window, overlap)
        self.encode(sequence[: windows[0].stop])
        return windows

    def run(self, sequence: str, start: Callable[[slice, int], Capture]) -> None:
        """Run a sequence in one piece.

        Parameters
        ----------
        sequence : str
        start : callable
            Called with the slice of the tokens that are residues and the number of all tokens; returns what
            the pass is to keep.
        """
        import torch

        tokens = self.encode(sequence)
        first = len(self._vocabulary.prefix)
        capture = start(slice(first, first + len(sequence)), len(tokens))
        with torch.inference_mode():
            ids = torch.tensor([tokens], device=self._weight.device)
            capture.run(lambda: self._network(input_ids=ids))

    def show_batch(
        self, sequences: Sequence[str], start: Callable[[], Show], on_notice: Callable[[str], None]
    ) -> None:
        """As `Model.show_heads`."""
        import torch

        encoded = [self.encode(sequence) for sequence in sequences]
        lengths = [len(tokens) for tokens in encoded]
        first = len(self._vocabulary.prefix)
        residues = [slice(first, first + len(sequence)) for sequence in sequences]
        blank = getattr(self._network.config, "pad_token_id", None) or 0
        rows = [[*tokens, *[blank] * (max(lengths) - len(tokens))] for tokens in encoded]

        def attempt(block: int) -> None:
            capture = BatchCapture(lengths, residues, start(), self._n_layers, self._n_heads, block)
            with torch.inference_mode():
                given = {"input_ids": torch.tensor(rows, device=self._weight.device)}
                if len(set(lengths)) > 1:
                    real = torch.tensor(lengths)[:, None] > torch.arange(max(lengths))
                    given["attention_mask"] = real.long().to(self._weight.device)
                capture.run(lambda: self._network(**given))

        what = (
            f"run {len(sequences)} sequences of up to {max(map(len, sequences))} residues with {self._name}"
        )
        self.run_within_memory(attempt, what, on_notice)

    def embed(self, sequence: str) -> npt.NDArray[np.float32]:
        """As `Model.embed`."""
        import torch

        tokens, first = self.encode(sequence), len(self._vocabulary.prefix)
        with torch.inference_mode():
            ids = torch.tensor([tokens], device=self._weight.device)
            layers = self._network(input_ids=ids, output_hidden_states=True).hidden_states
            inside = [layer[0, first : first + len(sequence)].float().cpu().numpy() for layer in layers]
        return np.stack(inside)

    def run_within_memory(
        self,
        attempt: Callable[[int], _Result],
        what: str,
        on_notice: Callable[[str], None],
        block: int | None = None,
    ) -> _Result:
        """`memory.run_within_memory` for this network."""
        return run_within_memory(attempt, what, self._network, self._weight.device, on_notice, block)

    def scan_within_memory(
        self,
        attempt: Callable[[int, list[str]], HeadScan],
        n_residues: int,
        on_notice: Callable[[str], None],
        block: int | None = None,
    ) -> HeadScan:
        """As `run_within_memory`; `attempt` is given the notices so far, too, which stay with the scan."""
        notes: list[str] = []

        def notice(text: str) -> None:
            notes.append(text)
            on_notice(text)

        what = f"scan {n_residues} residues with {self._name}"
        return self.run_within_memory(lambda block: attempt(block, notes), what, notice, block)

    def scan(
        self,
        plan: ScanPlan,
        sequence: str,
        windows: Sequence[Window],
        on_layer: _Heard,
        on_notice: Callable[[str], None],
        block: int | None,
    ) -> HeadScan:
        """As `Model.scan`."""

        def attempt(block: int, notes: list[str]) -> HeadScan:
            scanner = Scanner(plan, self._n_layers, self._n_heads, len(sequence), windows)
            for index, window in enumerate(windows):
                heard = _count_on(on_layer, index, len(windows))

                def start(
                    residues: slice, n_tokens: int, index: int = index, heard: _Heard = heard
                ) -> Capture:
                    sums = scanner.start_window(index, residues, n_tokens, self._weight.device)
                    return ScanCapture(
                        sums, self._n_layers, self._n_heads, whole=plan.top_pairs, block=block, on_layer=heard
                    )

                self.run(sequence[window.start : window.stop], start)
            return scanner.finish(self._name, sequence, notes)

        return self.scan_within_memory(attempt, len(sequence), on_notice, block)

    def arcs(
        self,
        heads: Sequence[HeadId],
        min_weight: float,
        sequence: str,
        windows: Sequence[Window],
        on_layer: _Heard,
        on_notice: Callable[[str], None],
        block: int | None,
    ) -> Arcs:
        """As `Model.arcs`."""
        if len(windows) > 1:
            on_notice(describe_windows(windows))

        def attempt(block: int) -> Arcs:
            builder = ArcsBuilder(self._n_layers, self._n_heads, len(sequence), min_weight)
            for index, window in enumerate(windows if heads else ()):
                keep = arcs_keeper(builder, windows, index, min_weight, self._name)
                heard = _count_on(on_layer, index, len(windows))

                def start(
                    residues: slice, n_tokens: int, keep: Keep = keep, heard: _Heard = heard
                ) -> Capture:
                    rows = max(1, block // n_tokens)
                    return Capture(heads, residues, keep, on_layer=heard, block_rows=rows)

                self.run(sequence[window.start : window.stop], start)
            return builder.build()

        what = f"compute pairs of {len(sequence)} residues with {self._name}"
        return self.run_within_memory(attempt, what, on_notice, block)

    def each_mean(
        self,
        heads: HeadSet,
        sequence: str,
        windows: Sequence[Window],
        on_layer: _Heard,
        block: int,
        take: Callable[[int, slice, torch.Tensor], None],
    ) -> None:
        """Sum up the mean of some heads, window by window; the maps of single heads never exist.

        Parameters
        ----------
        heads : HeadSet
        sequence : str
        windows : sequence of Window
        on_layer : callable or None
        block : int
            Weights that are computed at a time.
        take : callable
            Called with the number of the window, the slice of its tokens that are residues, and the mean, a
            float32 tensor of shape (n_tokens, n_tokens), special tokens included.
        """
        import torch

        shares = dict(zip(heads.heads, heads.shares, strict=True))
        for index, window in enumerate(windows):
            heard = _count_on(on_layer, index, len(windows))
            made: list[tuple[slice, torch.Tensor]] = []

            def start(
                residues: slice,
                n_tokens: int,
                heard: _Heard = heard,
                made: list[tuple[slice, torch.Tensor]] = made,
            ) -> Capture:
                total = torch.zeros((n_tokens, n_tokens), device=self._weight.device)
                made.append((residues, total))

                def keep(head: HeadId, first: int, rows: torch.Tensor) -> None:
                    total[first : first + len(rows)].add_(rows, alpha=shares[head])

                every = slice(0, n_tokens)
                return Capture(heads.heads, every, keep, on_layer=heard, block_rows=max(1, block // n_tokens))

            self.run(sequence[window.start : window.stop], start)
            ((residues, total),) = made
            take(index, residues, total)


def _count_on(on_layer: _Heard, index: int, n_windows: int) -> _Heard:
    """Progress over several windows, each of which has all layers."""
    if on_layer is None or n_windows == 1:
        return on_layer
    return lambda done, total: on_layer(index * total + done, n_windows * total)
