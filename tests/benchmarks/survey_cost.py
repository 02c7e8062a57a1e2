"""What a whole survey costs over the bare forward passes, and a reduction over one update per residue pair.

    python tests/benchmarks/survey_cost.py [--model provis_mini|base] [--proteins 24] [--repeats 3]

CPU seconds, one thread, the least of interleaved repeats in one process.
``base`` has 12 layers with 12 heads of 64 (the size of TapeBert), random weights.

``eager``       transformers' own eager attention, the same batches, padding masked, without attentions
``survey``      `count_block` with all features (contacts, sites, modified residues, secondary structure,
                amino acids), 99 shifts of each; structures were read before, and mkdssp has run
``reduction``   given maps of 12 x 12 heads and 400 residues, the 20 amino acids: `Gatherer` and
                `count_protein` against one update of a tensor of all heads per residue pair, as in the
                authors' code
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from provis_core.annotations.annotators._dssp import run_dssp
from provis_core.models import load_model
from provis_core.models.batches import split_batches
from provis_core.proteins.protein import Protein
from provis_core.proteins.reading import read_proteins
from provis_core.survey.blocks import count_block
from provis_core.survey.counting import count_protein, draw_shifts
from provis_core.survey.gathering import Gatherer
from provis_core.survey.labels import ResidueLabel
from provis_core.survey.protocol import Protocol
from tests.data import structure_files
from tests.tiny_checkpoints import BERT_VOCABULARY

PROTOCOL = Protocol()


def main() -> None:
    """Measure and print."""
    import torch

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=("provis_mini", "base"), default="provis_mini")
    parser.add_argument("--proteins", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        compare_runs(asked.model, Path(folder), asked.proteins, asked.repeats)
    compare_reductions(asked.repeats)


def compare_runs(name: str, folder: Path, n_proteins: int, repeats: int) -> None:
    """Print the cost of a survey in units of the forward passes."""
    proteins: list[Protein] = []
    for one in read_proteins(structure_files()):
        if isinstance(one, Protein) and 100 <= one.n_positions <= 500:
            proteins.append(with_dssp(one))
        if len(proteins) == n_proteins:
            break
    model = load_model(write_base(folder) if name == "base" else name, device="cpu")
    eager = make_eager(model, proteins)
    known = proteins[0].annotate(PROTOCOL.features).known
    times = measure({"eager": eager, "survey": lambda: count_block(model, proteins, PROTOCOL, {})}, repeats)
    lengths = [one.n_positions for one in proteins]
    ratio = times["survey"] / times["eager"]
    print(
        f"{name}: {len(proteins)} proteins, {min(lengths)} to {max(lengths)} residues, {len(known)} features"
    )
    print(f"  eager {times['eager']:.2f} s, survey {times['survey']:.2f} s: {ratio:.3f} times")


def with_dssp(protein: Protein) -> Protein:
    """With the secondary structure at hand, as from a file of labels."""
    assert protein.subject.path is not None
    assignment = run_dssp(protein.subject.path, protein.subject.chain)
    return replace(protein, subject=replace(protein.subject, secondary_structure=assignment))


def write_base(folder: Path) -> Path:
    """A BERT of the size of TapeBert."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(BERT_VOCABULARY), max_position_embeddings=1024)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(BERT_VOCABULARY) + "\n")
    return folder


def make_eager(model: Any, proteins: list[Protein]) -> Callable[[], None]:
    """The forward passes, without us."""
    import torch
    import transformers

    network = transformers.AutoModel.from_pretrained(model.config.folder, attn_implementation="eager").eval()
    lengths = [one.n_positions + model.n_special for one in proteins]
    batches = []
    for batch in split_batches(lengths, PROTOCOL.batch_tokens):
        encoded = [model._passes.encode(proteins[k].sequence) for k in batch]
        n = max(map(len, encoded))
        ids = torch.tensor([[*one, *[network.config.pad_token_id or 0] * (n - len(one))] for one in encoded])
        mask = torch.tensor([[1] * len(one) + [0] * (n - len(one)) for one in encoded])
        batches.append((ids, mask))

    def run() -> None:
        with torch.inference_mode():
            for ids, mask in batches:
                network(input_ids=ids, attention_mask=mask)

    return run


def compare_reductions(repeats: int) -> None:
    """Print how much faster given maps are reduced."""
    import torch

    rng = np.random.default_rng(0)
    n, letters = 400, rng.integers(0, 20, 400)
    scores = torch.from_numpy(rng.normal(size=(12, 12, n, n)).astype(np.float32)) * 3
    maps = torch.softmax(scores, dim=-1)
    everywhere = np.ones(n, dtype=np.bool_)
    moves = np.arange(5, n - 5)
    labels = {
        f"aa_{k}": ResidueLabel((letters == k).astype(np.float64), everywhere, moves, is_numeric=False)
        for k in range(20)
    }
    found: dict[str, Any] = {}

    def ours(n_shifts: int = 0) -> None:
        gatherer = Gatherer(n, 12, 12, 0.3, {}, "cpu")
        for layer in range(12):
            gatherer.take(layer, slice(0, 12), maps[layer])
        counts = count_protein(gatherer.finish(), labels, {}, draw_shifts("", n_shifts)).features
        found["ours"] = np.stack([counts[name].hits for name in labels])

    def plain() -> None:
        strong = (maps >= 0.3).double()
        hits = [torch.zeros((12, 12), dtype=torch.double) for _ in range(20)]
        for i in range(n):
            for j in range(n):
                hits[letters[j]] += strong[:, :, i, j]
        found["plain"] = torch.stack(hits).flatten(1).numpy()

    times = measure({"ours": ours, "shifted": lambda: ours(99), "plain": plain}, repeats)
    assert (found["ours"] == found["plain"]).all()
    faster, shifted = (times["plain"] / times[key] for key in ("ours", "shifted"))
    print(f"reduction: plain {times['plain']:.2f} s, ours {times['ours']:.3f} s: {faster:.0f} times faster")
    print(f"  with 99 shifts {times['shifted']:.3f} s: {shifted:.0f} times faster")


def measure(functions: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Least CPU seconds of each function."""
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.process_time()
            function()
            best[name] = min(best[name], time.process_time() - start)
    return best


if __name__ == "__main__":
    main()
