"""``python -m provis_core.training``: train, export and evaluate the bundled model."""
# ruff: noqa: TID253

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from .corpus import Corpus, load_heldout, load_training
from .evaluate import format_perplexities, measure_perplexities
from .explanations import evaluate_explanations, format_explanations, write_held_out
from .export import load_exported, write_checksums
from .history import keep_history
from .membrane import train_membrane
from .release import export_run
from .schedule import TrainingSettings, TrainingStage
from .trainer import Trainer

__all__ = ["main"]

_DATA = Path("../shared/data")
_BUNDLED = Path("resources/provis_mini")
_NOTE = (
    "trained for four hours on one CPU core, hardly any contacts learned; conclusions need a published model"
)


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m provis_core.training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _add_train(commands.add_parser("train", help="train, or go on with a run"))
    _add_export(commands.add_parser("export", help="write a run as a folder in Hugging Face layout"))
    _add_evaluate(commands.add_parser("evaluate", help="print held-out perplexities"))
    _add_membrane(commands.add_parser("membrane", help="train the membrane readout of an exported folder"))
    _add_explain(commands.add_parser("explain", help="print the numbers of docs/explain.md"))
    _add_checksums(commands.add_parser("checksums", help="write SHA256SUMS of a folder again"))
    options = parser.parse_args(arguments)
    options.run(options)


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=_DATA / "sequences", help="folder with the FASTA shards")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of checkpoint and log; resumed if there"
    )
    parser.add_argument("--start", type=Path, help="exported folder with whose weights a new run begins")
    parser.add_argument(
        "--stage", type=TrainingStage.parse, action="append", required=True, metavar="L:ROW:TOKENS:RESIDUES"
    )
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--inner-width", type=int, default=512)
    parser.add_argument("--mask-rate", type=float, default=0.15)
    parser.add_argument("--matrix-rate", type=float, default=0.0015, help="peak learning rate of Muon")
    parser.add_argument("--other-rate", type=float, default=0.003, help="peak learning rate of AdamW")
    parser.add_argument("--optimizer", choices=("muon", "adamw"), default="muon")
    parser.add_argument("--micro-tokens", type=int, default=4096, help="tokens in memory at once")
    parser.add_argument("--warmup-steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--shards", type=int, help="only so many shards")
    parser.add_argument(
        "--max-seconds", type=float, default=float("inf"), help="stop (resumable) after this long"
    )
    parser.add_argument("--max-steps", type=int, help="stop (resumable) after so many steps")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--measure-every", type=int, default=500, help="steps between held-out measurements")
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    settings = TrainingSettings(
        stages=tuple(options.stage),
        width=options.width,
        n_heads=options.heads,
        inner_width=options.inner_width,
        mask_rate=options.mask_rate,
        matrix_rate=options.matrix_rate,
        other_rate=options.other_rate,
        warmup_steps=options.warmup_steps,
        micro_tokens=options.micro_tokens,
        seed=options.seed,
        matrix_optimizer=options.optimizer,
    )
    heldout = load_heldout(options.data)
    few = Corpus(heldout.tokens[: heldout.starts[150]], heldout.starts[:151])
    start = load_exported(options.start) if options.start else None
    if options.start:
        keep_history(options.start, options.out)
    trainer = Trainer(
        settings,
        load_training(options.data, options.shards),
        few,
        options.out,
        device=options.device,
        start=start,
    )
    trainer.run(
        max_steps=options.max_steps,
        max_seconds=options.max_seconds,
        save_every=options.save_every,
        measure_every=options.measure_every,
    )


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", dest="directory", type=Path, required=True, help="folder of the run")
    parser.add_argument("--out", type=Path, default=_BUNDLED)
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--name", default="provis_mini")
    parser.add_argument("--status", choices=("untrained", "placeholder", "trained"), default="placeholder")
    parser.add_argument("--note", default=_NOTE, help="what every output says about the model")
    parser.add_argument("--threads", type=int, default=1)
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    facts = {"name": options.name, "status": options.status, "note": options.note}
    export_run(options.directory, options.out, options.data, facts)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=_BUNDLED, help="exported folder")
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--json", type=Path, help="write all numbers there, too")
    parser.add_argument("--threads", type=int, default=1)
    parser.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    report = measure_perplexities(load_exported(options.folder), options.data / "sequences")
    if options.json:
        options.json.write_text(json.dumps({"perplexity": report}, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(format_perplexities(report) + "\n")


def _add_membrane(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=_BUNDLED, help="folder of the encoder")
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--threads", type=int, default=1)
    parser.set_defaults(run=_train_membrane)


def _train_membrane(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    report = train_membrane(options.folder, options.data)
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    write_checksums(options.folder)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, nargs="?", default=_BUNDLED, help="folder with a membrane readout"
    )
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--proteins", type=int, default=16)
    parser.add_argument("--json", type=Path, help="write all numbers there, too")
    parser.add_argument("--held-out", type=Path, help="write proteins for provis survey there, and no more")
    parser.add_argument("--threads", type=int, default=1)
    parser.set_defaults(run=_explain)


def _explain(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    if options.held_out:
        sys.stdout.write(f"{write_held_out(options.held_out, options.data)} proteins\n")
        return
    report = evaluate_explanations(
        options.folder, options.data, options.proteins, lambda line: sys.stderr.write(f"{line}\n")
    )
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(format_explanations(report) + "\n")


def _add_checksums(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=_BUNDLED)
    parser.set_defaults(run=lambda options: write_checksums(options.folder))


if __name__ == "__main__":
    main()
