"""Nothing is clipped and no words touch, from a small panel to a column of a paper, at 100 and 200 %."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from provis_core.annotations.annotation import Annotation
from provis_core.annotations.annotators import compute_annotations
from provis_core.annotations.annotators.contacts import compute_contacts
from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError
from provis_core.figures import (
    DARK,
    LIGHT,
    HeadGrid,
    MapView,
    ProfileView,
    Strip,
    StructureView,
    draw_attention_map,
    draw_figure,
    draw_head_grid,
    draw_profile,
    draw_thumbnails,
    make_map_view,
    make_profile_view,
    make_site_strip,
    make_structure_view,
    make_thumbnails,
)
from provis_core.figures.fonts import FONTS, find_font, fit, measure
from provis_core.figures.journals import find_journal, known_journals
from provis_core.structures.files.subjects import load_subjects
from provis_core.structures.linking import join_chains, link_maps
from provis_core.structures.sequence import compute_sequence_map
from provis_core.system.paths import resources_dir
from tests.data import find_structure

from .views import make_arcs, make_chain, make_grid, make_profile, make_view, make_weights

Make = Callable[..., Any]


def check_words(figure: Any) -> list[str]:
    """Draw, and compare the boxes of all words that are seen; gives the words."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    found = []
    for text in figure.findobj(_is_text):
        if not text.get_visible() or not text.get_text().strip() or not _is_seen(text):
            continue
        box = text.get_window_extent(renderer)
        found.append((text.get_text(), box))
    # a pixel for the rounding of the glyphs
    for words, box in found:
        inside = (
            box.x0 >= -1
            and box.y0 >= -1
            and box.x1 <= figure.bbox.width + 1
            and box.y1 <= figure.bbox.height + 1
        )
        assert inside, f"{words!r} is clipped: {box} of {figure.bbox}"
    for (one, first), (other, second) in itertools.combinations(found, 2):
        width = min(first.x1, second.x1) - max(first.x0, second.x0)
        height = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert width <= 1 or height <= 1, f"{one!r} and {other!r} overlap"
    return [words for words, _ in found]


def _is_text(item: Any) -> bool:
    from matplotlib.text import Text

    return isinstance(item, Text)


def _is_seen(text: Any) -> bool:
    """Tick labels beyond the view limits exist, but are not drawn."""
    axes = text.axes
    if axes is None:
        return True
    for axis in (axes.xaxis, axes.yaxis):
        for tick in axis.majorTicks:
            if text in (tick.label1, tick.label2):
                low, high = sorted(axis.get_view_interval())
                return bool(low <= tick.get_loc() <= high) and tick in axis._update_ticks()
    return True


@functools.cache
def real_view(stem: str, chain_id: str) -> tuple[MapView, ProfileView]:
    """A chain of the shared structures with its contacts and binding sites."""
    path = find_structure(f"pdb/{stem}.pdb.gz")
    subject = next(item for item in load_subjects(path) if item.chain.chain_id == chain_id)
    chain, sequence = subject.chain, compute_sequence_map(subject.chain)
    sites = compute_annotations("site", subject)[1:]
    strips: tuple[Strip, ...] = tuple(make_site_strip(site) for site in sites[:1])
    weights = make_weights(chain.n_residues)
    view = make_map_view(
        weights,
        chain,
        sequence,
        contacts=compute_contacts(chain),
        strips=strips,
        title=f"head 5-1, {chain.label}",
    )
    profile = make_profile_view(weights.sum(axis=0), chain, sequence, strips=strips, title=chain.label)
    return view, profile


SIZES = [
    (3.4, 3.4, 100),
    (5.0, 4.5, 100),
    (10.0, 9.0, 100),
    (5.0, 4.5, 200),
    (3.4, 3.4, 200),
    (3.46, 4.0, 300),
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("n", [12, 99, 500, 1000])
def test_words_of_a_map(new_figure: Make, size: tuple[float, float, float], n: int) -> None:
    figure = new_figure(*size)
    drawing = draw_attention_map(figure, make_view(n))
    for scale in ("linear", "log", "percentile"):
        drawing.update(make_view(n, scale=scale))
        words = check_words(figure)
        assert len([word for word in words if word.lstrip("-").rstrip("A").isdigit()]) >= 6


@pytest.mark.parametrize(
    ("stem", "chain_id"), [("1hpv", "A"), ("1eve", "A"), ("1a4w", "L"), ("1igy", "B"), ("1fdo", "A")]
)
def test_words_of_real_chains(new_figure: Make, stem: str, chain_id: str) -> None:
    view, profile = real_view(stem, chain_id)
    for theme, dpi in ((LIGHT, 100), (DARK, 200)):
        figure = new_figure(4.2, 4.0, dpi, theme)
        drawing = draw_attention_map(figure, view, theme=theme)
        check_words(figure)
        for low in range(0, view.n - 15, max(1, view.n // 7)):
            drawing.axes.set_xlim(low - 0.5, low + 14.5)
            drawing.axes.set_ylim(low + 14.5, low - 0.5)
            check_words(figure)
        figure = new_figure(6.5, 2.2, dpi, theme)
        draw_profile(figure, profile, theme=theme)
        check_words(figure)


@pytest.mark.parametrize("size", [(3.4, 2.4, 100), (5, 4, 100), (9, 7, 100), (5, 4, 200), (3.46, 3, 300)])
@pytest.mark.parametrize("shape", [(2, 2), (12, 6), (12, 12), (30, 16), (33, 20), (12, 64), (48, 40)])
def test_words_of_a_head_grid(
    new_figure: Make, size: tuple[float, float, float], shape: tuple[int, int]
) -> None:
    figure = new_figure(*size)
    drawing = draw_head_grid(figure, make_grid(*shape))
    drawing.choose([HeadId(0, 0), HeadId(1, 1)])
    assert {"Layer", "Head", "Max", "Share on contacts (%)"} <= set(check_words(figure))


def test_words_of_grids_of_other_numbers(new_figure: Make) -> None:
    figure = new_figure(4, 3)
    grid = make_grid()
    drawing = draw_head_grid(figure, grid)
    fields = {name: getattr(grid, name) for name in ("n", "muted", "best")}
    for low, high, unit in [(0, 0.003, ""), (-1, 1, ""), (0, 12_345, "residues"), (2.5, 6.6, "bits")]:
        values = low + (high - low) * np.random.default_rng(3).random(grid.values.shape)
        drawing.update(HeadGrid(values, label="mean separation", unit=unit, low=low, high=high, **fields))
        check_words(figure)


@pytest.mark.parametrize("size", [(3.4, 2, 100), (7, 2.2, 100), (7, 2.2, 200), (12, 3, 100)])
@pytest.mark.parametrize("n", [12, 99, 500, 1000])
def test_words_of_a_profile(new_figure: Make, size: tuple[float, float, float], n: int) -> None:
    figure = new_figure(*size)
    drawing = draw_profile(figure, make_profile(n))
    assert any(word.startswith("A") and word[1:].isdigit() for word in check_words(figure))
    drawing.update(make_profile(n, given=False))
    check_words(figure)


def need_paper_font() -> None:
    """Skip where only matplotlib's own font is here, which is wider than those that papers are set in."""
    if find_font() not in FONTS:
        pytest.skip(f"none of {', '.join(FONTS)} is installed (Debian: apt install fonts-liberation)")


def test_long_titles_and_keys_become_smaller(new_figure: Make) -> None:
    need_paper_font()
    title = "a model with a rather long name, head 12-4, structure_with_a_long_name chain A"
    chain = make_chain(99)
    strips = tuple(
        make_site_strip(
            Annotation(kind, "residue", np.arange(99) % 9 == k, np.ones(99, dtype=bool), "toy", "by hand"),
            label=label,
        )
        for k, (kind, label) in enumerate(
            {
                "site:ligand": "heme group",
                "site:ion": "calcium",
                "site:nucleic": "DNA",
                "site:peptide": "inhibitor peptide",
                "site:chain": "glycosylation",
            }.items()
        )
    )
    figure = new_figure(4, 4)
    drawing = draw_attention_map(figure, make_view(99, title=title, strips=strips))
    assert {title, "inhibitor peptide"} <= set(check_words(figure))
    drawing.update(make_view(99))
    assert {text.get_fontsize() for text in figure.findobj(_is_text) if text.get_text() == "helix"} == {7.0}
    check_words(figure)
    figure = new_figure(4, 2.2)
    profile = make_profile_view(
        make_weights(99).sum(axis=0), chain, compute_sequence_map(chain), strips=strips, title=title
    )
    draw_profile(figure, profile)
    check_words(figure)
    figure = new_figure(4, 3)
    draw_head_grid(
        figure, dataclasses.replace(make_grid(), title=title, muted_reason="fewer than a thousand arcs")
    )
    check_words(figure)


def test_a_figure_that_shrinks_still_fits(new_figure: Make) -> None:
    draws: list[Callable[[Any], Any]] = [
        lambda figure: draw_profile(figure, make_profile(99)),
        lambda figure: draw_head_grid(figure, make_grid(24, 20)),
        lambda figure: draw_attention_map(figure, make_view(500, scale="percentile")),
        lambda figure: draw_attention_map(figure, make_view(99, scale="log")),
    ]
    for draw in draws:
        figure = new_figure(8, 6)
        draw(figure)
        large = len(check_words(figure))
        for width, height in ((4.0, 1.9), (3.2, 1.7), (2.6, 2.6)):
            figure.set_size_inches(width, height)
            assert len(check_words(figure)) < large
        figure.set_size_inches(8, 6)
        assert len(check_words(figure)) == large


@pytest.mark.parametrize("shape", [(3, 4), (12, 12), (12, 64), (48, 40)])
def test_words_of_thumbnails(new_figure: Make, shape: tuple[int, int]) -> None:
    for size in ((4, 4, 100), (8, 8, 200)):
        figure = new_figure(*size)
        draw_thumbnails(figure, make_thumbnails(make_arcs(*shape, n=20), size=16, title="toy"))
        assert {"Layer", "Head"} <= set(check_words(figure))


@pytest.mark.parametrize("size", ["single", "double", 120.0, (180.0, 200.0)])
def test_words_of_a_figure_for_paper(size: Any) -> None:
    pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")
    thumbnails = make_thumbnails(make_arcs(), size=20, title="toy model")
    views = [make_grid(), make_view(99), thumbnails, make_view(500, scale="log"), make_profile(99)]
    assert {"a", "b", "c", "d", "e"} <= set(check_words(draw_figure(views, size=size, dpi=150)))


# -- as journals want them -------------------------------------------------------------------------------

LONG = "a chain whose name has exactly forty let"


@functools.cache
def make_longest() -> list[Any]:
    """A head grid of 48 x 40 heads, and map and profile of 1000 residues in chains of long names."""
    names = (LONG[:-1] + str(k) for k in range(4))
    chain = join_chains([make_chain(n, name) for n, name in zip((400, 300, 250, 50), names, strict=True)])
    sequence = link_maps(
        [compute_sequence_map(one) for one in chain.members], [one.n_residues for one in chain.members]
    )
    weights = make_weights(sequence.n_positions)
    member = np.zeros(chain.n_residues, dtype=bool)
    member[[5, 400, 700, 990]] = True
    valid = np.ones(chain.n_residues, dtype=bool)
    strips = [
        make_site_strip(Annotation(f"site:ligand:{LONG}", "residue", member, valid, "toy", "by hand")),
        make_site_strip(Annotation("site:record:AC1", "residue", member, valid, "toy", "by hand")),
    ]
    title = f"a model with a long name, mean of heads 12-4+11-6+10-2 on {LONG} {LONG}"
    grid = dataclasses.replace(
        make_grid(48, 40),
        title=title,
        label="share of arcs that end in residues of " + LONG,
        muted_reason="fewer than 100 arcs, or most of them end in a sink",
    )
    given = weights.sum(axis=1)
    return [
        grid,
        make_map_view(weights, chain, sequence, strips=strips, title=title),
        make_profile_view(weights.sum(axis=0), chain, sequence, given=given, strips=strips, title=title),
    ]


@pytest.mark.parametrize("width", ["single", "double", "60 mm"])
@pytest.mark.parametrize("name", list(known_journals()))
def test_no_word_is_smaller_than_a_journal_takes_and_none_overlap(name: str, width: str) -> None:
    need_paper_font()
    journal = known_journals()[name]
    theme = journal.style(LIGHT)
    size = journal.widths.get(width, 60.0)
    figure = draw_figure(make_longest(), size=size, theme=theme, dpi=200, footnote=f"A note on {LONG}. " * 4)
    words = check_words(figure)
    sizes = [
        text.get_fontsize()
        for text in figure.findobj(_is_text)
        if text.get_visible() and text.get_text().strip() and _is_seen(text)
    ]
    assert min(sizes) >= journal.smallest - 1e-6
    assert max(sizes) <= max(journal.largest, journal.letter_size) + 1e-6
    assert {"Layer", "Head"} <= set(words) and [one for one in words if one in journal.letters[:3]]
    assert figure.get_figwidth() * 25.4 == pytest.approx(size, abs=0.01)
    axes = [one for one in figure.axes if one.get_label() == "map"]
    if size >= 80:  # at 60 mm words of 9 points leave little room
        assert axes[0].bbox.width > 0.3 * (figure.bbox.width if size < 140 else figure.bbox.width / 2)


def test_a_site_that_no_residue_has_is_not_in_the_key() -> None:
    n = 20
    nobody, valid = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    strip = make_site_strip(Annotation("site:ligand:HEM", "residue", nobody, valid, "toy", "by hand"))
    figure = draw_figure(make_view(n, strips=[strip]), dpi=72)
    assert "HEM" not in check_words(figure)
    somebody = nobody.copy()
    somebody[3] = True
    strip = make_site_strip(Annotation("site:ligand:HEM", "residue", somebody, valid, "toy", "by hand"))
    assert "HEM" in check_words(draw_figure(make_view(n, strips=[strip]), dpi=72))


def test_a_column_stacks_what_two_columns_have_side_by_side() -> None:
    def place(size: str) -> tuple[Any, Any]:
        figure = draw_figure([make_grid(), make_view(30), make_profile(30)], size=size, dpi=72)
        figure.canvas.draw()
        boxes = {one.get_label(): one.bbox for one in figure.axes}
        return boxes["heads"], boxes["map"]

    grid, attention = place("single")
    assert attention.y1 < grid.y0 and attention.width > 100
    grid, attention = place("double")
    assert attention.x0 > grid.x1 and attention.y0 < grid.y1


def make_picture(n_pairs: int = 7, legend: tuple[tuple[str, str], ...] = ()) -> StructureView:
    """A white disc on nothing, larger than what is seen of it."""
    image = np.zeros((160, 200, 4), dtype=np.uint8)
    y, x = np.mgrid[:160, :200]
    image[(x - 120) ** 2 + (y - 70) ** 2 < 50**2] = 200
    title = "a model with a name on a chain"
    numbers: dict[str, Any] = {"low": 0.1, "high": 0.93, "radii": (0.1, 0.4), "n_pairs": n_pairs}
    return make_structure_view(image, palette="blue_orange", legend=legend, title=title, **numbers)


@pytest.mark.parametrize("size", ["single", "double"])
@pytest.mark.parametrize("name", ["nature", "plos"])
def test_words_of_a_structure(name: str, size: str) -> None:
    journal = known_journals()[name]
    legend = (("attends", "#b3b3b3"), ("the attended end is in " + LONG, "#e69f00"))
    for view in (make_picture(), make_picture(0), make_picture(legend=legend)):
        assert 100 <= view.image.shape[0] <= 110 and 100 <= view.image.shape[1] <= 110  # what is empty is cut
        items = [view, make_grid(), make_view(30), make_profile(30)]
        figure = draw_figure(items, size=journal.widths[size], theme=journal.style(LIGHT), dpi=150)
        words = check_words(figure)
        assert journal.letters[0] in words
        assert ("0.2" in words) and words.count("Attention weight") == (2 if view.n_pairs else 1)
        boxes = {one.get_label(): one.bbox for one in figure.axes if one.get_label()}
        if size == "double":  # two pairs, each with its upper edges on one line
            assert boxes["map"].x1 < boxes["profile"].x0 and boxes["structure"].x1 < boxes["heads"].x0


def test_what_a_journal_would_not_take_is_said() -> None:
    plos = find_journal("PLOS")
    assert plos.find_faults(".tif", 200) == []
    assert "plos takes .tiff, .eps, not .pdf" in plos.find_faults(".pdf", 200)
    assert any("300 mm high" in fault for fault in plos.find_faults(".eps", 300))
    with pytest.raises(InputError, match="journal=nature"):
        find_journal("natur")
    text = json.loads((resources_dir() / "journals.json").read_text(encoding="utf-8"))
    assert text["read"] and all(one["source"] for one in text["journals"].values())
    assert set(text["journals"]) == {"nature", "science", "cell", "plos", "acs", "elife"}


@pytest.mark.parametrize("words", ["Residue", LONG, "", "Å ≥ 0.1", "链 A" * 20])
def test_words_are_measured_as_they_are_drawn_and_cut_only_when_small_ones_do_not_fit(words: str) -> None:
    for room in (10.0, 60.0, 400.0):
        shown, size = fit(words, 8.0, 5.0, room)
        assert 5.0 <= size <= 8.0 and measure(shown) * size <= room + 1e-6
        assert shown == words or (size == 5.0 and ("…" in shown or not shown))
        if shown == words and size < 8.0 and words:
            assert measure(words) * size == pytest.approx(room)
