"""A whole probe: proteins read and split, probes fitted and tested, all of it written into a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..attention.head_files import HeadFile, write_head_file
from ..attention.head_id import HeadSet
from ..errors import InputError, ProvisError
from ..exports.saving import save_table
from ..exports.tables import Table
from ..proteins.protein import BadItem, Protein
from ..proteins.reading import read_proteins
from ..proteins.relatives import IDENTITY, cluster_sequences, split_clusters
from .published import SOURCE, find_published
from .questions import Labels, Question
from .testing import Row, choose_heads, evaluate
from .training import ALL_HEADS, FitOptions, Item, train

if TYPE_CHECKING:
    from ..models.base import Model

__all__ = ["COLUMNS", "Probing", "Split", "make_probe_table", "probe", "read_split", "write_probe"]

COLUMNS = ("task", "source", "layer", "metric", "value", "low", "high", "n_proteins", "tape_bert")


@dataclass(frozen=True, eq=False)
class Split:
    """Proteins with their labels.

    Attributes
    ----------
    train, test : tuple of (Protein, Labels)
    clusters : tuple of str
        Of the test proteins.
    left_out : tuple of BadItem
        What could not be used, and why.
    how : str
        In words, how they were split.
    """

    train: tuple[Item, ...]
    test: tuple[Item, ...]
    clusters: tuple[str, ...]
    left_out: tuple[BadItem, ...]
    how: str


@dataclass(frozen=True, eq=False)
class Probing:
    """What came of it.

    Attributes
    ----------
    question : Question
    rows : list of Row
    heads : HeadSet or None
        Of the regression on all heads, for contacts.
    about : dict
        Of plain values: how it was made.
    """

    question: Question
    rows: list[Row]
    heads: HeadSet | None = None
    about: dict[str, Any] = field(default_factory=dict)


def read_split(
    model: Model,
    question: Question,
    inputs: Sequence[str | Path],
    test: Sequence[str | Path] = (),
    *,
    clusters: Mapping[str, str] | None = None,
    identity: float = IDENTITY,
    test_share: float = 0.3,
    max_residues: int = 0,
    seed: int = 0,
) -> Split:
    """Read proteins, and part those for the test from those for the training.

    Parameters
    ----------
    model : Model
        What it cannot read is left out.
    question : Question
    inputs : sequence of path
    test : sequence of path
        Proteins for the test; without them clusters of the inputs are.
    clusters : mapping of str to str, optional
        Cluster by the name of the protein; made of the sequences where none is given.
    identity : float
        From which on sequences are relatives, where clusters are made.
    test_share : float
        Of the proteins, where no `test` is given.
    max_residues : int
        Longer proteins are left out; 0 for none.
    seed : int

    Raises
    ------
    InputError
        If there are not enough proteins of which the truth is known.
    """
    left_out: list[BadItem] = []

    def read(paths: Sequence[str | Path]) -> list[Item]:
        items: list[Item] = []
        for one in read_proteins(paths):
            found = _prepare(model, question, one, max_residues)
            if isinstance(found, BadItem):
                left_out.append(found)
            else:
                items.append(found)
        return items

    items, tested = read(inputs), read(test) if test else []
    proteins = [protein for protein, _ in (*items, *tested)]
    made = cluster_sequences([protein.sequence for protein in proteins], identity)
    named = [
        (clusters or {}).get(one.name) or f"#{number}" for one, number in zip(proteins, made, strict=True)
    ]
    if test:
        mine, theirs = named[: len(items)], named[len(items) :]
        shared = {one for one in theirs if one in mine}
        how = (
            f"as given; {sum(one in shared for one in theirs)} test proteins have a relative in the training"
        )
    else:
        chosen = split_clusters(named, test_share, seed) if items else np.zeros(0, dtype=bool)
        tested = [item for item, is_test in zip(items, chosen, strict=True) if is_test]
        theirs = [one for one, is_test in zip(named, chosen, strict=True) if is_test]
        items = [item for item, is_test in zip(items, chosen, strict=True) if not is_test]
        made_how = (
            "the file"
            if clusters
            else f"at least {identity:.0%} identity"
            if identity < 1
            else "one sequence"
        )
        how = f"by clusters of {made_how}, none on both sides"
    if len(items) < 2 or not tested:
        reasons = "; ".join(f"{one.name}: {one.reason}" for one in left_out[:3])
        raise InputError(
            f"{len(items)} proteins are left for the training and {len(tested)} for the test"
            + (f" ({len(left_out)} left out, the first: {reasons})" if left_out else ""),
            "At least two and one, of several clusters, of which the truth is known, are needed",
            "Give more proteins, or another task",
        )
    return Split(tuple(items), tuple(tested), tuple(theirs), tuple(left_out), how)


def _prepare(model: Model, question: Question, one: Protein | BadItem, max_residues: int) -> Item | BadItem:
    if isinstance(one, BadItem):
        return one
    if 0 < max_residues < one.n_positions:
        return BadItem(one.name, one.source, f"it has {one.n_positions} residues, more than {max_residues}")
    try:
        model.check(one.sequence)
        labels = Labels.find(question, one)
    except ProvisError as error:
        return BadItem(one.name, one.source, str(error))
    return BadItem(one.name, one.source, labels) if isinstance(labels, str) else (one, labels)


def probe(
    model: Model,
    question: Question,
    split: Split,
    options: FitOptions | None = None,
    on_step: Callable[[str], object] = str,
) -> Probing:
    """Fit and test the probes of a task.

    Parameters
    ----------
    model : Model
    question : Question
    split : Split
    options : FitOptions, optional
    on_step : callable
        Called with what is done next, in words.

    Raises
    ------
    InputError
        If the training proteins are all of one class.
    """
    options = options or FitOptions()
    values, counts = np.unique(
        np.concatenate([labels.values for _, labels in split.train]), return_counts=True
    )
    if len(values) < 2:
        raise InputError(
            "All residues or pairs of the training proteins are of one class",
            "At least two classes are needed",
            "Give more proteins",
        )
    probes = train(model, question, split.train, options, on_step)
    majority = int(values[counts.argmax()])
    rows = evaluate(model, question, split.test, split.clusters, probes, majority, on_step)
    heads = choose_heads(probes[ALL_HEADS], model.n_heads) if question.kind == "pairs" else None
    about: dict[str, Any] = {
        "program": f"provis {__version__}",
        "model": model.name,
        "task": question.name,
        "fit": asdict(options),
        "split": split.how,
        "train": [protein.name for protein, _ in split.train],
        "test": [protein.name for protein, _ in split.test],
        "left_out": [[one.name, one.source, one.reason] for one in split.left_out],
        "tape_bert": SOURCE,
    }
    if question.kind == "pairs":
        weights = probes[ALL_HEADS].weights[0]
        about["all_heads"] = {
            "positive": int((weights > 0).sum()),
            "negative": int((weights < 0).sum()),
            "zero": int((weights == 0).sum()),
            "proteins": min(options.l1_proteins, len(split.train)),
        }
    return Probing(question, rows, heads, about)


def make_probe_table(result: Probing) -> Table:
    """Return the numbers as a table: one row for each source, layer and metric."""
    rows = []
    for row in result.rows:
        known = find_published(row.source, row.metric)
        one = row.measure
        ends = [None if np.isnan(end) else end for end in (one.low, one.high)]
        published = known.get(row.layer) if row.layer is not None else None
        place = (result.question.name, row.source, row.layer, row.metric)
        rows.append((*place, one.value, *ends, one.n_proteins, published))
    return Table(COLUMNS, rows, result.about)


def write_probe(folder: Path, model: Model, result: Probing) -> list[Path]:
    """Write ``probe.csv``, ``probe.json`` and, for contacts, ``heads.json``; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    table = make_probe_table(result)
    written = [save_table(folder / f"probe{suffix}", table) for suffix in (".csv", ".json")]
    if result.heads is not None:
        own = next(row.measure for row in result.rows if row.source == "head_set")
        note = f"{result.question.metrics[0].replace('_', ' ')} {own.value:.3f}"
        if not np.isnan(own.low):
            note += f" ({own.low:.3f} to {own.high:.3f})"
        n_fitted = result.about["all_heads"]["proteins"]
        named = HeadSet(
            result.heads.heads,
            result.heads.weights,
            name="contact",
            note=f"{note} on {own.n_proteins} other proteins",
            numbers={result.question.metrics[0]: own.value},
            source=f"L1 regression on {n_fitted} proteins, positive weights ({result.about['program']})",
        )
        about = {key: value for key, value in result.about.items() if not isinstance(value, list)}
        file = HeadFile(model.name, model.n_layers, model.n_heads, {"contact": named}, about)
        written.append(write_head_file(folder / "heads.json", file))
    return written
