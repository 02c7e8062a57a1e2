"""The training loop: stages, steps, checkpoints, log. A stopped run goes on as if it had never stopped."""
# ruff: noqa: TID253

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from .batches import Batch, build_batch, iterate_whole, plan_epoch
from .corpus import Corpus
from .network import build_config, build_network, grow_network, predict_masked
from .schedule import TrainingSettings, build_optimizers, compute_rate

__all__ = ["Trainer", "measure_loss"]

_CHECKPOINT = "checkpoint.pt"
_LOG = "log.jsonl"


def measure_loss(
    network: Any,
    corpus: Corpus,
    *,
    row_length: int = 256,
    rate: float = 0.15,
    seed: int = 1,
    device: str = "cpu",
) -> float:
    """Measure the mean cross-entropy of masked residues in nats; its exponential is the perplexity.

    Parameters
    ----------
    network : EsmForMaskedLM
        The network.
    corpus : Corpus
        Held-out sequences, each cut into rows of at most `row_length` tokens.
    rate : float
        Share of residues hidden, all of them behind ``<mask>``.
    seed : int
        The same seed hides the same residues.
    """
    total, count = 0.0, 0
    with torch.no_grad():
        for batch in iterate_whole(corpus, row_length, 8192, rate, seed):
            logits = _predict(network, batch, device)
            targets = torch.from_numpy(batch.targets).to(device)
            total += float(functional.cross_entropy(logits, targets, reduction="sum"))
            count += len(batch.targets)
    return total / count


def _predict(network: Any, batch: Batch, device: str) -> torch.Tensor:
    inputs = torch.from_numpy(batch.inputs).to(device)
    return predict_masked(network, inputs, torch.from_numpy(batch.positions).to(device))


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Trainer:
    """A run in a directory.

    Parameters
    ----------
    settings : TrainingSettings
        What to do. A resumed run may be given other stages or rates; the network's shape must be the same.
    corpus : Corpus
        Training sequences.
    heldout : Corpus
        A few held-out sequences for the log.
    directory : Path
        Where checkpoint and log are kept; a checkpoint there is resumed.
    device : str
        ``"cpu"`` or ``"cuda"``.
    clock : callable
        Seconds; replaced in tests.
    start : EsmForMaskedLM, optional
        Weights of a new run's first stage, for example an exported folder's; without it they are random.
    report : callable
        Takes each line of the log as it is written.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        corpus: Corpus,
        heldout: Corpus,
        directory: Path,
        *,
        device: str = "cpu",
        clock: Callable[[], float] = time.monotonic,
        start: Any = None,
        report: Callable[[str], object] = _print,
    ) -> None:
        self.settings = settings
        self.corpus = corpus
        self.heldout = heldout
        self.directory = directory
        self.device = device
        self._clock, self._report = clock, report
        self.stage = self.step = self.steps_in_stage = self.residues = self.residues_in_stage = 0
        self.epoch = self.next_batch = 0
        directory.mkdir(parents=True, exist_ok=True)
        saved = directory / _CHECKPOINT
        state = torch.load(saved, map_location="cpu", weights_only=True) if saved.exists() else None
        self._build(settings.stages[0].n_layers if state is None else state["n_layers"])
        if state is not None:
            self._restore(state)
        elif start is not None:
            self.network.load_state_dict(start.state_dict())

    def _build(self, n_layers: int) -> None:
        settings = self.settings
        config = build_config(n_layers, settings.width, settings.n_heads, settings.inner_width)
        self.network: Any = build_network(config, settings.seed).to(self.device)
        self.optimizers = build_optimizers(self.network, settings)

    def run(
        self,
        *,
        max_steps: int | None = None,
        max_seconds: float = float("inf"),
        log_every: int = 50,
        measure_every: int = 500,
        save_every: int = 500,
    ) -> None:
        """Train to the end of the stages, or for `max_steps` steps or `max_seconds` seconds; then save."""
        began, last, seen = self._clock(), self._clock(), self.residues
        losses, first_step = list[float](), self.step
        for stage_index in range(self.stage, len(self.settings.stages)):
            self._enter(stage_index)
            micro = self._micro_batches()
            while self.residues_in_stage < self.settings.stages[stage_index].residues:
                if self.step - first_step == max_steps or self._clock() - began > max_seconds:
                    self.save()
                    return
                losses.append(self._take_step(micro))
                if self.step % log_every == 0:
                    now = self._clock()
                    speed = (self.residues - seen) / max(now - last, 1e-9)
                    self._log(loss=float(np.mean(losses)), residues_per_second=round(speed))
                    last, seen = now, self.residues
                    losses.clear()
                if self.step % measure_every == 0:
                    self._log_heldout()
                    last = self._clock()
                if self.step % save_every == 0:
                    self.save()
        self._log_heldout()
        self.save()

    def _enter(self, index: int) -> None:
        if index != self.stage:
            self.stage, self.steps_in_stage, self.residues_in_stage, self.epoch, self.next_batch = (
                index,
                0,
                0,
                0,
                0,
            )
        n_layers = self.settings.stages[index].n_layers
        if n_layers != self.network.config.num_hidden_layers:
            self.network = grow_network(self.network, n_layers).to(self.device)
            self.optimizers = build_optimizers(self.network, self.settings)

    def _micro_batches(self) -> Iterator[Batch]:
        """Yield the rest of the stage's batches, epoch after epoch."""
        settings, stage = self.settings, self.settings.stages[self.stage]
        tokens = min(settings.micro_tokens, stage.step_tokens)
        while True:
            key = (settings.seed, self.stage, self.epoch)
            plan = plan_epoch(self.corpus, stage.row_length, tokens, key)
            while self.next_batch < len(plan.batches):
                index, self.next_batch = self.next_batch, self.next_batch + 1
                yield build_batch(
                    self.corpus, plan.windows, plan.batches[index], settings.mask_rate, (*key, index)
                )
            self.epoch, self.next_batch = self.epoch + 1, 0

    def _take_step(self, micro: Iterator[Batch]) -> float:
        stage = self.settings.stages[self.stage]
        share = compute_rate(self.settings, self.residues, self.steps_in_stage)
        total, targets, tokens = 0.0, 0, 0
        while tokens < stage.step_tokens:
            batch = next(micro)
            tokens += batch.inputs.size
            self.residues += batch.n_residues
            self.residues_in_stage += batch.n_residues
            truth = torch.from_numpy(batch.targets).to(self.device)
            loss = functional.cross_entropy(
                _predict(self.network, batch, self.device), truth, reduction="sum"
            )
            loss.backward()  # type: ignore[no-untyped-call]
            total, targets = total + float(loss.detach()), targets + len(batch.targets)
        for parameter in self.network.parameters():
            if parameter.grad is not None:
                parameter.grad /= max(targets, 1)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share
            optimizer.step()
        self.network.zero_grad(set_to_none=True)
        self.step += 1
        self.steps_in_stage += 1
        return total / max(targets, 1)

    def _log_heldout(self) -> None:
        loss = measure_loss(self.network, self.heldout, device=self.device)
        self._log(heldout_loss=loss, heldout_perplexity=float(np.exp(loss)))

    def _log(self, **numbers: float) -> None:
        entry = {
            "step": self.step,
            "stage": self.stage,
            "n_layers": self.network.config.num_hidden_layers,
            "residues": self.residues,
            "rate": compute_rate(self.settings, self.residues, self.steps_in_stage),
            **numbers,
        }
        line = json.dumps({key: round(value, 5) for key, value in entry.items()})
        self._report(line)
        with (self.directory / _LOG).open("a", encoding="utf-8") as log:
            log.write(line + "\n")

    def save(self) -> None:
        """Write the checkpoint, by way of a temporary file, so that a crash leaves the old one."""
        state = {
            "settings": asdict(self.settings),
            "n_layers": self.network.config.num_hidden_layers,
            "network": self.network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": {name: getattr(self, name) for name in _PROGRESS},
        }
        temporary = self.directory / (_CHECKPOINT + ".part")
        torch.save(state, temporary)
        temporary.replace(self.directory / _CHECKPOINT)

    def _restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        peaks = [[group["peak"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        for optimizer, saved, peak in zip(self.optimizers, state["optimizers"], peaks, strict=True):
            optimizer.load_state_dict(saved)
            for group, value in zip(optimizer.param_groups, peak, strict=True):
                group["peak"] = value
        for name in _PROGRESS:
            setattr(self, name, state["progress"][name])
        self._trim_log()

    def _trim_log(self) -> None:
        """Drop what was logged after the checkpoint by a run that was killed: these steps are taken again."""
        log = self.directory / _LOG
        lines = log.read_text(encoding="utf-8").splitlines(keepends=True) if log.exists() else []
        kept = [line for line in lines if json.loads(line)["step"] <= self.step]
        log.write_text("".join(kept), encoding="utf-8")


_PROGRESS = (
    "stage", "step", "steps_in_stage", "residues", "residues_in_stage", "epoch", "next_batch",
)  # fmt: skip
