"""Residues from a table of the user: CSV or TSV, with a number per residue or as a plain list."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...commands.declaration import Option
from ...errors import InputError
from ...structures.chain import Chain, ResidueId
from ...structures.components import one_letter
from ...structures.subject import Subject
from ...system.given_files import find_path, load_text
from ..annotation import Annotation, Annotator

__all__ = ["ANNOTATOR", "compute_table", "load_table"]

_RESIDUE_COLUMNS: Final = ("resi", "residue", "resid", "residue_number", "residue_id", "number", "position")
_CHAIN_COLUMNS: Final = ("chain", "chain_id", "auth_asym_id")
_NAME_COLUMNS: Final = ("resn", "residue_name", "name", "aa", "amino_acid")
_LARGEST: Final = 16 * 10**6  # bytes
_RESIDUE: Final = re.compile(r"(-?\d+)\s*([A-Za-z]?)")
_EMPTY: Final = frozenset({"", "na", "n/a", "nan", "none", "?", "-"})


@dataclass(frozen=True)
class TableRow:
    """One line of a table.

    Attributes
    ----------
    line : int
        1-based line of the file.
    chain_id : str or None
        None where the table has no such column.
    number : int
    insertion_code : str
    residue_name : str
        Empty where the table has no such column.
    value : float or None
        NaN where it is empty; None where the table is a plain list.
    """

    line: int
    chain_id: str | None
    number: int
    insertion_code: str
    residue_name: str
    value: float | None


def load_table(path: str | Path, column: str = "") -> tuple[tuple[TableRow, ...], str]:
    """Read a table of residues.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV or TSV; the separator (tab, comma, semicolon) is found in the first line. That line names the
        columns: ``resi`` (or residue, number, position: ``52A`` with insertion code), and where wanted
        ``chain``, ``resn``, and columns of numbers. Without such a line the first column is the residue, the
        second, if there is one, the number. Lines that begin with # are comments.
    column : str
        The column of numbers to use; by default ``value``, or the only one there is. Without one the table
        is a plain list.

    Returns
    -------
    rows : tuple of TableRow
    column : str
        The column that was used; empty for a plain list.

    Raises
    ------
    InputError
        If the file cannot be read, has no such column, or something that is no residue or no number, with
        the line.
    """
    path = find_path(path, "«file=»")
    text = load_text(path, "A CSV or TSV file is needed", largest=_LARGEST)
    lines = [
        (k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")
    ]
    if not lines:
        raise InputError(f"{path} is empty", "A table with one residue per line is needed", "Fill it")
    first = lines[0][1]
    separator = next((mark for mark in "\t,;" if mark in first), ",")
    cells = [(k, [cell.strip() for cell in row]) for k, row in _split(lines, separator)]
    if _RESIDUE.fullmatch(cells[0][1][0]):
        header = ["resi", "value"][: len(cells[0][1])]
    else:
        header = [name.lower() for name in cells.pop(0)[1]]
    residue, chain, name = (
        _find(header, names) for names in (_RESIDUE_COLUMNS, _CHAIN_COLUMNS, _NAME_COLUMNS)
    )
    if residue is None:
        raise InputError(
            f"{path.name} has the columns {', '.join(header)}",
            f"One of them must be the residue: {', '.join(_RESIDUE_COLUMNS)}",
            "Name the columns in the first line",
        )
    used = _value_column(path.name, header, {residue, chain, name}, column)
    rows = []
    for k, row in cells:
        filled = row + [""] * (len(header) - len(row))
        match = _RESIDUE.fullmatch(filled[residue])
        if match is None:
            raise InputError(
                f"{path.name}, line {k}: {filled[residue]!r} is no residue",
                "A residue number, with its insertion code if it has one, is needed (52 or 52A)",
                "Correct the line",
            )
        rows.append(
            TableRow(
                line=k,
                chain_id=None if chain is None else filled[chain],
                number=int(match.group(1)),
                insertion_code=match.group(2),
                residue_name="" if name is None else filled[name].upper(),
                value=None if used is None else _value(filled[used], path.name, k, header[used]),
            )
        )
    return tuple(rows), "" if used is None else header[used]


def _split(lines: list[tuple[int, str]], separator: str) -> list[tuple[int, list[str]]]:
    return list(
        zip(
            [k for k, _ in lines],
            csv.reader([line for _, line in lines], delimiter=separator, skipinitialspace=True),
            strict=False,
        )
    )


def _find(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _value_column(file: str, header: list[str], taken: set[int | None], column: str) -> int | None:
    rest = [k for k in range(len(header)) if k not in taken]
    wanted = column.strip().lower()
    if wanted in header:
        return header.index(wanted)
    if not wanted and "value" in header:
        return header.index("value")
    if not wanted and len(rest) <= 1:
        return rest[0] if rest else None
    shown = ", ".join(header[k] for k in rest) or "none"
    raise InputError(
        f"{file} has no column {wanted}" if wanted else f"{file} has several columns of values",
        f"One of its columns is needed: {shown}",
        "Give «column=» with its name",
    )


def _value(text: str, file: str, line: int, column: str) -> float:
    if text.lower() in _EMPTY:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"{file}, line {line}: {text!r} in the column {column} is no number",
            "A number, or nothing where it is not known, is needed",
            "Correct the line",
        ) from None


def compute_table(
    chain: Chain, rows: tuple[TableRow, ...], *, name: str = "table", source: str, column: str = ""
) -> Annotation:
    """Put the rows of a table on the residues of a chain.

    Parameters
    ----------
    chain : Chain
    rows : tuple of TableRow
        See `load_table`. Rows of other chains are left out; without a column of chains all are of this one.
    name, source : str
        As in `Annotation`.
    column : str
        Name of the column of numbers, for the user.

    Returns
    -------
    Annotation
        Numbers, where residues that the table does not name are invalid, or membership.

    Raises
    ------
    InputError
        If residues are not in the chain, are named twice with different numbers, or have another name there;
        they are listed.
    """
    place = {residue: index for index, residue in enumerate(chain.residue_ids)}
    values = np.full(chain.n_residues, np.nan, dtype=np.float64)
    is_member = np.zeros(chain.n_residues, dtype=np.bool_)
    unknown, other_name, twice = [], [], []
    ours = [row for row in rows if row.chain_id is None or row.chain_id == chain.chain_id]
    for row in ours:
        index = place.get(ResidueId(chain.chain_id, row.number, row.insertion_code.upper()))
        if index is None and row.insertion_code:
            index = place.get(ResidueId(chain.chain_id, row.number, row.insertion_code))
        label = f"{row.residue_name}{row.number}{row.insertion_code} (line {row.line})"
        if index is None:
            unknown.append(label)
            continue
        if row.residue_name and not _same_name(row.residue_name, chain.residue_names[index]):
            other_name.append(f"{label} is {chain.residue_names[index]}")
        value = float("nan") if row.value is None else row.value
        if is_member[index] and not np.array_equal(values[index], value, equal_nan=True):
            twice.append(label)
        values[index], is_member[index] = value, True
    for found, what, need in (
        (unknown, "are not in", "Residues of this chain, as the viewer numbers them, are needed"),
        (other_name, "have another name in", "A table for this structure is needed"),
        (twice, "have two different numbers for", "One number per residue is needed"),
    ):
        if found:
            shown = ", ".join(found[:10]) + (f" and {len(found) - 10} more" if len(found) > 10 else "")
            raise InputError(f"{source}: {shown} {what} {chain.label}", need, "Correct or remove these lines")
    if not ours:
        chains = sorted({row.chain_id or "no id" for row in rows})
        raise InputError(
            f"{source} has nothing about {chain.label}, only about chain {', '.join(chains)}",
            "At least one residue of the chain is needed",
            "Choose another chain, or correct the column chain",
        )
    n_others = len(rows) - len(ours)
    notes = [f"{n_others} lines are about other chains"] if n_others else []
    if all(row.value is None for row in ours):
        valid = np.ones(chain.n_residues, dtype=np.bool_)
        return Annotation(
            name, "residue", is_member, valid, source, "residues that the table lists", tuple(notes)
        )
    valid = np.isfinite(values)
    if not valid.all():
        notes.append(f"{np.count_nonzero(~valid)} of {chain.n_residues} residues have no value: unknown")
    return Annotation(name, "residue", values, valid, source, f"column {column or 'value'}", tuple(notes))


def _same_name(given: str, actual: str) -> bool:
    return given == actual.upper() or (len(given) == 1 and given in {one_letter(actual), "X"})


def _annotate(subject: Subject, **options: Any) -> tuple[Annotation, ...]:
    options = {**ANNOTATOR.defaults, **options}
    if not options["file"]:
        raise InputError("No table is named", "A CSV or TSV file with residues is needed", "Give «file=»")
    rows, column = load_table(options["file"], options["column"])
    source = Path(options["file"]).name
    return (compute_table(subject.chain, rows, source=source, column=column),)


ANNOTATOR: Final = Annotator(
    name="table",
    summary="residues, or one number per residue, from a CSV or TSV file",
    compute=_annotate,
    options=(
        Option("file", "", "a table, CSV or TSV", "file"),
        Option("column", "", "its column", shown="the only one"),
    ),
)
