"""Tables of an mmCIF file, by the CIF parser of the Python that runs us.

That is gemmi's in the program and in the worker. The viewer's Python has none but the viewer's own: PyMOL's
is ``chempy.cif``, which needs ten times as long for the atoms, so that they are left out there where nobody
asks for them; ChimeraX's reads files, and is told which tables.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from ...errors import InstallError, StructureError

__all__ = ["CifBlock", "read_cif"]

_CATEGORY: Final = re.compile(r"^[ \t]*(_[A-Za-z][\w\[\]-]*)\.", re.MULTILINE)
_ATOM_LINES: Final = re.compile(r"^(?:ATOM|HETATM)[ \t][^\n]*\n?", re.MULTILINE)


class CifBlock(Protocol):
    """One data block."""

    @property
    def name(self) -> str:
        """What follows ``data_``."""
        ...

    def columns(self, category: str, items: Iterable[str]) -> dict[str, list[str]]:
        """Some columns of a table; empty where the block has no such table.

        Parameters
        ----------
        category : str
            Like ``"_atom_site"``; upper and lower case are the same here and in `items`.
        items : iterable of str
            Like ``"Cartn_x"``.

        Returns
        -------
        dict of str to list of str
            The items that the table has, by the names that were given; ``?`` and ``.`` are empty strings.

        Raises
        ------
        StructureError
            If the table is damaged.
        """
        ...


def read_cif(text: str, source: str, *, atoms: bool = True) -> list[CifBlock]:
    """Parse a CIF file.

    Parameters
    ----------
    text : str
    source : str
        What to call the file in an error.
    atoms : bool
        Whether the rows of ``_atom_site`` are wanted.

    Returns
    -------
    list of CifBlock
        In the order of the file.

    Raises
    ------
    StructureError
        If it is no CIF, or ends in the middle of a table.
    InstallError
        If there is no parser.
    """
    try:
        if importlib.util.find_spec("gemmi") is not None:
            return _read_by_gemmi(text, source)
        if importlib.util.find_spec("chempy") is not None:
            return _read_by_chempy(text if atoms else _ATOM_LINES.sub("", text))
        if importlib.util.find_spec("chimerax") is not None:
            return _read_by_chimerax(text if atoms else _ATOM_LINES.sub("", text))
    except (ValueError, RuntimeError, StopIteration, AttributeError, IndexError) as error:
        raise _damaged(str(error), source) from error
    raise InstallError(
        f"{source} is an mmCIF file, and this Python has no parser for it",
        "gemmi is needed",
        "Install it (pip install gemmi), or give a PDB file",
    )


def _damaged(reason: str, source: str) -> StructureError:
    reason = (reason.removeprefix("string:") or "it ends too early").splitlines()[0][:120]
    return StructureError(
        f"{source} is not an mmCIF file that can be read ({reason})",
        "A complete mmCIF file is needed",
        "Download the file again",
    )


def _read_by_gemmi(text: str, source: str) -> list[CifBlock]:
    parser = importlib.import_module("gemmi").cif
    # a name that stands twice is no reason to refuse a file: the first counts
    return [_GemmiBlock(block, parser.as_string, source) for block in parser.read_string(text, check_level=0)]


class _GemmiBlock:
    def __init__(self, block: Any, as_string: Any, source: str) -> None:
        self._block, self._as_string, self._source = block, as_string, source
        self.name: str = block.name

    def columns(self, category: str, items: Iterable[str]) -> dict[str, list[str]]:
        try:
            table = self._block.find_mmcif_category(f"{category}.")
        except RuntimeError as error:  # a loop with items of two tables
            raise _damaged(str(error), self._source) from error
        places: dict[str, int] = {}
        for place, tag in enumerate(table.tags):
            places.setdefault(tag.lower(), place)
        found = {}
        for item in items:
            tag = f"{category}.{item}".lower()
            if tag in places:
                found[item] = _clean(list(table.column(places[tag])), self._as_string)
        return found


def _clean(values: list[str], as_string: Any) -> list[str]:
    words = {value: as_string(value) for value in set(values)}
    return [words[value] for value in values]


def _read_by_chempy(text: str) -> list[CifBlock]:
    parser = importlib.import_module("chempy.cif")
    blocks: list[CifBlock] = []
    for data in parser.parse_cif(text):
        tables: list[tuple[Mapping[str, int], Sequence[Sequence[str]]]] = [
            (loop.keys, loop.rows) for loop in data.loops
        ]
        tables.append(
            ({key: place for place, key in enumerate(data.key_value)}, [[*data.key_value.values()]])
        )
        if any(len(rows[-1]) != len(keys) for keys, rows in tables if rows):
            raise ValueError("a table ends in the middle of a row")
        blocks.append(_ChempyBlock(data.name, tables, parser.unquote))
    if not blocks:
        raise ValueError("there is no data block")
    return blocks


class _ChempyBlock:
    def __init__(
        self, name: str, tables: list[tuple[Mapping[str, int], Sequence[Sequence[str]]]], unquote: Any
    ) -> None:
        self.name, self._tables, self._unquote = name, tables, unquote

    def columns(self, category: str, items: Iterable[str]) -> dict[str, list[str]]:
        found = {}
        for item in items:
            # chempy joins the two so; of the tables that we read none are then alike
            key = f"{category}_{item}".lower()
            for keys, rows in self._tables:
                if key in keys and item not in found:
                    found[item] = _clean([row[keys[key]] for row in rows], self._text)
        return found

    def _text(self, value: str) -> str:
        return "" if value in ("?", ".") else str(self._unquote(value))


def _read_by_chimerax(text: str) -> list[CifBlock]:
    parser = importlib.import_module("chimerax.mmcif")
    trouble = importlib.import_module("chimerax.mmcif._mmcif").error
    names = sorted({name.lower() for name in _CATEGORY.findall(text)})
    with tempfile.TemporaryDirectory(prefix="provis-") as folder:
        path = Path(folder) / "read.cif"
        path.write_text(text, encoding="utf-8")
        try:
            tables = parser.get_cif_tables(str(path), [name[1:] for name in names], all_data_blocks=True)
        except trouble as error:
            raise ValueError(str(error)) from error
    return [
        _ChimeraxBlock(name, dict(zip(names, found, strict=True))) for name, found in dict(tables).items()
    ]


class _ChimeraxBlock:
    def __init__(self, name: str, tables: Mapping[str, Any]) -> None:
        self.name, self._tables = name, tables

    def columns(self, category: str, items: Iterable[str]) -> dict[str, list[str]]:
        table = self._tables.get(category.lower())
        there = [item for item in items if table is not None and table.has_field(item)]
        rows = table.fields(there) if table is not None and there else []
        columns = zip(*rows, strict=True)
        found = {item: list(column) for item, column in zip(there, columns, strict=False)}
        return {item: ["" if one in ("?", ".") else one for one in column] for item, column in found.items()}
