"""A loaded checkpoint, which gives the attention of the heads that are asked for and computes no others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..attention.arcs import DEFAULT_MIN_WEIGHT, Arcs, check_min_weight
from ..attention.head_id import HeadId, HeadSet, check_head
from ..attention.head_scan import HeadScan
from ..checkpoints.config import CheckpointConfig, read_family
from ..checkpoints.readouts import ReadoutConfig, choose_readout, read_readouts
from ..checkpoints.vocabulary import Vocabulary
from ..errors import CheckpointError
from .batches import Show
from .capture import Capture
from .loading import load_readout, memory_errors
from .means import compute_mean, compute_mean_arcs, scan_mean
from .memory import warn
from .passes import Passes
from .readout import Readout
from .scan import DEFAULT_METRICS, ScanPlan

if TYPE_CHECKING:
    import torch

__all__ = ["Model"]


class Model:
    """One loaded checkpoint; `load_model` makes it.

    Parameters
    ----------
    config : CheckpointConfig
    vocabulary : Vocabulary
    network : torch.nn.Module
        Encoder from transformers, loaded with `capture.ATTENTION`.
    name : str
        For messages.
    """

    def __init__(
        self, config: CheckpointConfig, vocabulary: Vocabulary, network: torch.nn.Module, name: str
    ) -> None:
        self.config = config
        self.name = name
        self.vocabulary = vocabulary
        self._network = network
        self._readouts: dict[str, Readout] = {}
        size = (config.n_layers, config.n_heads, config.max_residues)
        self._passes = Passes(network, vocabulary, *size, name)
        self._weight = next(network.parameters())

    @property
    def family(self) -> str:
        """Like ``"BERT"``."""
        return self.config.family

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return self.config.n_layers

    @property
    def n_heads(self) -> int:
        """Heads of each layer."""
        return self.config.n_heads

    @property
    def max_residues(self) -> int | None:
        """Longest chain the model can take at all; None where there is no hard limit."""
        return self.config.max_residues

    @property
    def takes_batches(self) -> bool:
        """Whether `show_heads` can be given sequences of different lengths, or several at all."""
        return read_family(self.config).attention is None

    @property
    def n_special(self) -> int:
        """Special tokens around a sequence."""
        return len(self._passes.encode("A")) - 1

    def check(self, sequence: str) -> None:
        """Raise `SequenceError` unless the model can read a sequence in one piece."""
        self._passes.encode(sequence)

    @property
    def encoder(self) -> torch.nn.Module:
        """The network that the attention is of."""
        return self._network

    @property
    def device(self) -> str:
        """Where it runs, like ``"cuda:0"``."""
        return str(self._weight.device)

    @property
    def dtype(self) -> str:
        """Number format of the layers, like ``"float32"``; weights of attention are float32 always."""
        return str(self._weight.dtype).removeprefix("torch.")

    @property
    def n_bytes(self) -> int:
        """Memory of the weights."""
        tensors = [*self._network.parameters(), *self._network.buffers()]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def attention(self, sequence: str, head: str | HeadId) -> npt.NDArray[np.float32]:
        """Attention of one head.

        Parameters
        ----------
        sequence : str
            Upper-case one-letter codes; X for an unknown residue.
        head : str or HeadId
            1-based ``"12-4"``, or a `HeadId`.

        Returns
        -------
        numpy.ndarray, shape (n_positions, n_positions), dtype float32
            ``[i, j]``: query i attends to key j.

        Raises
        ------
        ProvisError
            As `attend`.
        """
        wanted = HeadId.parse(head) if isinstance(head, str) else HeadId(*head)
        return self.attend(sequence, [wanted])[wanted]

    def attend(
        self,
        sequence: str,
        heads: Sequence[HeadId],
        *,
        on_layer: Callable[[int, int], None] | None = None,
        on_notice: Callable[[str], None] = warn,
        block_rows: int | None = None,
    ) -> dict[HeadId, npt.NDArray[np.float32]]:
        """Attention of several heads, of any layers, in one pass that ends at the last of these layers.

        Parameters
        ----------
        sequence : str
            Upper-case one-letter codes; X for an unknown residue.
        heads : sequence of HeadId
            0-based.
        on_layer : callable, optional
            Called with the number of finished layers and of all that will run, after each layer. What it
            raises ends the pass and comes through; the model stays usable.
        on_notice : callable
            Called with a sentence when memory ran out and a smaller way is tried; a warning by default.
        block_rows : int, optional
            Queries whose weights are computed at a time; chosen by default.

        Returns
        -------
        dict of HeadId to numpy.ndarray, shape (n_positions, n_positions), dtype float32
            ``[i, j]``: query i attends to key j. Special tokens are cut out and rows are not renormalised,
            so a row sums to at most 1.

        Raises
        ------
        HeadRangeError
            If the model has no such head.
        SequenceError
            If a letter is not readable, or the chain is longer than the model can take.
        WorkerMemoryError
        """
        wanted = list(dict.fromkeys(HeadId(*head) for head in heads))
        for head in wanted:
            check_head(head, self.n_layers, self.n_heads, self.name)
        self._passes.encode(sequence)
        if not wanted:
            return {}
        n_positions = len(sequence)
        what = f"compute attention of {self.name} on {n_positions} residues"
        with memory_errors(what, self._weight.device):
            maps = {head: np.empty((n_positions, n_positions), dtype=np.float32) for head in wanted}

        def keep(head: HeadId, start: int, block: torch.Tensor) -> None:
            maps[head][start : start + len(block)] = block.cpu().numpy()

        def attempt(block: int) -> None:
            def start(residues: slice, n_tokens: int) -> Capture:
                rows = block_rows or max(1, block // n_tokens)
                return Capture(wanted, residues, keep, on_layer=on_layer, block_rows=rows)

            self._passes.run(sequence, start)

        self._passes.run_within_memory(attempt, what, on_notice)
        self._check_finite(maps)
        return maps

    def embed(self, sequence: str) -> npt.NDArray[np.float32]:
        """Embeddings of the residues in all layers.

        Parameters
        ----------
        sequence : str
            Upper-case one-letter codes; X for an unknown residue.

        Returns
        -------
        numpy.ndarray, shape (n_layers + 1, n_positions, width), dtype float32
            What goes into the first layer, then what comes out of each; special tokens are cut out.

        Raises
        ------
        SequenceError
            If a letter is not readable, or the chain is longer than the model can take.
        WorkerMemoryError
        """
        with memory_errors(f"embed {len(sequence)} residues with {self.name}", self._weight.device):
            return self._passes.embed(sequence)

    def mean(
        self,
        sequence: str,
        heads: HeadSet,
        *,
        on_layer: Callable[[int, int], None] | None = None,
        on_notice: Callable[[str], None] = warn,
    ) -> npt.NDArray[np.float32]:
        """Mean of some heads, in one pass and in the memory of one map; parameters and errors as `attend`.

        Returns
        -------
        numpy.ndarray, shape (n_positions, n_positions), dtype float32
            ``[i, j]``: query i attends to key j, over all heads of the set with their shares.
        """
        check_head(heads, self.n_layers, self.n_heads, self.name)
        return compute_mean(self._passes, heads, sequence, self.name, on_layer, on_notice)

    def scan(
        self,
        sequence: str,
        metrics: Sequence[str] = DEFAULT_METRICS,
        *,
        heads: HeadSet | None = None,
        min_weight: float = DEFAULT_MIN_WEIGHT,
        top_pairs: bool = True,
        window: int | None = None,
        overlap: int | None = None,
        on_layer: Callable[[int, int], None] | None = None,
        on_notice: Callable[[str], None] = warn,
        block: int | None = None,
    ) -> HeadScan:
        """All heads, each reduced to a few numbers and its strong pairs; maps are dropped block by block.

        Parameters
        ----------
        sequence : str
            Upper-case one-letter codes; X for an unknown residue.
        metrics : sequence of str
            Names of `provis_core.scoring.metrics`.
        heads : HeadSet, optional
            Scan their mean, as the only head that there is; all heads by default.
        min_weight : float
            Smallest weight of the pairs that are kept.
        top_pairs : bool
            Whether to rank pairs after average product correction.
        window, overlap : int, optional
            For chains beyond the hard limit: residues of each window, and how many neighbours share (half of
            a window by default). The rule is in `provis_core.models.windows`, and in the result's notes.
        on_layer : callable, optional
            As for `attend`; windows count their layers on.
        on_notice : callable
            Called with a sentence when memory ran out and a smaller way is tried; a warning by default.
        block : int, optional
            Weights that are computed at a time; chosen by default.

        Returns
        -------
        HeadScan

        Raises
        ------
        InputError
            If a metric or a number is not usable.
        SequenceError
            If a letter is not readable, or the chain (or window) is longer than the model can take.
        CheckpointError
            If attention is not a number.
        WorkerMemoryError
        """
        plan = ScanPlan(tuple(metrics), min_weight, top_pairs)
        plan.check()
        windows = self._passes.split(sequence, window, overlap)
        if heads is not None:
            check_head(heads, self.n_layers, self.n_heads, self.name)
            return scan_mean(
                self._passes, heads, plan, sequence, self.name, windows, on_layer, on_notice, block
            )
        return self._passes.scan(plan, sequence, windows, on_layer, on_notice, block)

    def show_heads(
        self, sequences: Sequence[str], start: Callable[[], Show], on_notice: Callable[[str], None] = warn
    ) -> None:
        """Run sequences together, and show all heads' maps one after the other; none is kept.

        Parameters
        ----------
        sequences : sequence of str
            At least one, and one only where `takes_batches` is False. They are padded to the longest; maps
            are free of padding.
        start : callable
            Called before the pass, and once more for each smaller way after memory ran out; returns what is
            called with each map (`provis_core.models.batches.Show`).
        on_notice : callable
            As for `attend`.

        Raises
        ------
        SequenceError
            If a letter is not readable, or a sequence is longer than the model can take.
        WorkerMemoryError
        """
        if len(sequences) > 1 and not self.takes_batches:
            raise ValueError(f"{self.family} runs one sequence at a time, {len(sequences)} were given")
        self._passes.show_batch(sequences, start, on_notice)

    def arcs(
        self,
        sequence: str,
        heads: Sequence[HeadId] | HeadSet,
        min_weight: float = DEFAULT_MIN_WEIGHT,
        *,
        window: int | None = None,
        overlap: int | None = None,
        on_layer: Callable[[int, int], None] | None = None,
        on_notice: Callable[[str], None] = warn,
        block: int | None = None,
    ) -> Arcs:
        """The strong pairs of some heads, for a drawing: memory for the pairs that are kept and one block.

        Parameters
        ----------
        sequence : str
        heads : sequence of HeadId, or HeadSet
            0-based. Of a set the pairs of its mean, as the only head that there is.
        min_weight : float
            Smallest weight of the pairs that are kept.
        window, overlap, on_layer, on_notice, block
            As for `scan`. How windows are stitched is said by `provis_core.models.windows.describe_windows`,
            and passed to `on_notice`.

        Returns
        -------
        Arcs
            Equal to those of a scan.

        Raises
        ------
        ProvisError
            As `attend` and `scan`.
        """
        if isinstance(heads, HeadSet):
            check_head(heads, self.n_layers, self.n_heads, self.name)
            windows = self._passes.split(sequence, window, overlap)
            return compute_mean_arcs(
                self._passes, heads, sequence, self.name, min_weight, windows, on_layer, on_notice, block
            )
        wanted = list(dict.fromkeys(HeadId(*head) for head in heads))
        for head in wanted:
            check_head(head, self.n_layers, self.n_heads, self.name)
        check_min_weight(min_weight)
        windows = self._passes.split(sequence, window, overlap)
        return self._passes.arcs(wanted, min_weight, sequence, windows, on_layer, on_notice, block)

    @property
    def readouts(self) -> tuple[ReadoutConfig, ...]:
        """What the checkpoint computes from its encoder's output; nothing of it is loaded."""
        return read_readouts(self.config.folder, read_family(self.config))

    def readout(self, name: str = "masked_lm", on_stage: Callable[[str], object] = str) -> Readout:
        """What the checkpoint computes from its encoder's output; loaded when it is first asked for.

        Parameters
        ----------
        name : str
            Of `readouts`.
        on_stage : callable
            Hears what is being done.

        Returns
        -------
        Readout
            It shares this model's encoder.

        Raises
        ------
        InputError
            If the checkpoint has none of that name.
        CheckpointError
            If the file has no weights for it.
        WorkerMemoryError
        """
        family = read_family(self.config)
        chosen = choose_readout(self.readouts, name, f"{self.name} ({family.name})")
        if chosen.name not in self._readouts:
            network = load_readout(self.config, family, chosen, self._network, on_stage)
            module = self._network.get_submodule(family.embedding)
            self._readouts[chosen.name] = Readout(
                chosen.kind, network, module, family.embedding_axis, chosen.labels
            )
        return self._readouts[chosen.name]

    def _check_finite(self, maps: dict[HeadId, npt.NDArray[np.float32]]) -> None:
        for head, weights in maps.items():
            if not np.isfinite(weights.sum()):
                raise CheckpointError(
                    f"The attention of {self.name} in head {head.label} is not a number ({self.dtype})",
                    "Undamaged weights, and a number format with room for the model's values, are needed",
                    "Use the dtype float32, or fetch the checkpoint again",
                )
