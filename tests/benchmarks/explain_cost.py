"""What an explanation costs, as ratios in one run: steps against bare forward passes, heads against none.

    python tests/benchmarks/explain_cost.py [--layers 30] [--residues 99] [--steps 8] [--repeats 3] [--exact]

Random weights of ProtBert's size, float32, CPU, one thread; CPU seconds are the least of interleaved repeats.
As many steps go into a pass as an explanation takes; a bare forward pass is of one sequence.

``step``    one step along the path, of the embedding alone, in bare forward passes
``heads``   one step with the conductance of all heads of all layers, in steps of the embedding alone
``memory``  most memory above that of a bare forward pass, in GB, with as many steps and with twice as many
``exact``   with ``--exact``: steps until residues and all heads are within 0.001 of the largest of those of
            three times as many, and what they cost in bare forward passes; minutes
``cached``  another head of a relevance that is in the cache, read and placed on the residues, in ms
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from provis_core.attention.profile import place_on_residues
from provis_core.attention.relevance import Relevance
from provis_core.attribution.conductance import integrate
from provis_core.attribution.explain import choose_batch, make_problem
from provis_core.attribution.problem import Problem
from provis_core.attribution.quadrature import make_stencils
from provis_core.models import load_model
from provis_core.structures.sequence import SequenceMap
from provis_core.targets.predictions import Prediction
from provis_core.worker.tasks.explain import ExplainResult
from provis_core.worker.wire.result_files import write_result
from tests.tiny_checkpoints import BERT_VOCABULARY, HIV_PROTEASE

_EXACT = (8, 12, 16, 20, 24, 30)


def make(folder: Path, n_layers: int, n_residues: int) -> Problem:
    """Write a checkpoint with random weights, and ask it something."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=30, hidden_size=1024, num_hidden_layers=n_layers, num_attention_heads=16,
        intermediate_size=4096, max_position_embeddings=2048,
    )  # fmt: skip
    transformers.BertForMaskedLM(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(BERT_VOCABULARY))
    sequence = (HIV_PROTEASE * (n_residues // len(HIV_PROTEASE) + 1))[:n_residues]
    model = load_model(folder, device="cpu")
    problem, _ = make_problem(model, sequence, Prediction("residue", (n_residues // 2,), masked=True), "X")
    return problem


def measure(problem: Problem, n_steps: int, repeats: int) -> dict[str, float]:
    """CPU seconds of each way, per pass or step."""
    batch = choose_batch(problem)
    ways: dict[str, tuple[Callable[[], Any], int]] = {
        "forward": (lambda: problem.evaluate_each([problem.embedded] * 2), 2),
        "embedding": (lambda: integrate(problem, n_steps, lambda nodes: (), batch), n_steps),
        "heads": (
            lambda: integrate(problem, n_steps, _both, batch),
            n_steps,
        ),
    }
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(repeats):
        for name, (run, n_passes) in ways.items():
            start = time.process_time()
            run()
            least[name] = min(least[name], (time.process_time() - start) / n_passes)
    return least


def measure_memory(problem: Problem, n_steps: int) -> list[float]:
    """Peaks above a bare forward pass, in GB, of some steps and of twice as many."""
    problem.evaluate_each([problem.embedded])
    peaks = [_peak()]
    for count in (n_steps, 2 * n_steps):
        integrate(problem, count, _both, choose_batch(problem))
        peaks.append(_peak())
    return [peak - peaks[0] for peak in peaks[1:]]


def count_exact(problem: Problem) -> int:
    """The fewest of some numbers of steps that are enough; 0 where none of them is."""
    batch = choose_batch(problem)

    def run(n_steps: int) -> list[Any]:
        found = integrate(problem, n_steps, _both, batch)
        return [found.embedding, found.heads[0]]

    reference = run(_EXACT[-1] * 3)
    for n_steps in _EXACT:
        away = [np.abs(a - b).max() / np.abs(b).max() for a, b in zip(run(n_steps), reference, strict=True)]
        if max(away) < 1e-3:
            return n_steps
    return 0


def measure_cached(problem: Problem, n_residues: int) -> float:
    """Milliseconds from the file of a relevance to the values of one head at residues."""
    draw = np.random.default_rng(0).standard_normal
    single = np.float32
    relevance = Relevance(
        "model", "A" * n_residues, "likelihood", "ig", "X", 20, 1.0, 0.0,
        draw(n_residues).astype(single), np.zeros(2, single),
        draw((problem.n_layers, problem.n_heads, n_residues)).astype(single),
        np.zeros((problem.n_layers, problem.n_heads, 2), single),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.npz"
        write_result(path, relevance)
        answer = ExplainResult(str(path), relevance.sequence, cached=True, seconds=0.0)
        numbering = SequenceMap(relevance.sequence, np.arange(n_residues), "observed")
        start = time.perf_counter()
        place_on_residues(answer.load().heads[-1, -1], numbering, n_residues)
        return 1000 * (time.perf_counter() - start)


def _both(nodes: Any) -> Any:
    return make_stencils(nodes), make_stencils(nodes, 5)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main() -> None:
    """Print one line for each number."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name, default in (("layers", 30), ("residues", 99), ("steps", 8), ("repeats", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--exact", action="store_true")
    asked = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        problem = make(Path(folder), asked.layers, asked.residues)
        memory = measure_memory(problem, asked.steps)
        seconds = measure(problem, asked.steps, asked.repeats)
        cached = measure_cached(problem, asked.residues)
        n_exact = count_exact(problem) if asked.exact else None
    print(f"{asked.layers} layers, {asked.residues} residues, {seconds['forward']:.2f} s for a forward pass")
    print(f"step    {seconds['embedding'] / seconds['forward']:.2f} forward passes")
    print(f"heads   {seconds['heads'] / seconds['embedding']:.2f} steps of the embedding alone")
    if n_exact is not None:
        passes = n_exact * seconds["heads"] / seconds["forward"]
        print(
            f"exact   {n_exact} steps, {passes:.0f} forward passes"
            if n_exact
            else "exact   more than 30 steps"
        )
    print(f"cached  {cached:.1f} ms")
    print(f"memory  {memory[0]:.2f} GB with {asked.steps} steps, {memory[1]:.2f} GB with {2 * asked.steps}")


if __name__ == "__main__":
    main()
