"""``provis probe``: what linear classifiers read of the layers of a model."""

from __future__ import annotations

import argparse
import importlib.util
import shlex
import sys
from dataclasses import dataclass
from typing import Any, Final

from ..checkpoints.registry import find_model
from ..commands.declaration import Command, option
from ..errors import InstallError
from ..exports.tables import Table, format_table
from ..proteins.clusters import choose_clusters
from ..proteins.relatives import IDENTITY
from ..session.settings import Settings
from ..system.given_files import find_path
from ..targets.scope import model_option
from .arguments import add_options, read_asked
from .console import Steps, show, tell

__all__ = ["add_commands"]


@dataclass(frozen=True)
class ProbeOptions:
    """What is asked of a probe."""

    task: str = option("contact", "what is to be told", values=("ss", "binding_site", "contact"))
    model: str = model_option(setting="model")
    test_share: float = option(0.3, "share of the proteins for the test, where none are given")
    clusters: str = option(
        str(IDENTITY),
        "identity that makes a cluster, or a table of cluster and protein: none is on both sides",
        kind="file",
    )
    max_residues: int = option(0, "leave out longer proteins", shown="none")
    max_samples: int = option(50000, "residues or pairs that a probe is fitted on at most")
    c: float = option(1.0, "inverse strength of the L2 penalty, scikit-learn's C")
    l1: float = option(0.15, "strength of the L1 penalty of the regression on all heads")
    l1_proteins: int = option(20, "proteins of that regression")
    seed: int = option(0, "of the split and of the sample")
    device: str = option("auto", "auto, cpu, cuda, cuda:1 or mps")


COMMAND: Final = Command(
    name="probe",
    summary="what linear classifiers read of the layers of a model",
    options=ProbeOptions,
    run=lambda *_: None,
)


def add_commands(commands: Any) -> None:
    """Add this command to the subparsers of the program."""
    parser = commands.add_parser("probe", help="what linear classifiers read of the layers of a model")
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="structures, FASTA, JSON lines, Parquet, or folders with them",
    )
    parser.add_argument("--test", nargs="+", default=[], metavar="INPUT", help="proteins for the test")
    parser.add_argument(
        "-o", "--out", required=True, metavar="DIR", help="where tables and figure are written"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no summary")
    add_options(parser, COMMAND.all.values())
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace, settings: Settings) -> int:
    _check_libraries()
    from ..models import load_model
    from ..probing.figure import save_probe_figure
    from ..probing.questions import find_question
    from ..probing.running import make_probe_table, probe, read_split, write_probe
    from ..probing.training import FitOptions

    read: ProbeOptions = read_asked(COMMAND, asked, COMMAND.all, settings)
    out, question = find_path(asked.out, "--out"), find_question(read.task)
    clusters, identity = choose_clusters(read.clusters)
    entry = find_model(read.model)
    model = load_model(entry.folder, read.device, name=entry.name)
    step = str if asked.quiet else Steps()
    split = read_split(
        model,
        question,
        asked.inputs,
        asked.test,
        clusters=clusters,
        identity=identity,
        test_share=read.test_share,
        max_residues=read.max_residues,
        seed=read.seed,
    )
    if not asked.quiet:
        tell(f"{len(split.train)} proteins for the training, {len(split.test)} for the test, {split.how}")
        for one in split.left_out[:5]:
            tell(f"left out: {one.name}: {one.reason}")
        if len(split.left_out) > 5:
            tell(f"and {len(split.left_out) - 5} more, which probe.json names")
    options = FitOptions(read.c, read.l1, read.l1_proteins, read.max_samples, read.seed)
    result = probe(model, question, split, options, step)
    result.about["command"] = shlex.join(["provis", *sys.argv[1:]])
    written = write_probe(out, model, result)
    written.append(save_probe_figure(out / "layers.svg", result))
    if not asked.quiet:
        table = make_probe_table(result)
        show(format_table(Table(table.columns, _best(table.rows), shown=table.columns[1:])))
        tell(f"written: {', '.join(map(str, written))}")
    return 0


def _best(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Of each source and metric the best layer, rounded."""
    best: dict[tuple[Any, Any], tuple[Any, ...]] = {}
    for row in rows:
        key = (row[1], row[3])
        if key not in best or row[4] > best[key][4]:
            best[key] = row
    return [tuple(round(one, 3) if isinstance(one, float) else one for one in row) for row in best.values()]


def _check_libraries() -> None:
    if importlib.util.find_spec("provis_core.probing") is None:
        raise InstallError(
            "This copy of ProVis came with the plugin and has no probes",
            "The package is needed",
            "Install it: pip install provis-attn[survey,worker,program]",
        )
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise InstallError(
            "scikit-learn is not installed",
            "Probes are fitted by it",
            'Install it beside torch: pip install "provis-attn[survey]"',
        ) from error
