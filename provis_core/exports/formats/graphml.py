"""GraphML (``.graphml``): residues as nodes and pairs as edges, for Cytoscape, Gephi, igraph or NetworkX."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import IO, Any, Final

from ..tables import Table, plain_value
from ._drawn import describe_notes, need_columns

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".graphml",)

_SPACE: Final = "http://graphml.graphdrawing.org/xmlns"
_NODE: Final = ("chain", "segment", "resi", "resn")
_TYPES: Final = {bool: "boolean", int: "int", float: "double", str: "string"}


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write one node per residue that is in a pair, and one edge per pair."""
    need_columns(table, ("residue_1", "residue_2", "weight"), suffix)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    ends = {f"{name}_{end}" for name in ("residue", *_NODE) for end in "12"}
    types = {name: _type_of([row[name] for row in rows]) for name in table.columns if name not in ends}
    root = ET.Element("graphml", xmlns=_SPACE)
    for note in describe_notes(table):
        root.append(ET.Comment(f" {note.replace('--', '- -')} "))
    keys = [("node", name, "string") for name in ("label", *_NODE)]
    keys += [("edge", name, _TYPES[kind]) for name, kind in types.items()]
    for what, name, word in keys:
        ET.SubElement(
            root, "key", {"id": f"{what}_{name}", "for": what, "attr.name": name, "attr.type": word}
        )
    is_directed = dict(table.about.get("options") or {}).get("direction") == "directed"
    default = "directed" if is_directed else "undirected"
    graph = ET.SubElement(root, "graph", id="attention", edgedefault=default)
    numbers: dict[tuple[Any, ...], str] = {}
    for row in rows:
        for end in "12":
            own = {name: row[f"{name}_{end}"] for name in _NODE if f"{name}_{end}" in row}
            key = (row[f"residue_{end}"], *own.values())
            if key not in numbers:
                numbers[key] = f"n{len(numbers)}"
                node = ET.SubElement(graph, "node", id=numbers[key])
                for name, value in {"label": key[0], **own}.items():
                    ET.SubElement(node, "data", key=f"node_{name}").text = str(value)
            row[end] = numbers[key]
    for row in rows:
        edge = ET.SubElement(graph, "edge", source=row["1"], target=row["2"])
        for name in types:
            if (value := plain_value(row[name])) is not None:
                text = str(value).lower() if isinstance(value, bool) else str(value)
                ET.SubElement(edge, "data", key=f"edge_{name}").text = text
    ET.indent(root)
    ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _type_of(values: list[Any]) -> type:
    kinds = {type(value) for value in values if value is not None}
    return next((kind for kind in (str, float, int, bool) if kind in kinds), str)
