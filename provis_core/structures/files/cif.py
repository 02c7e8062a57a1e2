"""Tables of a CIF file, such as mmCIF, with the standard library alone.

The syntax is that of Hall, Allen & Brown, Acta Cryst. A47 (1991) 655: tags, ``loop_``, quoted values and
text fields between semicolons.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from ...errors import StructureError

__all__ = ["CifTable", "parse_cif"]

CifTable = dict[str, list[str]]
"""Column name (the part after the dot) to values; ``?`` and ``.`` are empty strings."""

_UNKNOWN: Final = ("?", ".")

_TOKEN: Final = re.compile(
    r"""
    ^;(?P<text>.*?)\n;(?=\s|\Z)              # text field: semicolons at the start of a line
    | ^(?P<rows>(?:(?:ATOM|HETATM)[ ][^'"\#;_\n]*\n)+)   # atoms, nine tenths of a file: bare values alone
    | '(?P<single>(?:[^'\n]|'(?=\S))*)'(?=\s|\Z)
    | "(?P<double>(?:[^"\n]|"(?=\S))*)"(?=\s|\Z)
    | (?P<comment>\#[^\n]*)
    | (?P<bare>\S+)
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


def parse_cif(text: str, categories: Collection[str]) -> dict[str, CifTable]:
    """Read some categories of the first data block.

    Parameters
    ----------
    text : str
        The file.
    categories : collection of str
        Like ``"_atom_site"``, in lower case; those that the file does not have are left out of the result.

    Returns
    -------
    dict of str to CifTable
        All columns of a category have the same length.

    Raises
    ------
    StructureError
        If the file is no CIF, or a table ends in the middle of a row.
    """
    tables: dict[str, CifTable] = {}
    tokens = _tokens(text)
    kind, value = next(tokens, ("", ""))
    n_blocks = 0
    while kind:
        lowered = value.lower() if kind == "bare" else ""
        if lowered.startswith("data_"):
            n_blocks += 1
            if n_blocks > 1:
                break
            kind, value = next(tokens, ("", ""))
        elif lowered == "loop_":
            tags, kind, value = _read_tags(tokens)
            category = tags[0].split(".")[0].lower() if tags else ""
            values: list[str] = []
            while kind and not (kind == "bare" and _is_keyword(value)):
                if category in categories:
                    values += _as_values(kind, value)
                kind, value = next(tokens, ("", ""))
            _add_loop(tables, tags, values, categories)
        elif lowered.startswith("_"):
            _add_loop(tables, [value], _read_item(value, tokens), categories)
            kind, value = next(tokens, ("", ""))
        elif n_blocks == 0:
            raise _damaged(f"The file begins with {value[:30]!r}")
        else:
            raise _damaged(f"There is {value[:30]!r} where a tag or loop_ should be")
    return tables


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text.replace("\r\n", "\n")):
        kind = match.lastgroup or ""
        if kind == "text":  # lines of old files are filled with blanks
            yield kind, "\n".join(line.rstrip() for line in match.group(kind).split("\n"))
        elif kind != "comment":
            yield kind, match.group(kind)


def _read_tags(tokens: Iterator[tuple[str, str]]) -> tuple[list[str], str, str]:
    tags: list[str] = []
    for kind, value in tokens:
        if kind != "bare" or not value.startswith("_"):
            return tags, kind, value
        tags.append(value)
    return tags, "", ""


def _read_item(tag: str, tokens: Iterator[tuple[str, str]]) -> list[str]:
    kind, value = next(tokens, ("", ""))
    values = [] if not kind or (kind == "bare" and _is_keyword(value)) else _as_values(kind, value)
    if len(values) != 1:
        raise _damaged(f"The item {tag} has {len(values) or 'no'} value{'s' if values else ''}")
    return values


def _is_keyword(value: str) -> bool:
    if value[0] not in "_LlDdSsGg":
        return False
    lowered = value.lower()
    return value[0] == "_" or lowered.startswith("data_") or lowered in {"loop_", "stop_", "global_"}


def _as_values(kind: str, value: str) -> list[str]:
    """The values of a token, of which rows of atoms have many."""
    if kind in ("bare", "rows"):
        return ["" if text in _UNKNOWN else text for text in value.split()]
    return [value]


def _add_loop(
    tables: dict[str, CifTable], tags: list[str], values: list[str], categories: Collection[str]
) -> None:
    category = tags[0].split(".")[0].lower() if tags else ""
    if category not in categories:
        return
    if len(values) % len(tags):
        raise _damaged(f"The table {category} has {len(values)} values for {len(tags)} columns")
    table = tables.setdefault(category, {})
    for column, tag in enumerate(tags):
        table.setdefault(tag.split(".", 1)[-1], []).extend(values[column :: len(tags)])


def _damaged(what: str) -> StructureError:
    return StructureError(what, "A complete mmCIF file is needed", "Fetch the file again")
