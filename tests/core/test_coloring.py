"""What the colours of cylinders say, on a toy whose answer is known by hand."""

from dataclasses import replace

import numpy as np
import pytest

from provis_core.actions.work.attention import draw_head
from provis_core.annotations.annotation import Annotation
from provis_core.attention.edges import select_edges
from provis_core.errors import InputError
from provis_core.scenes.coloring import COLOR_BY, ColoredPairs, check_color_by, color_pairs, find_swatches
from provis_core.scenes.colors import CATEGORY_RGB, compute_colors
from provis_core.scenes.draw_options import DrawOptions
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from provis_core.structures.sequence import compute_sequence_map
from provis_core.targets.properties import Property
from provis_core.targets.scope import Scope
from provis_core.targets.targets import make_targets

from .fakes import FakeViewer, FakeWorker, make_chain

PAIRS = [(0, 3, 0.9), (1, 2, 0.8), (2, 5, 0.7), (4, 0, 0.6)]


@pytest.fixture
def model(tiny_config_folder):
    return str(tiny_config_folder)


def pairs(chain, direction="max", annotation=None):
    weights = np.zeros((chain.n_residues,) * 2, dtype=np.float32)
    for query, key, weight in PAIRS:
        weights[query, key] = weight
    sequence_map = compute_sequence_map(chain)
    edges = select_edges(weights, chain, sequence_map, direction=direction)
    return ColoredPairs(chain, sequence_map, edges, annotation)


def names(rgb):
    known = {tuple(np.float32(color)): name for name, color in CATEGORY_RGB.items()}
    return [known[tuple(row)] for row in rgb]


def residues(*members, n=6, unknown=()):
    values, valid = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    values[list(members)] = True
    valid[list(unknown)] = False
    return Annotation("site", "residue", values, valid, "toy", "within 4 Å")


def test_contacts_are_told_from_misses_near_pairs_and_what_is_not_known():
    chain = make_chain("ACDEFG")
    values = np.zeros((6, 6), dtype=bool)
    values[0, 3] = values[3, 0] = True
    valid = np.array([True, True, True, True, True, False])
    contacts = Annotation("contact", "pair", values, valid, "toy", "CA-CA < 8 Å", min_separation=2)
    (rgb,), legend = color_pairs([pairs(chain, annotation=contacts)], "contact", "viridis", 0.1, 0.9)
    assert names(rgb) == ["orange", "grey", "dark grey", "sky blue"]
    assert legend == (
        "orange contact (1), sky blue no contact (1), grey nearer than 2 in the sequence (1), "
        "dark grey not known (1) (CA-CA < 8 Å)"
    )


def test_swatches_are_the_colours_of_the_legend_whatever_is_in_their_words():
    chain = make_chain("ACDEFG", object_name="mine, (sky blue one)")
    item = pairs(chain, annotation=residues(3, 4))
    found = find_swatches(item, "site")
    assert found == [("an end is in site", CATEGORY_RGB["orange"]), ("not", CATEGORY_RGB["sky blue"])]
    (rgb,), legend = color_pairs([item], "site", "viridis", 0.1, 0.9)
    assert {tuple(np.float32(color)) for _, color in found} == {tuple(row) for row in rgb}
    assert all(words in legend for words, _ in found)
    assert find_swatches(item, "chain") == [(chain.label, CATEGORY_RGB["blue"])]
    assert find_swatches(item, "distance") == [] == find_swatches(item, "weight")


def test_a_site_is_hit_at_either_end_unless_the_direction_is_known():
    chain = make_chain("ACDEFG")
    site = residues(3, 4)
    (rgb,), legend = color_pairs([pairs(chain, annotation=site)], "site", "viridis", 0.1, 0.9)
    assert names(rgb) == ["orange", "sky blue", "sky blue", "orange"]
    assert "orange an end is in site (2), sky blue not (2)" in legend
    directed = pairs(chain, "directed", residues(3, 4, unknown=[5]))
    (rgb,), legend = color_pairs([directed], "site", "viridis", 0.1, 0.9)
    assert list(zip(directed.edges.query, directed.edges.key, strict=True))[3] == (4, 0)
    assert names(rgb) == ["orange", "sky blue", "dark grey", "sky blue"]
    assert "orange the attended end is in site (1)" in legend


def test_a_chain_without_annotation_is_not_known():
    chain = make_chain("ACDEFG")
    items = [pairs(chain, annotation=residues(0)), pairs(make_chain("ACDEFG", "B"))]
    rgb, legend = color_pairs(items, "site", "viridis", 0.1, 0.9)
    assert names(rgb[1]) == ["dark grey"] * 4
    assert "dark grey not known (4)" in legend


def test_numbers_run_over_all_chains_of_a_command():
    chain = make_chain("ACDEFG")
    far = make_chain("ACDEFG", "B")
    far = replace(far, ca_coords=far.ca_coords * 2)
    items = [pairs(chain), pairs(far)]
    rgb, legend = color_pairs(items, "distance", "viridis", 0.1, 0.9)
    apart = np.array([12, 4, 12, 16], dtype=np.float32)
    np.testing.assert_allclose(rgb[0], compute_colors(apart, "viridis", 4, 32), atol=1e-5)
    np.testing.assert_allclose(rgb[1], compute_colors(2 * apart, "viridis", 4, 32), atol=1e-5)
    assert legend == "viridis, CA-CA distance 4.0 to 32.0 Å"
    rgb, legend = color_pairs(items, "separation", "viridis", 0.1, 0.9)
    steps = np.log(np.array([3, 1, 3, 4], dtype=np.float32))
    np.testing.assert_allclose(rgb[0], compute_colors(steps, "viridis", 0, np.log(4)), atol=1e-5)
    assert "separation 1 to 4 residues" in legend


def test_numbers_of_residues_colour_by_the_attended_end():
    chain = make_chain("ACDEFG")
    values = np.array([0, 1, 2, 3, 4, np.nan], dtype=np.float32)
    known = Annotation("table", "residue", values, np.isfinite(values), "toy", "column value")
    (rgb,), legend = color_pairs([pairs(chain, "directed", known)], "table", "viridis", 0.1, 0.9)
    np.testing.assert_allclose(
        rgb[[0, 1, 3]], compute_colors(np.float32([3, 2, 0]), "viridis", 0, 3), atol=1e-5
    )
    assert names(rgb[[2]]) == ["dark grey"]
    assert legend == "viridis, table 0 to 3, dark grey not known (1)"


def test_chains_have_colours_and_pairs_between_linked_ones_another():
    viewer = FakeViewer(make_chain("ACD", "A"), make_chain("EFG", "B"))
    (target,), _ = make_targets(viewer.read_chains(""), link=True)
    weights = np.zeros((6 + 25, 6 + 25), dtype=np.float32)
    weights[0, 2], weights[1, 29], weights[28, 30] = 0.9, 0.8, 0.7
    edges = select_edges(weights, target.chain, target.sequence_map)
    item = ColoredPairs(target.chain, target.sequence_map, edges)
    (rgb,), legend = color_pairs([item], "chain", "viridis", 0.1, 0.9)
    assert names(rgb) == ["blue", "red", "green"]
    assert legend == "blue toy chain A, green toy chain B, red between chains"


def test_contacts_of_linked_chains_are_those_within_and_between():
    other = make_chain("EFG", "B")
    other = replace(other, ca_coords=other.ca_coords + np.float32([0, 5, 0]))
    viewer = FakeViewer(make_chain("ACD", "A"), other)
    (target,), _ = make_targets(viewer.read_chains(""), link=True)
    found = (
        Property("contact", options={"min_sep": 2, "cutoff": 6.0}).find(viewer, [target])[0].annotations[0]
    )
    assert sorted(map(tuple, np.argwhere(np.triu(found.values)).tolist())) == [(0, 3), (1, 4), (2, 5)]
    found = (
        Property("contact", options={"min_sep": 1, "cutoff": 6.0}).find(viewer, [target])[0].annotations[0]
    )
    assert found.values[0, 1] and found.values[3, 4] and not found.values[2, 3]
    letters = Property("amino_acid:G").find(viewer, [target])[0].annotations[0]
    assert letters.residues.tolist() == [5]


@pytest.mark.parametrize("color_by", [*COLOR_BY, "site:ligand:HEM", "uniprot:active_site", "helix"])
def test_what_can_be_coloured_by(color_by):
    check_color_by(color_by)
    DrawOptions(color_by=color_by).check()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"color_by": "contacts"}, "Did you mean «color_by=contact»?"),
        ({"color_by": ""}, "color_by="),
        ({"transparency": 1.0}, "transparency=1"),
        ({"transparency": -0.1}, "transparency="),
        ({"labels": -1}, "labels=-1"),
        ({"labels": 1000}, "from 0 to 200"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options, words):
    with pytest.raises(InputError, match=words):
        DrawOptions(**options).check()


def test_the_command_colours_labels_and_says_what_colours_mean(tmp_path, model):
    weights = np.full((8, 8), 0.01, dtype=np.float32)
    weights[0, 7], weights[2, 3] = 0.7, 0.5
    chain = make_chain("ACDEFGAC")
    folded = replace(chain, ca_coords=chain.ca_coords * np.float32([0.2, 1, 1]))
    viewer = FakeViewer(folded)
    worker = FakeWorker(tmp_path, {"ACDEFGAC": weights})
    session = Session(viewer, Settings(tmp_path / "settings.json"), lambda _: worker)
    options = DrawOptions(color_by="contact", cutoff=6.0, labels=1, transparency=0.25)
    session.wait(draw_head(session, Scope(model=model), 1, 1, options, quiet=False))
    (scene,) = viewer.scenes.values()
    assert names(scene.end_rgb) == ["orange", "grey"]
    assert scene.labels == ((0, "A1-C8 0.70"),)
    assert scene.alpha == 0.75
    assert any("colour: orange contact (1), sky blue no contact (0), grey nearer than 6" in line
               for line in viewer.lines)  # fmt: skip
    assert any("radius: attention 0.1 to 0.70" in line for line in viewer.lines)


def test_a_site_that_cannot_be_told_is_refused_before_anything_is_computed(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    worker = FakeWorker(tmp_path)
    session = Session(viewer, Settings(tmp_path / "settings.json"), lambda _: worker)
    with pytest.raises(InputError, match="site cannot be told from toy chain A alone"):
        draw_head(session, Scope(model=model), 1, 1, DrawOptions(color_by="site"))
    assert worker.requests == []


def test_sites_that_a_structure_file_lists_colour_cylinders(tmp_path, model):
    weights = np.full((6, 6), 0.01, dtype=np.float32)
    weights[0, 4], weights[1, 5] = 0.7, 0.5
    names_of = ("ALA", "CYS", "ASP", "GLU", "PHE", "GLY")
    lines = [f"SITE     1 AC1  1 ALA A   1{'':37}"]
    lines += [
        f"ATOM  {k:5d}  CA  {name} A{k:4d}    {4.0 * (k - 1):8.3f}{0:8.3f}{0:8.3f}  1.00 10.00           C"
        for k, name in enumerate(names_of, 1)
    ]
    path = tmp_path / "toy.pdb"
    path.write_text("\n".join([*lines, "END", ""]))
    viewer = FakeViewer(make_chain("ACDEFG"))
    worker = FakeWorker(tmp_path, {"ACDEFG": weights})
    session = Session(viewer, Settings(tmp_path / "settings.json"), lambda _: worker)
    options = DrawOptions(color_by="site_record", file=str(path))
    session.wait(draw_head(session, Scope(model=model), 1, 1, options))
    (scene,) = viewer.scenes.values()
    assert names(scene.end_rgb) == ["orange", "sky blue"]
