"""What one head costs in the families that need a way of their own, against the forward pass up to it.

    python tests/benchmarks/family_cost.py [xlnet roformer t5 albert] [--repeats 5] [--residues 500]

Random weights of the published width, six layers, float32, CPU, one thread. CPU seconds are the least of
interleaved repeats in one process.

``all heads``   output_attentions=True, the maps of all layers stacked
``floor``       transformers without our code, stopped after the wanted layer's attention: eager for XLNet and
                RoFormer, which know nothing else, fused (sdpa) for the others
``ours``        provis_core.load_model(...).attention(sequence, "6-4")
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from provis_core.attention.head_id import HeadId
from provis_core.models import load_model
from tests.tiny_checkpoints import BERT_VOCABULARY, HIV_PROTEASE
from tests.tiny_families import train_pieces

HEAD = HeadId(5, 3)
SIZES: dict[str, dict[str, Any]] = {
    "xlnet": {
        "class": "XLNetModel",
        "attention": lambda network: network.layer[HEAD.layer].rel_attn,
        "config": {"n_layer": 6, "d_model": 1024, "n_head": 16, "d_inner": 4096, "vocab_size": 37},
        "pieces": {"unk_id": 0, "bos_id": 1, "eos_id": 2, "control_symbols": ["<cls>", "<sep>"]},
    },
    "roformer": {
        "class": "RoFormerModel",
        "attention": lambda network: network.encoder.layer[HEAD.layer].attention.self,
        "config": {
            "num_hidden_layers": 6, "hidden_size": 768, "embedding_size": 768, "num_attention_heads": 12,
            "intermediate_size": 3072, "max_position_embeddings": 1536, "vocab_size": 30,
        },
    },
    "t5": {
        "class": "T5EncoderModel",
        "attention": lambda network: network.encoder.block[HEAD.layer].layer[0].SelfAttention,
        "config": {
            "num_layers": 6, "d_model": 1024, "num_heads": 32, "d_kv": 128, "d_ff": 16384, "vocab_size": 128,
        },
        "pieces": {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1},
    },
    "albert": {
        "class": "AlbertModel",
        "attention": None,
        "config": {
            "num_hidden_layers": 6, "embedding_size": 128, "hidden_size": 4096, "num_attention_heads": 64,
            "intermediate_size": 16384, "max_position_embeddings": 1536, "vocab_size": 34,
        },
        "pieces": {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1,
                   "control_symbols": ["[CLS]", "[SEP]"]},
    },
}  # fmt: skip


class Stop(Exception):
    """The wanted layer's attention is done."""


def prepare(name: str, folder: Path, sequence: str) -> dict[str, Callable[[], object]]:
    """Write a checkpoint, and load it in each way."""
    import torch
    import transformers

    size = SIZES[name]
    cls = getattr(transformers, size["class"])
    torch.manual_seed(0)
    cls(cls.config_class(**size["config"])).save_pretrained(folder)
    if "pieces" in size:
        train_pieces(folder, **size["pieces"])
    else:
        (folder / "vocab.txt").write_text("\n".join(BERT_VOCABULARY))
    ours = load_model(folder, device="cpu")
    ids = torch.tensor([ours.vocabulary.encode(sequence)])
    fused = "eager" if name in ("xlnet", "roformer") else "sdpa"
    bare = cls.from_pretrained(folder, attn_implementation=fused, dtype=torch.float32).eval()
    eager = cls.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    calls: list[None] = []

    def stop(*_: object) -> None:
        calls.append(None)
        if size["attention"] is not None or len(calls) == HEAD.layer + 1:
            raise Stop

    if size["attention"] is not None:
        size["attention"](bare).register_forward_hook(stop)
    else:
        shared = bare.encoder.albert_layer_groups[0].albert_layers[0]
        shared.attention.register_forward_hook(stop)

    @torch.inference_mode()
    def floor() -> None:
        calls.clear()
        try:
            bare(input_ids=ids)
        except Stop:
            return
        raise RuntimeError("the forward pass was not stopped")

    @torch.inference_mode()
    def all_heads() -> object:
        return torch.stack(eager(input_ids=ids, output_attentions=True).attentions)

    return {"ours": lambda: ours.attention(sequence, HEAD), "floor": floor, "all heads": all_heads}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("families", nargs="*", default=list(SIZES))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--residues", type=int, default=500)
    arguments = parser.parse_args()

    import torch
    import transformers

    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    sequence = (HIV_PROTEASE * 100)[: arguments.residues]
    print("| family | ours, CPU s | floor | all heads | ours / floor | all heads / ours |")
    print("|---|---|---|---|---|---|")
    for name in arguments.families:
        with tempfile.TemporaryDirectory() as folder:
            ways = prepare(name, Path(folder), sequence)
            seconds: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(arguments.repeats):
                for way, compute in ways.items():
                    start = time.process_time()
                    compute()
                    seconds[way].append(time.process_time() - start)
        ours, floor, all_heads = (min(seconds[way]) for way in ways)
        print(
            f"| {name} | {ours:.2f} | {floor:.2f} | {all_heads:.2f} | {ours / floor:.2f} "
            f"| {all_heads / ours:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
