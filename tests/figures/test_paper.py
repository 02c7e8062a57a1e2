"""Figures as files: complete, readable, with their words as words."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError
from provis_core.figures import FORMATS, Panel, draw_figure, make_caption, save_figure
from tests.patience import PATIENCE

from .views import make_all, make_grid, make_profile, make_view

pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")


def pdf_streams(path: Path) -> bytes:
    """The text of a PDF with its streams unpacked."""
    raw = path.read_bytes()
    parts = [raw]
    for match in re.finditer(rb"stream\r?\n", raw):
        try:
            parts.append(zlib.decompressobj().decompress(raw[match.end() :]))
        except zlib.error:
            continue
    return b"\n".join(parts)


def test_png_has_the_size_that_was_asked_for_and_says_what_it_shows(tmp_path: Path) -> None:
    from PIL import Image

    path = save_figure(tmp_path / "figure.png", make_all(), size=(150, 160), dpi=200, title="My figure")
    with Image.open(path) as image:
        assert np.abs(np.array(image.size) - np.array([150, 160]) / 25.4 * 200).max() <= 1
        assert image.info["Title"] == "My figure"
        assert "toy head 1-1" in image.info["Description"] and "(d)" in image.info["Description"]
        assert image.info["dpi"] == pytest.approx((200, 200), abs=0.1)


def test_svg_keeps_words_as_words_and_maps_as_pixels(tmp_path: Path) -> None:
    from PIL import Image

    view = make_view(60, strips=(), contacts=None)
    path = save_figure(tmp_path / "figure.svg", view, size="single", dpi=300)
    root = ElementTree.parse(path).getroot()
    words = ["".join(item.itertext()).strip() for item in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Key residue (chain A)", "Query residue (chain A)", "Attention weight", "toy head 1-1"} <= set(
        words
    )
    ticks = [view.axis.resi[place] for place in view.axis.ticks(0, 59, 12).places]
    assert set(ticks) <= set(words)
    assert float(root.attrib["width"].removesuffix("pt")) == pytest.approx(88 / 25.4 * 72, abs=0.1)
    text = path.read_text(encoding="utf-8")
    assert make_caption(view).replace(">", "&gt;") in text
    sizes = []
    for data in re.findall(r"data:image/png;base64,\s*([^\"']+)", text):
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            sizes.append(image.size)
    # the map: its box in points at 300 dpi
    figure = draw_figure(view, size="single")
    figure.canvas.draw()
    side = figure.axes[0].bbox.width * 72 / figure.dpi
    assert max(sizes)[0] == pytest.approx(side / 72 * 300, abs=1.5)


def test_pdf_embeds_its_font_and_no_outlines(tmp_path: Path) -> None:
    path = save_figure(tmp_path / "figure.pdf", make_all(), dpi=200)
    raw, text = path.read_bytes(), pdf_streams(path)
    assert raw.startswith(b"%PDF") and raw.rstrip().endswith(b"%%EOF")
    assert b"/FontFile2" in text and b"/Type3" not in text and b"/CIDFontType2" in text
    width = float(re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", text)[1])  # type: ignore[index]
    assert width == pytest.approx(180 / 25.4 * 72, abs=0.1)
    assert b"ProVis" in text


def test_the_same_figure_is_the_same_file(tmp_path: Path) -> None:
    for suffix in (one[1:] for one in FORMATS):
        files = [save_figure(tmp_path / f"{k}.{suffix}", make_view(30), dpi=100) for k in range(2)]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_rows_letters_and_columns() -> None:
    figure = draw_figure([[make_grid(), make_view()], make_profile()], size="double")
    assert [text.get_text() for text in figure.texts] == ["a", "b", "c"]
    figure.canvas.draw()
    grid, attention_map, profile = (
        next(axes for axes in figure.axes if axes.get_label().startswith(name))
        for name in ("heads", "map", "profile")
    )
    assert grid.bbox.x1 < attention_map.bbox.x0
    assert profile.bbox.y1 < min(grid.bbox.y0, attention_map.bbox.y0)
    assert not draw_figure(make_grid()).texts
    stacked = draw_figure([make_grid(), make_view()], size="single")
    assert 25.4 * stacked.get_size_inches()[0] == pytest.approx(88)
    stacked.canvas.draw()
    assert stacked.axes[0].bbox.y0 > next(a for a in stacked.axes if a.get_label().startswith("map")).bbox.y1


def test_what_was_done_on_the_screen_is_in_the_figure() -> None:
    view = make_view(60)
    marks = np.zeros(60, dtype=bool)
    marks[[5, 6]] = True
    plain, zoomed = (
        draw_figure(Panel(view, palette="magma", **options), dpi=80)  # type: ignore[arg-type]
        for options in ({}, {"marks": marks, "x": (9.5, 29.5), "y": (0.5, 20.5)})
    )
    axes = zoomed.axes[0]
    assert axes.get_xlim() == (9.5, 29.5) and axes.get_ylim() == (20.5, 0.5)
    plain.canvas.draw()
    zoomed.canvas.draw()
    assert (np.asarray(plain.canvas.buffer_rgba()) != np.asarray(zoomed.canvas.buffer_rgba())).any()
    chosen = draw_figure(Panel(make_grid(), heads=(HeadId(2, 3),), colors=("#123456",)))
    patch = next(item for item in chosen.axes[0].patches if item.get_visible())
    assert patch.get_xy() == (2.5, 1.5)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("figure.jpg", {}, "Try figure.pdf"),
        ("figure", {}, ".png, .pdf, .svg, .eps, .tif, .tiff"),
        ("nowhere/figure.png", {}, "Choose another folder"),
        ("figure.png", {"size": "triple"}, "size=double"),
        ("figure.png", {"size": 3}, "30 to 1000 mm"),
        ("figure.png", {"dpi": 5}, "dpi=600"),
    ],
)
def test_what_cannot_be_written_is_said(
    tmp_path: Path, name: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        save_figure(tmp_path / name, make_view(20), **options)
    assert words in str(caught.value)
    assert caught.value.got and caught.value.need and caught.value.do
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_whole_when_drawing_fails(tmp_path: Path) -> None:
    path = save_figure(tmp_path / "figure.png", make_view(20), dpi=60)
    before = path.read_bytes()
    broken = Panel(make_view(20), marks=np.zeros(3, dtype=bool))
    with pytest.raises(ValueError, match="marks"):
        save_figure(path, broken)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_settings_of_the_user_change_nothing_and_are_not_changed(tmp_path: Path) -> None:
    import matplotlib

    plain = save_figure(tmp_path / "plain.png", make_all(), dpi=60).read_bytes()
    wild = {
        "font.size": 30,
        "axes.grid": True,
        "lines.linewidth": 9,
        "legend.frameon": True,
        "savefig.bbox": "tight",
    }
    with matplotlib.rc_context(wild):
        before = dict(matplotlib.rcParams)
        assert save_figure(tmp_path / "wild.png", make_all(), dpi=60).read_bytes() == plain
        assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_without_matplotlib_it_is_said_what_to_do(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from provis_core.errors import InstallError\n"
        "from tests.figures.views import make_view\n"
        "from provis_core.figures import save_figure\n"
        f"try: save_figure({str(tmp_path / 'a.png')!r}, make_view(20))\n"
        "except InstallError as error: print(error)\n"
    )
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert "pip install matplotlib" in run.stdout


def test_a_footnote_stands_below_the_pictures_and_in_the_metadata(tmp_path: Path) -> None:
    note = "mini: placeholder: conclusions need a published model, and this sentence takes several lines here"
    plain = draw_figure(make_all(), size="single")
    noted = draw_figure(make_all(), size="single", footnote=note)
    assert noted.get_figheight() > plain.get_figheight()
    text = next(one for one in noted.texts if "placeholder" in one.get_text())
    box = text.get_window_extent(noted.canvas.get_renderer())
    assert box.x1 <= noted.bbox.x1 and box.y0 >= 0
    lowest = min(axes.get_tightbbox(noted.canvas.get_renderer()).y0 for axes in noted.axes)
    assert box.y1 <= lowest
    assert draw_figure(make_all(), size=(150, 160), footnote=note).get_figheight() * 25.4 == pytest.approx(
        160
    )
    path = save_figure(tmp_path / "figure.svg", make_all(), footnote=note)
    words = " ".join(ElementTree.parse(path).getroot().itertext())
    assert words.count("placeholder") == 2  # on the page and in the description


NO_ROOM = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from provis_core.errors import InputError
from provis_core.figures import save_figure
from tests.figures.views import make_grid

grid = make_grid()
save_figure(sys.argv[2] + "/first.png", grid)  # fonts are known from now on
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
for suffix in ("pdf", "svg", "png"):
    try:
        save_figure(f"{sys.argv[2]}/figure.{suffix}", grid)
    except InputError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_no_room_is_one_plain_line_for_each_format(tmp_path: Path) -> None:
    """The system refuses more than 2 kB, as a full disk does; PDF used to end in a bug of ProVis."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(root), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=root,
    )
    lines = done.stdout.strip().splitlines()
    assert [line.partition(" (")[2].partition(")")[0] for line in lines] == ["File too large"] * 3, (
        done.stderr
    )
    assert [path.name for path in tmp_path.iterdir()] == ["first.png"]
