"""Each format opened by a reader that is not ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from provis_core.exports.record import RECORD_KEY, Record, find_record
from provis_core.figures import Panel, save_figure
from provis_core.figures.fonts import FONTS, find_font

from .views import make_all, make_profile

pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")

RECORD = Record("figure", "Å title", "Caption of 1HPV, ≥ 0.1 Å (b). " * 20)
SIZE = (120, 160)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("figures")
    return {
        suffix: save_figure(folder / f"a{suffix}", make_all(), size=SIZE, dpi=150, record=RECORD)
        for suffix in (".pdf", ".svg", ".eps", ".png", ".tiff")
    }


def test_a_pdf_has_its_size_one_font_file_per_font_and_words_as_words(files: dict[str, Path]) -> None:
    pypdf = pytest.importorskip("pypdf")
    (page,) = pypdf.PdfReader(files[".pdf"]).pages
    assert np.allclose([float(one) / 72 * 25.4 for one in page.mediabox[2:]], SIZE, atol=0.1)
    fonts = [one.get_object() for one in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        assert font["/Subtype"] in ("/TrueType", "/Type0")
        own = font if font["/Subtype"] == "/TrueType" else font["/DescendantFonts"][0].get_object()
        assert "/FontFile2" in own["/FontDescriptor"].get_object()
        assert find_font().replace(" ", "") in str(own["/BaseFont"])
    assert "Query residue" in page.extract_text()


def test_poppler_finds_each_font_embedded(files: dict[str, Path]) -> None:
    if shutil.which("pdffonts") is None:
        pytest.skip("poppler-utils are not installed")
    run = subprocess.run(["pdffonts", str(files[".pdf"])], capture_output=True, text=True, check=True)
    rows = run.stdout.splitlines()[2:]
    assert rows and all(row.split()[-5] == "yes" and "TrueType" in row for row in rows), run.stdout


def test_a_tiff_is_flat_packed_and_of_the_size_of_the_png(files: dict[str, Path]) -> None:
    from PIL import Image

    with Image.open(files[".tiff"]) as tiff, Image.open(files[".png"]) as png:
        assert tiff.mode == "RGB" and tiff.info["compression"] == "tiff_lzw" and tiff.n_frames == 1
        assert tiff.info["dpi"] == pytest.approx((150, 150))
        assert tiff.size == png.size
        assert (np.asarray(tiff) == np.asarray(png.convert("RGB"))).all()
        assert tiff.tag_v2[269] == "A title" and tiff.tag_v2[270].startswith("Caption of 1HPV, >= 0.1 A (b).")
        assert tiff.tag_v2[305].startswith("ProVis")
        found = find_record(tiff.tag_v2[65000].encode())
        assert found is not None and found.title == RECORD.title


def test_an_eps_has_its_box_its_words_and_type_42(files: dict[str, Path]) -> None:
    lines = files[".eps"].read_text("latin-1").splitlines()
    assert lines[0] == "%!PS-Adobe-3.0 EPSF-3.0" and "%%Title: A title" in lines
    head = lines[: lines.index("%%EndComments")]
    assert max(map(len, head)) <= 255
    (box,) = [line for line in head if line.startswith("%%HiResBoundingBox")]
    left, bottom, right, top = (float(one) / 72 * 25.4 for one in box.split()[1:])
    assert np.allclose([right - left, top - bottom], SIZE, atol=0.1)
    assert any(line.startswith(f"%%{RECORD_KEY}: provisrecord") for line in head)
    text = files[".eps"].read_text("latin-1")
    assert "/FontType 42" in text and "/FontType 3" not in text
    if (ghostscript := shutil.which("gs")) is not None:
        command = [
            ghostscript,
            "-q",
            "-dNOPAUSE",
            "-dBATCH",
            "-dSAFER",
            "-sDEVICE=nullpage",
            str(files[".eps"]),
        ]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_an_svg_names_the_font_and_says_what_it_shows(files: dict[str, Path]) -> None:
    etree = pytest.importorskip("lxml.etree")
    root = etree.parse(str(files[".svg"])).getroot()
    assert float(root.attrib["width"].removesuffix("pt")) / 72 * 25.4 == pytest.approx(SIZE[0], abs=0.1)
    styles = {text.attrib["style"] for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert styles and all(find_font() in style for style in styles)
    spaces = {"dc": "http://purl.org/dc/elements/1.1/"}
    assert root.xpath("string(//dc:title)", namespaces=spaces) == RECORD.title
    assert root.xpath("string(//dc:description)", namespaces=spaces).startswith(RECORD.caption.strip())


def test_marked_residues_are_the_same_in_every_format(tmp_path: Path) -> None:
    """PostScript knows no transparency: what was half green on a screen would be all green there."""
    view = make_profile()
    marks = np.zeros(view.n, dtype=bool)
    marks[5:9] = True
    path = save_figure(tmp_path / "a.png", Panel(view, marks=marks), dpi=80)
    from PIL import Image

    with Image.open(path) as image:
        colors = {tuple(one) for one in np.asarray(image.convert("RGB")).reshape(-1, 3)}
    green = np.array([0x00, 0x9E, 0x73])
    assert tuple(np.round(255 + 0.3 * (green - 255)).astype(int)) in colors


def test_a_font_that_journals_ask_for_comes_first_and_there_is_always_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from matplotlib import font_manager

    kept = font_manager.fontManager.ttflist

    def names(*found: str) -> list[object]:
        make = font_manager.FontEntry
        files = [(name, f"/{name}.{'otf' if name == 'Helvetica' else 'ttf'}") for name in found]
        return [*kept[:0], *(make(fname=file, name=name) for name, file in files)]

    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    for found, chosen in (
        (("Arimo", "Arial"), "Arial"),
        (("Helvetica", "Arimo"), "Arimo"),  # an OpenType font of curves is no TrueType
        (("Symbol",), "DejaVu Sans"),
    ):
        monkeypatch.setattr(font_manager.fontManager, "ttflist", names(*found))
        find_font.cache_clear()
        assert find_font() == chosen
    monkeypatch.undo()
    monkeypatch.setattr(font_manager.fontManager, "ttflist", names("Symbol"))
    # what was installed after matplotlib has looked is found all the same
    spare = next(one.fname for one in kept if one.fname.endswith("DejaVuSans.ttf"))
    copy = tmp_path / "Arimo-Regular.ttf"
    copy.write_bytes(Path(spare).read_bytes())
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(copy), str(tmp_path / "Arial.otf")])
    find_font.cache_clear()
    assert find_font() == "DejaVu Sans"
    assert [Path(one.fname).name for one in font_manager.fontManager.ttflist][1:] == [copy.name]
    monkeypatch.undo()
    find_font.cache_clear()
    assert find_font() in (*FONTS, "DejaVu Sans")
