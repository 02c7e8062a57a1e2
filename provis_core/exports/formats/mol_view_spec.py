"""MolViewSpec: ``.mvsj``, which holds the structure in an address, and ``.mvsx``, a package of files."""

from __future__ import annotations

import json
import zipfile
from typing import IO, Final

from ..tables import Table
from ._drawn import describe_notes, make_cif, need_drawing
from ._scene_tree import embed_structures, make_tree

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".mvsj", ".mvsx")

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write the tree, and the structures in it or beside it."""
    drawing = need_drawing(table, suffix)
    if suffix == ".mvsj":
        file.write(_encode(table, embed_structures(drawing)))
        return
    structures = {one.object_name: make_cif(one).encode() for one in drawing.atoms}
    urls = {name: f"structure_{number}.cif" for number, name in enumerate(structures, 1)}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        files = {urls[name]: text for name, text in structures.items()}
        for name, data in {"index.mvsj": _encode(table, urls), **files}.items():
            package.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
        package.comment = "\n".join(describe_notes(table)).encode()[:65535]


def _encode(table: Table, urls: dict[str, str]) -> bytes:
    return json.dumps(make_tree(table, need_drawing(table, ".mvsj"), urls), indent=1).encode()
