"""A page (``.html``) that shows the drawing in any browser: Mol* beside the list of the pairs.

The structure and the pairs are in the page. Mol* itself comes from its public address when the page is
opened, or out of a copy that goes into the page.
"""

from __future__ import annotations

import html
import json
import re
from typing import IO, Final

from ...system.given_files import load_text
from ...system.paths import resources_dir
from ..drawing import Drawing
from ..tables import Table
from ._drawn import describe_notes, need_drawing
from ._scene_tree import embed_structures, make_tree

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".html",)

_ADDRESS: Final = "https://molstar.org/viewer/molstar"


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write the page."""
    drawing = need_drawing(table, suffix)
    pairs = [
        {
            "first": pair.first.label,
            "second": pair.second.label,
            "weight": f"{pair.weight:.3f}",
            "color": pair.end_code,
            "center": [round((one + other) / 2, 2) for one, other in zip(pair.start, pair.end, strict=True)],
        }
        for pair in drawing.pairs()
    ]
    scene = make_tree(table, drawing, embed_structures(drawing))
    del scene["metadata"]["description"]  # it stands above
    data = {"scene": scene, "pairs": pairs}
    about = table.about
    words = {
        "title": html.escape(str(about.get("title", "Attention"))),
        "caption": html.escape(str(about.get("caption", ""))),
        "record": html.escape(describe_notes(table)[-1] if "record" in about else ""),
        "molstar": _load_molstar(drawing),
        "data": _as_script(json.dumps(data)),
    }
    page = (resources_dir() / "page.html").read_text(encoding="utf-8")
    # in one pass: nothing that is put in is looked through again
    file.write(re.sub(r"<!--(\w+)-->", lambda mark: words[mark[1]], page).encode("utf-8"))


def _as_script(text: str) -> str:
    """JSON as it can stand in a page: nothing in it ends the script."""
    return text.replace("<", "\\u003c")


def _load_molstar(drawing: Drawing) -> str:
    """What brings Mol* into the page: its addresses, or the copy."""
    path = drawing.script
    if path is None:
        return f'<link rel="stylesheet" href="{_ADDRESS}.css"><script src="{_ADDRESS}.js"></script>'
    style, need = path.with_suffix(".css"), "The file molstar.js of Mol* is needed, molstar.css beside it"
    parts = [f"<style>{load_text(style, need)}</style>"] if style.is_file() else []
    script = load_text(path, need).replace("</script", "<\\/script")
    return "".join([*parts, "<script>", script, "</script>"])
