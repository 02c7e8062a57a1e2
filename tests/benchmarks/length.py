"""Peak memory and time against chain length, as a plot.

    python tests/benchmarks/length.py length.png [--lengths 100 300 1000 2000 4000 8000] [--threads 1]

A small random model (2 layers of 4 heads, 64 dimensions, rotary positions), so that what grows with the
length is attention. Each point is a process of its own, after a short sequence has warmed it up. Time is CPU
seconds of that process; memory is its highest memory minus what it held just before, from Linux's /proc.

``one map``   Model.attention of head 2-1
``arcs``      Model.arcs of that head: only the pairs above 0.05
``scan``      Model.scan of all heads, without ranked pairs, ``scan, ranked pairs`` with them
``all heads`` transformers' output_attentions=True (left out where its maps would need more than 6 GB)
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from provis_core.attention.head_id import HeadId
from provis_core.models import load_model
from tests.benchmarks.head_cost import read_status
from tests.tiny_checkpoints import ESM_VOCABULARY, HIV_PROTEASE, write_tiny_esm

WAYS = ("one map", "arcs", "scan", "scan, ranked pairs", "all heads")
N_LAYERS, N_HEADS, HEAD = 2, 4, HeadId(1, 0)


def prepare(way: str, folder: Path) -> Callable[[str], object]:
    """What computes a sequence."""
    import torch

    if way == "all heads":
        import transformers

        network = transformers.EsmModel.from_pretrained(
            folder, attn_implementation="eager", add_pooling_layer=False
        ).eval()
        ids = {token: i for i, token in enumerate(ESM_VOCABULARY)}

        @torch.inference_mode()
        def eager(sequence: str) -> object:
            tokens = [ids["<cls>"], *(ids[letter] for letter in sequence), ids["<eos>"]]
            found = network(input_ids=torch.tensor([tokens]), output_attentions=True).attentions
            return torch.stack([layer.squeeze(0) for layer in found])

        return eager
    model = load_model(folder, device="cpu")
    ways: dict[str, Callable[[str], object]] = {
        "one map": lambda sequence: model.attention(sequence, HEAD),
        "arcs": lambda sequence: model.arcs(sequence, [HEAD]),
        "scan": lambda sequence: model.scan(sequence, top_pairs=False),
        "scan, ranked pairs": model.scan,
    }
    return ways[way]


def measure(way: str, folder: Path, length: int) -> tuple[float, float]:
    """CPU seconds, and extra memory in MB."""
    compute = prepare(way, folder)
    compute(HIV_PROTEASE)
    gc.collect()
    sequence = (HIV_PROTEASE * (length // len(HIV_PROTEASE) + 1))[:length]
    Path("/proc/self/clear_refs").write_text("5")
    before, start = read_status("VmRSS"), time.process_time()
    compute(sequence)
    return time.process_time() - start, (read_status("VmHWM") - before) / 1e6


def draw(points: dict[str, list[tuple[int, float, float]]], path: Path, title: str) -> None:
    """Two plots with logarithmic axes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for way, values in points.items():
        lengths, seconds, megabytes = zip(*values, strict=True)
        axes[0].plot(lengths, megabytes, marker="o", label=way)
        axes[1].plot(lengths, seconds, marker="o", label=way)
    for axis, label in zip(axes, ("extra memory, MB", "CPU seconds"), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="residues", ylabel=label)
        axis.grid(alpha=0.3)
    axes[0].legend()
    figure.suptitle(title)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", nargs="?", type=Path, default=Path("length.png"))
    parser.add_argument("--lengths", nargs="+", type=int, default=[100, 300, 1000, 2000, 4000, 8000])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--point", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()

    import torch
    import transformers

    torch.set_num_threads(arguments.threads)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if arguments.point:
        way, folder = arguments.point
        print(json.dumps(measure(way, Path(folder), arguments.lengths[0])))
        return
    points: dict[str, list[tuple[int, float, float]]] = {way: [] for way in WAYS}
    print("| way | residues | CPU seconds | extra memory, MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        write_tiny_esm(temporary, n_layers=N_LAYERS, n_heads=N_HEADS, hidden_size=64)
        for way in WAYS:
            for length in arguments.lengths:
                if way == "all heads" and 3 * N_LAYERS * N_HEADS * length**2 * 4 > 6e9:
                    continue
                command: list[Any] = [sys.executable, __file__, "--point", way, temporary]
                command += ["--lengths", length, "--threads", arguments.threads]
                output = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, check=True).stdout
                seconds, megabytes = json.loads(output)
                points[way].append((length, seconds, megabytes))
                print(f"| {way} | {length} | {seconds:.2f} | {megabytes:.0f} |", flush=True)
    title = f"Small random model: {N_LAYERS} layers of {N_HEADS} heads, 64 dimensions; float32, CPU"
    draw(points, arguments.path, f"{title}, {arguments.threads} thread(s)")


if __name__ == "__main__":
    main()
