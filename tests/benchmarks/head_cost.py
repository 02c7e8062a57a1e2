"""What one head costs, as ratios of one run: ours, all heads by transformers, and fused attention alone.

    python tests/benchmarks/head_cost.py [prot_bert|esm2_650m] [--repeats 3] [--threads 1] [--device cpu]

The weights are random and of the published size; they are written to a temporary folder (2 to 3 GB). The
times are medians of interleaved repeats in one process; CPU seconds (user and system) bear it better when
other programs run on the machine. Extra memory is the highest memory while a method
runs minus what the process held just before, each method in a process of its own, after a short sequence
has warmed it up. On the CPU it is read from Linux's /proc.

``all heads``   output_attentions=True, the maps of all layers stacked, as in the code of Vig et al.
``floor``       transformers with attn_implementation="sdpa", stopped after the wanted layer's attention
``ours``        provis_core.load_model(...).attention(sequence, head)
"""

from __future__ import annotations

import argparse
import functools
import gc
import json
import statistics
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
from tests.tiny_checkpoints import BERT_VOCABULARY, ESM_VOCABULARY, HIV_PROTEASE

SIZES = {
    "prot_bert": {
        "head": "12-4",
        "n_residues": 1022,
        "class": "BertModel",
        "tokens": BERT_VOCABULARY,
        "config": {
            "model_type": "bert", "hidden_size": 1024, "num_hidden_layers": 30, "num_attention_heads": 16,
            "intermediate_size": 4096, "max_position_embeddings": 40000, "vocab_size": 30,
        },
    },
    "esm2_650m": {
        "head": "33-1",
        "n_residues": 1000,
        "class": "EsmModel",
        "tokens": ESM_VOCABULARY,
        "config": {
            "model_type": "esm", "hidden_size": 1280, "num_hidden_layers": 33, "num_attention_heads": 20,
            "intermediate_size": 5120, "max_position_embeddings": 1026, "vocab_size": 33, "pad_token_id": 1,
            "mask_token_id": 32, "position_embedding_type": "rotary", "token_dropout": True,
            "emb_layer_norm_before": False,
        },
    },
}  # fmt: skip
METHODS = ("ours", "floor", "all heads")


class Stop(Exception):
    """The wanted layer's attention is done."""


def write_checkpoint(folder: Path, size: dict) -> None:
    """Random weights in Hugging Face layout."""
    import torch
    import transformers

    torch.manual_seed(0)
    (folder / "vocab.txt").write_text("\n".join(size["tokens"]))
    config = getattr(transformers, size["class"].replace("Model", "Config"))(**size["config"])
    getattr(transformers, size["class"])(config, add_pooling_layer=False).save_pretrained(folder)


def prepare(method: str, folder: Path, size: dict, device: str) -> Callable[[str], object]:
    """Load the model for one method; the result takes a sequence and computes."""
    import torch

    head = HeadId.parse(size["head"])
    if method == "ours":
        model = load_model(folder, device=device)
        return lambda sequence: model.attention(sequence, head)
    ids = {token: i for i, token in enumerate(size["tokens"])}
    ends = ("[CLS]", "[SEP]") if "[CLS]" in ids else ("<cls>", "<eos>")
    network = load_reference(size["class"], folder).to(device)

    def encode(sequence: str) -> torch.Tensor:
        return torch.tensor(
            [[ids[ends[0]], *(ids[letter] for letter in sequence), ids[ends[1]]]], device=device
        )

    def stop(*_: object) -> None:
        raise Stop

    @torch.inference_mode()
    def floor(sequence: str) -> None:
        network.set_attn_implementation("sdpa")
        handle = network.encoder.layer[head.layer].attention.self.register_forward_hook(stop)
        try:
            network(input_ids=encode(sequence))
        except Stop:
            return
        finally:
            handle.remove()

    @torch.inference_mode()
    def all_heads(sequence: str) -> object:
        network.set_attn_implementation("eager")
        attentions = network(input_ids=encode(sequence), output_attentions=True).attentions
        stacked = torch.stack([attention.squeeze(0) for attention in attentions])
        return stacked[head.layer, head.head, 1:-1, 1:-1].cpu().numpy()

    return {"floor": floor, "all heads": all_heads}[method]


@functools.cache
def load_reference(name: str, folder: Path) -> Any:
    """One network for both ways that do not use our code."""
    import transformers

    return getattr(transformers, name).from_pretrained(folder, add_pooling_layer=False).eval()


def measure(compute: Callable[[str], object], sequence: str, device: str) -> tuple[float, float]:
    """Seconds on the clock, and seconds of this process on the CPU."""
    import torch

    gc.collect()
    start, start_cpu = time.perf_counter(), time.process_time()
    compute(sequence)
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start, time.process_time() - start_cpu


def extra_memory(compute: Callable[[str], object], sequence: str, device: str) -> int:
    """Highest memory while computing minus that before, in bytes."""
    import torch

    compute(HIV_PROTEASE)
    gc.collect()
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        compute(sequence)
        return torch.cuda.max_memory_allocated() - before
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts again from here
    before = read_status("VmRSS")
    compute(sequence)
    return read_status("VmHWM") - before


def read_status(key: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("size", nargs="?", choices=SIZES, default="prot_bert")
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
    size, device = SIZES[arguments.size], arguments.device
    sequence = (HIV_PROTEASE * 100)[: size["n_residues"]]
    if arguments.memory_of:
        method, folder = arguments.memory_of
        print(json.dumps(extra_memory(prepare(method, Path(folder), size, device), sequence, device)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_checkpoint(folder, size)
        gc.collect()
        memory = {}
        for method in METHODS:
            command = [sys.executable, __file__, arguments.size, "--device", device]
            command += ["--threads", str(arguments.threads), "--memory-of", method, str(folder)]
            memory[method] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        compute = {method: prepare(method, folder, size, device) for method in METHODS}
        times: dict[str, list[tuple[float, float]]] = {method: [] for method in METHODS}
        for method in METHODS:
            compute[method](HIV_PROTEASE)
        for _ in range(arguments.repeats):
            for method in METHODS:
                times[method].append(measure(compute[method], sequence, device))
    clock = {method: statistics.median(wall for wall, _ in times[method]) for method in METHODS}
    cpu = {method: statistics.median(busy for _, busy in times[method]) for method in METHODS}
    print(
        f"{arguments.size} size, head {size['head']}, {size['n_residues']} residues, float32, {device}, "
        f"{arguments.threads} thread(s), torch {torch.__version__}, transformers {transformers.__version__}, "
        f"median of {arguments.repeats}\n"
    )
    print("| method | seconds | times ours | CPU seconds | times ours | extra memory, MB | times ours |")
    print("|---|---|---|---|---|---|---|")
    for method in METHODS:
        print(
            f"| {method} | {clock[method]:.2f} | {clock[method] / clock['ours']:.2f} "
            f"| {cpu[method]:.2f} | {cpu[method] / cpu['ours']:.2f} "
            f"| {memory[method] / 1e6:.0f} | {memory[method] / memory['ours']:.1f} |"
        )


if __name__ == "__main__":
    main()
