"""What a scan of all heads costs, as ratios of one run to transformers' eager forward pass with all maps.

    python tests/benchmarks/scan_cost.py [--layers 6] [--residues 1022] [--repeats 3] [--threads 1]
        [--device cpu]

The weights are random and of ProtBert's size (1024 dimensions, 16 heads), with fewer of its 30 layers unless
``--layers 30`` is given: both ways cost the same for each layer. Query and key weights are scaled until a row
has a few arcs, as in a trained model. Times are medians of interleaved repeats in one process; CPU seconds
(user and system) bear it better when other programs run on the machine. Extra memory is the highest memory
while a method runs minus what the process held just before, each method in a process of its own, after a
short sequence has warmed it up, in units of the maps of one layer; the median of three. On the CPU it is read
from Linux's /proc.

``eager``     output_attentions=True, the maps of all layers stacked, as in the code of Vig et al.
``unstacked`` the same without stacking
``fused``     the bare network with attn_implementation="sdpa", which gives no attention at all
``arcs``      Model.scan: arcs, attention received and the mean separation of the pairs
``full``      the same with entropy, special tokens and the pairs ranked after average product correction
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from provis_core.models import load_model
from tests.benchmarks.head_cost import SIZES, extra_memory, load_reference, measure, write_checkpoint
from tests.tiny_checkpoints import HIV_PROTEASE

METHODS = ("eager", "unstacked", "fused", "arcs", "full")


def prepare(method: str, folder: Path, device: str) -> Callable[[str], Any]:
    """Load the model for one method; the result takes a sequence and computes."""
    import torch

    if method in {"arcs", "full"}:
        model = load_model(folder, device=device)
        full = method == "full"
        metrics = ("separation", "entropy", "special_tokens") if full else ("separation",)
        return lambda sequence: model.scan(sequence, metrics, top_pairs=full)
    ids = {token: i for i, token in enumerate(SIZES["prot_bert"]["tokens"])}
    network = load_reference("BertModel", folder).to(device)

    @torch.inference_mode()
    def eager(sequence: str) -> object:
        tokens = [ids["[CLS]"], *(ids[letter] for letter in sequence), ids["[SEP]"]]
        ids_in = torch.tensor([tokens], device=device)
        network.set_attn_implementation("sdpa" if method == "fused" else "eager")
        if method == "fused":
            return network(input_ids=ids_in)
        found = network(input_ids=ids_in, output_attentions=True).attentions
        return torch.stack([layer.squeeze(0) for layer in found]) if method == "eager" else found

    return eager


def sharpen(folder: Path) -> None:
    """Scale the query and key weights of a checkpoint."""
    from safetensors.torch import load_file, save_file

    state = load_file(folder / "model.safetensors")
    for name, tensor in state.items():
        if ".query.weight" in name or ".key.weight" in name:
            tensor.mul_(2.5)
    save_file(state, folder / "model.safetensors", {"format": "pt"})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--residues", type=int, default=1022)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--memory-of", nargs=2, metavar=("METHOD", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()

    import torch
    import transformers

    torch.set_num_threads(arguments.threads)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    device, n = arguments.device, arguments.residues
    sequence = (HIV_PROTEASE * (n // len(HIV_PROTEASE) + 1))[:n]
    if arguments.memory_of:
        method, folder = arguments.memory_of
        print(json.dumps(extra_memory(prepare(method, Path(folder), device), sequence, device)))
        return
    size = SIZES["prot_bert"]
    size["config"]["num_hidden_layers"] = arguments.layers
    n_heads = size["config"]["num_attention_heads"]
    one_layer = n_heads * (n + 2) ** 2 * 4
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_checkpoint(folder, size)
        sharpen(folder)
        gc.collect()
        memory = {}
        for method in METHODS:
            command = [sys.executable, __file__, "--memory-of", method, str(folder), "--device", device]
            command += ["--residues", str(n), "--threads", str(arguments.threads)]
            memory[method] = statistics.median(
                json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
                for _ in range(3)
            )
        compute = {method: prepare(method, folder, device) for method in METHODS}
        times: dict[str, list[tuple[float, float]]] = {method: [] for method in METHODS}
        for method in METHODS:
            compute[method](HIV_PROTEASE)
        n_arcs = compute["arcs"](sequence).arcs.n_arcs
        for _ in range(arguments.repeats):
            for method in METHODS:
                times[method].append(measure(compute[method], sequence, device))
    clock = {method: statistics.median(wall for wall, _ in times[method]) for method in METHODS}
    cpu = {method: statistics.median(busy for _, busy in times[method]) for method in METHODS}
    print(
        f"ProtBert's size with {arguments.layers} layers of {n_heads} heads, {n} residues "
        f"({n_arcs / (arguments.layers * n_heads * n):.1f} arcs in a row), float32, {device}, "
        f"{arguments.threads} thread(s), torch {torch.__version__}, transformers {transformers.__version__}, "
        f"median of {arguments.repeats}\n"
    )
    print("| way | seconds | of eager | CPU seconds | of eager | extra memory, MB | layers' maps |")
    print("|---|---|---|---|---|---|---|")
    for method in METHODS:
        print(
            f"| {method} | {clock[method]:.2f} | {clock[method] / clock['eager']:.2f} "
            f"| {cpu[method]:.2f} | {cpu[method] / cpu['eager']:.2f} "
            f"| {memory[method] / 1e6:.0f} | {memory[method] / one_layer:.2f} |"
        )


if __name__ == "__main__":
    main()
