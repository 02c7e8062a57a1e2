"""``provis survey``: what every head of a model attends to in a set of proteins."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..annotations.annotators import property_options
from ..checkpoints.registry import find_model
from ..commands.declaration import Command, Option, option
from ..errors import CheckpointError, InputError, InstallError, UnknownModelError
from ..exports.saving import describe_written
from ..proteins.clusters import choose_clusters, make_clusters
from ..proteins.relatives import IDENTITY
from ..session.settings import Settings
from ..system.given_files import find_path, has_file
from ..targets.scope import model_option
from .arguments import add_options, read_asked
from .console import Steps, show, tell

if TYPE_CHECKING:
    from ..attention.head_id import HeadSet
    from ..survey.plan import Plan
    from ..survey.protocol import Protocol
    from ..survey.running import SurveyProgress

__all__ = ["add_commands"]

_SECONDS: Final = 10.0
"""Between two lines of progress."""


@dataclass(frozen=True)
class SurveyOptions:
    """What is asked of a survey; numbers that are not given are those of the protocol."""

    model: str = model_option(setting="model")
    features: str = option(
        "",
        "what is asked about residues and pairs: properties, and labels of the input",
        shown="contact,site,ptm,ss,aa; of relevance site,ptm,ss",
    )
    measure: str = option(
        "attention", "what of a head is counted: its attention, or its relevance for a target",
        values=("attention", "relevance"),
    )  # fmt: skip
    target: str = option("", "of relevance: what is explained in every protein, a class or likelihood")
    baseline: str = option(
        "", "of relevance: what it is compared with", values=("pad", "mask", "X", "mean"),
        shown="X, or mask where the model has no X; paper: pad",
    )  # fmt: skip
    steps: int | None = option(None, "of relevance: of the path", shown="as many as it takes; paper: 500")
    of: str = option(
        "class", "of relevance: the proteins that the model gives the class, or all", values=("class", "all")
    )
    protocol: str = option("provis", "whose numbers", values=("provis", "paper"))
    min_attn: float | None = option(None, "smallest weight of an arc", shown="0.3")
    max_tokens: int | None = option(
        None, "cut what is longer, special tokens counted", shown="none; paper: 512"
    )
    max_residues: int | None = option(None, "leave out what is longer", shown="none")
    min_arcs: int | None = option(None, "arcs from which on a head is tested", shown="100")
    denominator: str = option(
        "",
        "arcs that shares are of: those of which the feature is known, or all",
        values=("known", "all"),
        shown="known; paper: all",
    )
    n_shifts: int | None = option(None, "circular shifts of each feature in each protein", shown="99")
    batch_tokens: int | None = option(None, "tokens of a batch at most", shown="4096")
    block: int | None = option(None, "records that are written at a time", shown="64")
    clusters: str = option(
        str(IDENTITY),
        "identity that makes a cluster, or a table of cluster and protein: each counts once",
        kind="file",
    )
    shard: str = option("", "i/N: every N-th block alone, for another machine; then «survey merge»")
    scheduler: str = option("", "run on Dask: local, slurm, or the address of a scheduler")
    workers: int = option(2, "processes or jobs of a cluster that is made for the survey")
    device: str = option("auto", "auto, cpu, cuda, cuda:1 or mps")
    dtype: str = option(
        "auto",
        "number format of the layers; weights of attention are float32",
        values=("float32", "bfloat16", "float16"),
    )
    given: Mapping[str, Any] = field(default_factory=dict)


def _property_options() -> tuple[Option, ...]:
    """Options of annotators; a name that a survey has itself is the survey's."""
    own = SurveyOptions.__dataclass_fields__
    return tuple(one for one in property_options() if one.name not in own)


COMMAND: Final = Command(
    name="survey",
    summary="what every head of a model attends to in a set of proteins",
    options=SurveyOptions,
    run=lambda *_: None,
    extras=_property_options,
)


def add_commands(commands: Any) -> None:
    """Add this command to the subparsers of the program."""
    parser = commands.add_parser(
        "survey",
        help="what every head of a model attends to in a set of proteins",
        description="INPUT... -o DIR counts; merge DIR... -o DIR brings shards together; convert FILE... -o "
        "SET.jsonl makes an input of a published set, or of a list of PDB ids (.txt); report -o DIR draws "
        "figures and writes a page; heads -o DIR ranks sets of heads on half of the proteins",
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="structures, FASTA, JSON lines, Parquet, or folders with them",
    )
    parser.add_argument(
        "-o", "--out", required=True, metavar="DIR", help="where tables and counts are written"
    )
    parser.add_argument(
        "--structures",
        metavar="DIR",
        default=".",
        help="convert: where structures of PDB ids are {default: .}",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no summary")
    add_options(parser, COMMAND.all.values())
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace, settings: Settings) -> int:
    if importlib.util.find_spec("provis_core.survey") is None:
        raise InstallError(
            "This copy of ProVis came with the plugin and has no surveys",
            "The package is needed",
            "Install it: pip install provis-attn[survey,worker,program]",
        )
    out = find_path(asked.out, "--out")
    if asked.inputs[0] == "merge":
        return _merge([find_path(one) for one in asked.inputs[1:]], out, quiet=asked.quiet)
    if asked.inputs[0] in ("report", "heads") and not find_path(asked.inputs[0]).exists():
        if len(asked.inputs) > 1:
            asked.parser.error(f"{asked.inputs[0]} is about the folder of -o alone. Leave out the inputs")
        return _report(out) if asked.inputs[0] == "report" else _rank(out, asked, settings)
    if asked.inputs[0] == "convert":
        return _convert([find_path(one) for one in asked.inputs[1:]], out, find_path(asked.structures))
    read: SurveyOptions = read_asked(COMMAND, asked, COMMAND.all, settings)
    return _survey(read, asked.inputs, out, quiet=asked.quiet)


def _survey(asked: SurveyOptions, inputs: list[str], out: Path, *, quiet: bool) -> int:
    from ..models import load_model
    from ..proteins.reading import read_proteins
    from ..survey.plan import make_plan
    from ..survey.running import count_blocks, find_open_blocks, open_folder

    shard = _read_shard(asked.shard)
    protocol = _choose_protocol(asked)
    given, identity = choose_clusters(asked.clusters)
    clusters = given or make_clusters(read_proteins(inputs), identity)
    entry = find_model(asked.model)
    model = load_model(entry.folder, asked.device, asked.dtype, entry.name)
    command = shlex.join(["provis", *sys.argv[1:]])
    if asked.scheduler:  # workers may stand in another folder
        inputs = [str(find_path(one).resolve()) for one in inputs]
    if protocol.measure == "relevance":
        from ..survey.relevance_blocks import check_target

        check_target(model, protocol)
    plan = make_plan(inputs, model, protocol, clusters, revision=entry.revision, command=command)
    open_folder(out, plan)
    numbers = find_open_blocks(out, plan, shard)
    n_mine = len(range(shard[0] - 1, plan.n_blocks, shard[1]))
    if not quiet:
        n_before = n_mine - len(numbers)
        tell(f"{plan.n_records} records in {plan.n_blocks} blocks, {n_before} of {n_mine} done before")
    told = str if quiet else _Teller()
    if asked.scheduler and numbers:
        from ..survey.scheduling import ModelPlace, count_on_cluster, open_cluster

        place = ModelPlace(str(entry.folder.resolve()), entry.name, asked.device, asked.dtype)
        with open_cluster(asked.scheduler, max(1, asked.workers)) as client:
            on_wait = str if quiet else tell
            count_on_cluster(client, plan, out, numbers, place, told, n_mine - len(numbers), on_wait)
    else:
        count_blocks(model, plan, out, numbers, told, n_mine - len(numbers))
    n_open = len(find_open_blocks(out, plan))
    if n_open:
        tell(
            f"{n_open} of {plan.n_blocks} blocks are left to other shards; survey merge brings them together"
        )
        return 0
    return _write(out, plan, quiet=quiet)


def _merge(folders: list[Path], out: Path, *, quiet: bool) -> int:
    from ..survey.running import merge_folders

    return _write(out, merge_folders(folders, out), quiet=quiet)


def _convert(files: list[Path], out: Path, structures: Path) -> int:
    from ..proteins.converting import convert_sets

    if out.suffix != ".jsonl":
        raise InputError(f"--out {out}", "A file that ends in .jsonl is needed", "For example: -o set.jsonl")
    is_replaced = has_file(out)
    n_records, left_out = convert_sets(files, out, structures)
    for one in left_out:
        tell(f"{one.name} was left out: {one.reason}")
    tell(f"{n_records} records {describe_written(out, is_replaced=is_replaced)}; {len(left_out)} left out")
    return 0 if n_records else 1


def _report(out: Path) -> int:
    """Draw the pictures of a survey and write its page."""
    from ..checkpoints.catalogue import describe_status_note
    from ..survey.reading import SurveyFolder
    from ..survey.report import write_report

    try:
        note = describe_status_note(find_model(SurveyFolder(out).model))
    except (CheckpointError, UnknownModelError):  # the model need not be here any more
        note = ""
    tell(f"report written to {write_report(out, note)}")
    return 0


def _rank(out: Path, asked: argparse.Namespace, settings: Settings) -> int:
    """Rank heads on half of the proteins of a survey and write ``heads.json``."""
    from ..attention.head_files import write_head_file
    from ..checkpoints.files import fingerprint
    from ..models import load_model
    from ..survey.head_sets import make_head_sets
    from ..survey.plan import Plan
    from ..survey.results import Results

    read: SurveyOptions = read_asked(COMMAND, asked, COMMAND.all, settings)
    if Plan.load(out).protocol.measure != "attention":
        raise InputError(
            f"{out} has a survey of relevance",
            "Sets of heads are made of attention",
            "Count attention into another folder first: leave --measure out",
        )
    results = Results.load(out)
    entry = find_model(asked.model or str(results.plan.model["name"]))
    if fingerprint(entry.folder) != results.plan.model["fingerprint"]:
        raise InputError(
            f"{entry.name} in {entry.folder} is not the model of the survey in {out}",
            f"{results.plan.model['name']} with the same files is needed",
            "Name its folder: --model FOLDER",
        )
    model = load_model(entry.folder, read.device, read.dtype, entry.name)
    step = str if asked.quiet else Steps()
    file = make_head_sets(model, results, step)
    path = write_head_file(out / "heads.json", file)
    if not asked.quiet:
        show(f"{name}: {_short(one)}, {one.note}" for name, one in file.sets.items())
        tell(f"heads written to {path}")
    return 0


def _short(heads: HeadSet) -> str:
    return "+".join(head.label for head in heads.heads)


def _write(out: Path, plan: Plan, *, quiet: bool) -> int:
    """Write the tables of a folder in which all blocks are."""
    if plan.protocol.measure == "relevance":
        from ..survey.relevance_summary import RelevanceResults
        from ..survey.relevance_tables import describe_relevance_survey as describe
        from ..survey.relevance_tables import write_relevance_tables

        about = write_relevance_tables(RelevanceResults.load(out, plan), out)
        more = ""
    else:
        from ..survey.results import Results
        from ..survey.tables import write_tables

        about, describe = write_tables(Results.load(out, plan), out), _describe
        more = f"; sets of heads: provis survey heads -o {out}"
    for name, why in about["unknown"].items():
        tell(f"{name} is known of no protein: {why}")
    if not quiet:
        show(describe(about))
        tell(f"tables written to {out}")
        tell(f"figures and a page: provis survey report -o {out}{more}")
    return 0


def _choose_protocol(asked: SurveyOptions) -> Protocol:
    from ..proteins.features import split_features
    from ..survey.protocol import find_protocol

    names = (
        "min_attn",
        "max_tokens",
        "max_residues",
        "min_arcs",
        "n_shifts",
        "batch_tokens",
        "block",
        "steps",
    )
    changes = {name: value for name in (*names, "steps") if (value := getattr(asked, name)) is not None}
    if asked.denominator:
        changes["denominator"] = asked.denominator
    if asked.features:
        changes["features"] = split_features(asked.features)
    options = {name: str(value) for name, value in asked.given.items()}
    about = {"target": asked.target, "baseline": asked.baseline, "of": asked.of}
    return find_protocol(asked.protocol, asked.measure, options=options, **about, **changes)


def _read_shard(text: str) -> tuple[int, int]:
    if not text:
        return 1, 1
    match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if match is None:
        raise InputError(f"«shard={text}»", "A shard i/N, counted from 1, is needed", "Try «shard=1/4»")
    return int(match[1]), int(match[2])


class _Teller:
    """Says now and then how far a run is."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _SECONDS

    def __call__(self, progress: SurveyProgress) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _SECONDS
        rate = progress.residues / max(progress.seconds, 1e-9)
        left = f", {_in_words(progress.seconds_left)} left" if progress.seconds_left >= 0 else ""
        tell(
            f"{progress.blocks} of {progress.all_blocks} blocks, {progress.proteins} proteins, "
            f"{rate:,.0f} residues/s{left}"
        )


def _in_words(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )


def _describe(about: Mapping[str, Any]) -> list[str]:
    """The best head of each feature; of amino acids those alone that survive."""
    lines = [
        f"{about['proteins']} proteins ({about['distinct']} clusters), {about['left_out']} left out, "
        f"{about['model']['name']}: {about['n_layers']} layers with {about['n_heads']} heads"
    ]
    for name, one in about["features"].items():
        if name.startswith("aa_"):
            continue
        if one["best_share"] is None:
            lines.append(f"{name}: no arcs in {one['proteins']} proteins")
            continue
        lines.append(
            f"{name}: {one['survive']} of {one['tested']} tested heads survive, {one['proteins']} proteins; "
            f"best {one['best']}: {one['best_share']:.3f}, background {one['background']:.3f}"
        )
    if "amino_acids" in about and about["amino_acids"]["pearson"] is not None:
        lines.append(f"amino acids: correlation with BLOSUM62 {about['amino_acids']['pearson']:.2f}")
    return lines
