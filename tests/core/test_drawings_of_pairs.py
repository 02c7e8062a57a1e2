"""Pairs as files for other programs, read back by readers that do not know how they are written."""

from __future__ import annotations

import html.parser
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.errors import InputError
from provis_core.exports.formats._drawn import make_cif
from provis_core.exports.record import MadeChain, Record, find_record
from provis_core.exports.saving import known_suffixes, save_table
from provis_core.exports.tables import Table
from tests.core.drawn import PAIRS, make_table

DRAWN = (".pb", ".defattr", ".cxc", ".pml", ".mvsj", ".mvsx", ".html")
RECORD = Record("export", "title", "caption", chains=(MadeChain("toy", "A"),))
ABOUT = {"title": "a <b> title", "caption": "</script> «caption»", "record": RECORD.to_values()}
HARD = {**ABOUT, "model_note": "mini -- placeholder:\nradius = 5", "options": {"direction": "directed"}}


@pytest.mark.parametrize("suffix", [*DRAWN, ".json", ".npz", ".graphml"])
def test_every_file_says_what_made_it(tmp_path: Path, suffix: str) -> None:
    data = save_table(tmp_path / f"drawn{suffix}", make_table(about=HARD)).read_bytes()
    if suffix == ".npz":
        with np.load(io.BytesIO(data)) as arrays:
            data = str(arrays["record"]).encode()
    assert find_record(data) == RECORD


def test_formats_are_those_of_the_documentation() -> None:
    assert set(known_suffixes()) == {*DRAWN, ".csv", ".tsv", ".json", ".npz", ".graphml"}


@pytest.mark.parametrize("suffix", DRAWN)
def test_a_table_without_a_drawing_is_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError, match="shows residue pairs with their attention"):
        save_table(tmp_path / f"heads{suffix}", Table(("layer", "head"), [(1, 2)]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("direction", ["max", "directed"])
def test_a_graph(tmp_path: Path, direction: str) -> None:
    networkx = pytest.importorskip("networkx", reason="networkx is not installed")
    about = {**HARD, "options": {"direction": direction}}
    graph = networkx.read_graphml(save_table(tmp_path / "drawn.graphml", make_table(about=about)))
    assert graph.is_directed() == (direction == "directed")
    labels = networkx.get_node_attributes(graph, "label")
    assert [(labels[a], labels[b], one["weight"]) for a, b, one in graph.edges(data=True)] == list(PAIRS)
    nodes = {one["label"]: (one["chain"], one["resi"]) for _, one in graph.nodes(data=True)}
    assert nodes["B/GLY52A"] == ("B", "52A") and nodes["A/ALA-3"] == ("A", "-3") and len(nodes) == 5
    assert [one.get("contact") for _, _, one in graph.edges(data=True)] == [True, False, None]


def test_the_structure_is_what_gemmi_reads(tmp_path: Path) -> None:
    gemmi = pytest.importorskip("gemmi", reason="gemmi is not installed")
    drawing = make_table("a 'b' \"c\"").drawing
    assert drawing is not None
    (atoms,) = drawing.atoms
    structure = gemmi.make_structure_from_block(gemmi.cif.read_string(make_cif(atoms)).sole_block())
    structure.setup_entities()
    found = {
        (one.chain.name, str(one.residue.seqid), one.residue.name, one.atom.name): one.atom.pos.tolist()
        for one in structure[0].all()
    }
    expected = {
        (identifier.chain, identifier.resi, name, str(atom)): place
        for identifier, name, atom, place in zip(
            atoms.residue_ids, atoms.residue_names, atoms.atom_names, atoms.coords.tolist(), strict=True
        )
    }
    assert found.keys() == expected.keys()
    for key, place in found.items():
        assert place == pytest.approx(expected[key], abs=1e-3)
    assert [len(structure[0][name].get_polymer()) for name in ("A", "B")] == [3, 2]


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    """A node of MolViewSpec and all below it."""
    return [node, *(one for child in node.get("children", []) for one in walk(child))]


def check_tree(tree: dict[str, Any], direction: str) -> list[dict[str, Any]]:
    """Check a scene by the package of MolViewSpec; returns the nodes."""
    nodes_of = pytest.importorskip("molviewspec.nodes", reason="molviewspec is not installed")
    nodes_of.State.model_validate(tree)
    nodes = walk(tree["root"])
    kinds = {
        "parse": nodes_of.ParseParams,
        "download": nodes_of.DownloadParams,
        "structure": nodes_of.StructureParams,
        "component": None,
        "primitives": nodes_of.PrimitivesParams,
        "canvas": nodes_of.CanvasParams,
        "color": nodes_of.ColorInlineParams,
        "focus": nodes_of.FocusInlineParams,
        "tooltip": nodes_of.TooltipInlineParams,
    }
    for node in nodes:
        if known := kinds.get(node["kind"]):
            known.model_validate(node["params"])
    tubes = [nodes_of.TubeParams.model_validate(one["params"]) for one in nodes if one["kind"] == "primitive"]
    assert len(tubes) == len(PAIRS) * (2 if direction == "directed" else 1)
    for first, second, weight in PAIRS:
        assert any(f"{first} - {second}  {weight:.3f}" == tube.tooltip for tube in tubes)
    return nodes


@pytest.mark.parametrize("direction", ["max", "directed"])
def test_a_scene_for_molstar(tmp_path: Path, direction: str) -> None:
    table = make_table(about=HARD, direction=direction, transparency=0.5)
    assert table.drawing is not None
    (scene,) = table.drawing.scenes
    tree = json.loads(save_table(tmp_path / "drawn.mvsj", table).read_text())
    nodes = check_tree(tree, direction)
    tubes = [one["params"] for one in nodes if one["kind"] == "primitive"]
    per_pair = len(tubes) // len(PAIRS)
    np.testing.assert_allclose([one["start"] for one in tubes[::per_pair]], scene.start, atol=1e-3)
    np.testing.assert_allclose([one["end"] for one in tubes[per_pair - 1 :: per_pair]], scene.end, atol=1e-3)
    np.testing.assert_allclose([one["radius"] for one in tubes[::per_pair]], scene.radius, atol=1e-3)
    (group,) = (one for one in nodes if one["kind"] == "primitives")
    assert group["params"]["opacity"] == 0.5
    (site,) = (one for one in nodes if isinstance(one.get("params", {}).get("selector"), list))
    assert site["params"]["selector"] == [
        {"auth_seq_id": 8, "auth_asym_id": "A"},
        {"auth_seq_id": 52, "auth_asym_id": "B", "pdbx_PDB_ins_code": "A"},
    ]


def test_a_package_for_molstar(tmp_path: Path) -> None:
    path = save_table(tmp_path / "drawn.mvsx", make_table(about=ABOUT))
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        nodes = check_tree(json.loads(package.read("index.mvsj")), "max")
        (url,) = (one["params"]["url"] for one in nodes if one["kind"] == "download")
        assert b"_atom_site.Cartn_x" in package.read(url)


class Page(html.parser.HTMLParser):
    """What a browser takes from a page: texts by tag, and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {}
        self.loads: list[str] = []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        given = dict(attrs)
        self.loads += [str(given[name]) for name in ("src", "href") if given.get(name)]
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open][-1] += data


def test_a_page(tmp_path: Path) -> None:
    page = Page(save_table(tmp_path / "drawn.html", make_table(about=ABOUT)).read_text(encoding="utf-8"))
    assert page.texts["title"] == page.texts["h1"] == ["a <b> title"]
    assert page.texts["p"] == ["</script> «caption»"]
    (data,) = (json.loads(text) for text in page.texts["script"] if text.startswith("{"))
    assert [(one["first"], one["second"], float(one["weight"])) for one in data["pairs"]] == list(PAIRS)
    check_tree(data["scene"], "max")
    assert len(page.loads) == 2  # Mol* and its style, and nothing else


def test_a_page_with_a_copy_of_molstar_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "molstar.js").write_text("window.molstar = '</script> <!--data--> \\\\1';", encoding="utf-8")
    (tmp_path / "molstar.css").write_text("p {}", encoding="utf-8")
    table = make_table(about=ABOUT)
    assert table.drawing is not None
    with_copy = replace(table, drawing=replace(table.drawing, script=tmp_path / "molstar.js"))
    page = Page(save_table(tmp_path / "drawn.html", with_copy).read_text(encoding="utf-8"))
    assert page.loads == [] and "p {}" in page.texts["style"]
    assert "window.molstar = '<\\/script> <!--data--> \\\\1';" in page.texts["script"]
    lost = replace(table, drawing=replace(table.drawing, script=tmp_path / "absent.js"))
    before = (tmp_path / "drawn.html").read_bytes()
    with pytest.raises(InputError, match=re.escape("absent.js cannot be read")):
        save_table(tmp_path / "drawn.html", lost)
    assert (tmp_path / "drawn.html").read_bytes() == before
