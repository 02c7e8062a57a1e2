"""A drawing as a tree of MolViewSpec, the language in which Mol* is told what to show.

https://molstar.org/mol-view-spec-docs/ (version 1). Written as plain values: the Python of a viewer has
NumPy and no more. The tests read it with the package ``molviewspec``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from ...scenes.colors import COLOR_CODES, ROLES, THEMES
from ..drawing import Drawing, Place
from ..tables import Table
from ._drawn import describe_notes, make_cif

__all__ = ["embed_structures", "make_tree"]

_VERSION: Final = "1"
_TIME: Final = "1970-01-01T00:00:00+00:00"  # the format wants one; the same drawing is the same file
_CHAIN, _BOUND = THEMES["light"]["muted"], THEMES["light"]["line"]
_NEAR: Final = 0.85  # of the radius that the camera would take in: corners are empty
_THIN: Final = 0.6  # of the site's residues, beside what is bound


def make_tree(table: Table, drawing: Drawing, urls: Mapping[str, str]) -> dict[str, Any]:
    """Return the tree as plain values.

    Parameters
    ----------
    table : Table
        Its ``about`` has ``title``, ``caption``, and what must be known of the model.
    drawing : Drawing
    urls : mapping of str to str
        Where the mmCIF of each object is, by its name.

    Returns
    -------
    dict
        ``kind``, ``root`` and ``metadata``.
    """
    children: list[dict[str, Any]] = []
    for atoms in drawing.atoms:
        site = [one for one in drawing.site_places() if one.object_name == atoms.object_name]
        structure = _node("structure", _show_structure(site), type="model")
        parsed = _node("parse", [structure], format="mmcif")
        children.append(_node("download", [parsed], url=urls[atoms.object_name]))
    children.append(_show_pairs(drawing))
    children.append(_node("canvas", background_color="#ffffff"))
    root = _node("root", children)
    root["custom"] = {"provis": describe_notes(table)}
    return {
        "kind": "single",
        "root": root,
        "metadata": {
            "version": _VERSION,
            "timestamp": _TIME,
            "title": str(table.about.get("title", "")),
            "description": str(table.about.get("caption", "")),
            "description_format": "plaintext",
        },
    }


def embed_structures(drawing: Drawing) -> dict[str, str]:
    """Return an address of each object, by its name, that holds its mmCIF itself."""
    return {
        one.object_name: "data:text/plain;base64," + base64.b64encode(make_cif(one).encode()).decode("ascii")
        for one in drawing.atoms
    }


def _node(name: str, children: list[dict[str, Any]] | None = None, **params: Any) -> dict[str, Any]:
    node: dict[str, Any] = {"kind": name}
    if params:
        node["params"] = params
    if children:
        node["children"] = children
    return node


def _show_structure(site: list[Place]) -> list[dict[str, Any]]:
    """Polymers as ribbons, what is bound as sticks, and the residues of the site in its colour."""
    parts = [
        _node(
            "component",
            [_represent("cartoon", _CHAIN), _node("focus", radius_factor=_NEAR)],
            selector="polymer",
        ),
        *(
            _node("component", [_represent("ball_and_stick", _BOUND)], selector=bound)
            for bound in ("ligand", "branched", "ion")
        ),
    ]
    if site:
        color = COLOR_CODES[ROLES["site"]]
        selector = [_select(one) for one in site]
        told = _node("tooltip", text="binding site")
        sticks = _represent("ball_and_stick", color, size_factor=_THIN)
        parts.append(_node("component", [sticks, told], selector=selector))
    return parts


def _represent(kind: str, color: str, **params: Any) -> dict[str, Any]:
    return _node("representation", [_node("color", color=color)], type=kind, **params)


def _select(place: Place) -> dict[str, Any]:
    number = place.resi.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    found: dict[str, Any] = {"auth_seq_id": int(number)}
    if place.chain:
        found["auth_asym_id"] = place.chain
    if code := place.resi[len(number) :]:
        found["pdbx_PDB_ins_code"] = code
    return found


def _show_pairs(drawing: Drawing) -> dict[str, Any]:
    """One tube per pair; of a directed one two halves, in the colours of their ends."""
    tubes = []
    for pair in drawing.pairs():
        ends = [[round(one, 3) for one in end] for end in (pair.start, pair.end)]
        halves = [(*ends, pair.end_code)]
        if pair.start_code != pair.end_code:
            middle = [round((one + other) / 2, 3) for one, other in zip(*ends, strict=True)]
            halves = [(ends[0], middle, pair.start_code), (middle, ends[1], pair.end_code)]
        tubes += [
            _node(
                "primitive",
                kind="tube",
                start=start,
                end=end,
                radius=round(pair.radius, 3),
                color=color,
                tooltip=pair.words,
            )
            for start, end, color in halves
        ]
    alpha = min((scene.alpha for scene in drawing.scenes), default=1.0)
    return _node("primitives", tubes, opacity=alpha)
