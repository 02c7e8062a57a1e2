"""What the bundled model costs when it is loaded: one head, all heads, and all heads by transformers.

    python -m tests.benchmarks.bundled_model [--residues 300] [--repeats 15] [--threads 1]

Sequences are random, another one for each run, so that nothing is found in a cache. Medians of interleaved
runs in one process; the ratios bear other programs on the machine better than the seconds do.
"""

# ruff: noqa: TID253

from __future__ import annotations

import argparse
import statistics
import sys
import time

import numpy as np
import torch
from transformers import AutoTokenizer, EsmModel

from provis_core.checkpoints.registry import find_model
from provis_core.models import load_model

LETTERS = "ACDEFGHIKLMNPQRSTVWY"


def main() -> None:
    """Measure, and print a line for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--residues", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    folder = find_model("provis_mini").folder
    model = load_model("provis_mini")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    eager = EsmModel.from_pretrained(folder, attn_implementation="eager", add_pooling_layer=False).eval()

    def run_eager(sequence: str) -> None:
        with torch.inference_mode():
            eager(**tokenizer(sequence, return_tensors="pt"), output_attentions=True)

    ways = {
        "one head": lambda sequence: model.attention(sequence, "12-4"),
        "scan of all heads": model.scan,
        "all heads by transformers": run_eager,
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    generator = np.random.default_rng(0)
    for repeat in range(asked.repeats + 1):
        sequence = "".join(generator.choice(list(LETTERS), asked.residues))
        for name, run in ways.items():
            start = time.perf_counter()
            run(sequence)
            if repeat:  # the first one warms up
                seconds[name].append(time.perf_counter() - start)
    naive = statistics.median(seconds["all heads by transformers"])
    for name, all_of in seconds.items():
        median = statistics.median(all_of)
        words = f"{name:26} {1000 * median:6.0f} ms ({1000 * min(all_of):.0f} to {1000 * max(all_of):.0f})"
        sys.stdout.write(f"{words}, {median / naive:.2f} of the last\n")


if __name__ == "__main__":
    main()
