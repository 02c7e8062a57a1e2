"""``provis_figure`` typed at the console of real PyMOL, with the worker and the bundled model."""

from __future__ import annotations

import importlib.util
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.exports.record import load_record
from provis_core.inspection.saving import describe_figure
from provis_core.system.paths import resources_dir
from tests.patience import PATIENCE

from .drawings import take_stock
from .programs import ROOT, in_both
from .structures import find_1hpv

if importlib.util.find_spec("matplotlib") is None:
    pytest.skip("matplotlib is not installed", allow_module_level=True)

STARTS = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml", ".eps": b"%!PS", ".tiff": b"II*\0"}


@pytest.mark.parametrize("suffix", STARTS)
def test_each_format_is_written_and_nothing_else_changes(
    cmd: Any, hpv: str, console: Callable[..., list[str]], tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"figure{suffix}"
    before = take_stock(cmd)
    lines = console(f"provis_figure {path}, chain A, layer=12, head=4, dpi=100")
    assert path.read_bytes().startswith(STARTS[suffix])
    assert any("provis_mini: placeholder: " in line for line in lines)
    assert any(f"figure of {hpv} chain A, provis_mini 12-4 written to {path}" in line for line in lines)
    assert take_stock(cmd) == before
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith((".", "fig"))) == [path.name]


def test_the_options_reach_the_figure(cmd: Any, hpv: str, commands: dict[str, Any], tmp_path: Path) -> None:
    figure = commands["provis_figure"]

    def text(name: str, **options: Any) -> str:
        path = tmp_path / f"{name}.svg"
        assert figure(str(path), "chain A", 12, 4, wait="1", **options) == path
        return re.sub("<metadata>.*?</metadata>", "", path.read_text(), flags=re.DOTALL)

    grid = text("grid", what="grid", metric="entropy")
    assert "Entropy of attention" in grid
    assert "Query residue" not in grid
    contacts = text("contacts", what="grid")
    assert "rcs that are contacts" in contacts and "ntropy" not in contacts
    whole = text("map", what="map", width="single")
    assert "Query residue (chain A)" in whole and "Layer" not in whole
    part = text("part", what="map", width="single", rows="resi 20-40", columns="resi 50-70")
    assert part != whole
    assert (
        text("same", what="map", width="88", rows="", dpi=600).split("<defs>")[0] == whole.split("<defs>")[0]
    )
    marked = text("marked", what="map", width="single", mark="resi 25")
    site = text("site", what="map", width="single", site="resi 60-70")
    log = text("log", what="map", width="single", scale="log")
    dark = text("dark", what="map", width="single", theme="dark")
    made = {"whole": whole, "part": part, "marked": marked, "site": site, "log": log, "dark": dark}
    alike = [(one, two) for one, two in itertools.combinations(made, 2) if made[one] == made[two]]
    assert alike == []
    several = text("several", what="grid", others="3-2+6-3")
    assert several != contacts


def test_of_several_chains_the_first_is_drawn_and_that_is_said(
    cmd: Any, hpv: str, console: Callable[..., list[str]], tmp_path: Path
) -> None:
    lines = console(f"provis_figure {tmp_path / 'map.png'}, what=map, dpi=60")
    assert any("1hpv chain A is drawn, not 1hpv chain B" in line for line in lines)
    assert (tmp_path / "map.png").is_file()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("figure.bmp, chain A", [".png, .pdf, .svg, .eps"]),
        ("nowhere/figure.png, chain A", ["cannot be written", "no folder"]),
        (", chain A", ["No file was named"]),
        ("figure.png, chain A, what=maps", ["what=maps", "grid, map, profile"]),
        ("figure.png, chain A, width=wide", ["width=wide"]),
        ("figure.png, chain A, width=5", ["from 30 to 1000 mm"]),
        ("figure.png, chain A, dpi=5", ["dpi=5"]),
        (
            "figure.png, chain A, width=1000, dpi=2400",
            ["94488 pixels across", "At most 24000", "Try dpi=609"],
        ),
        ("figure.png, chain A, theme=pink", ["theme=pink"]),
        ("figure.png, chain A, metric=beauty", ["metric=beauty"]),
        ("figure.png, chain A, journal=natur", ["journal=natur", "Did you mean journal=nature"]),
        ("figure.png, chain A, scale=cubic", ["scale=cubic"]),
        ("figure.png, chain A, contacts=all", ["contacts=all"]),
        ("figure.png, chain A, direction=up", ["direction=up"]),
        ("figure.png, chain A, palette=mud", ["mud"]),
        ("figure.png, chain A, layer=99", ["99"]),
        ("figure.png, chain A, others=3-99", ["head=99"]),
        ("figure.png, chain A, mark=chain B", ["mark=chain B", "1hpv chain A"]),
        ("figure.png, chain A, by=table", ["by=table"]),
        ("figure.png, chain Q", ["chain Q"]),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_runs(
    hpv: str, cmd: Any, commands: dict[str, Any], refuse: Any, tmp_path: Path, line: str, words: list[str]
) -> None:
    file, selection, *options = (word.strip() for word in line.split(","))
    given = dict(option.split("=") for option in options)
    path = str(tmp_path / file) if file else ""
    refuse(lambda: commands["provis_figure"](path, selection, **given), *words)
    assert not list(tmp_path.glob("**/*figure*"))


def test_a_saved_map_says_what_it_shows_and_how_it_was_made(
    cmd: Any, hpv: str, commands: dict[str, Any], tmp_path: Path
) -> None:
    path, caption = tmp_path / "map.png", tmp_path / "caption.txt"
    options = {"what": "map", "width": "single", "dpi": "60", "wait": "1", "caption": str(caption)}
    commands["provis_figure"](str(path), f"{hpv} and chain A", 7, 1, **options)
    record = load_record(path)
    assert record.title == "1HPV chain A, provis_mini head 7-1"
    assert record.caption.startswith(
        "1HPV chain A (99 residues). Attention of provis_mini (revision 2; placeho"
    )
    assert "contacts: CA-CA < 8 Å, |i-j| >= 6" in record.caption and record.caption.endswith(
        "published model"
    )
    (chain,) = record.chains
    assert (chain.object_name, chain.chain_id, chain.entry, chain.n_residues) == (hpv, "A", "1HPV", 99)
    listed = (resources_dir() / "provis_mini" / "SHA256SUMS").read_text().split()
    assert record.model.weights == {"model.safetensors": listed[listed.index("model.safetensors") - 1]}
    assert {"provis", "python", "numpy", "matplotlib", "viewer"} <= record.versions.keys()
    assert record.options["dpi"] == 60 and record.options["scale"] == "linear"
    assert record.numbers["a"]["shape"] == [99, 99]
    text = caption.read_text()
    assert record.caption in text and "SHA-256 " + listed[listed.index("model.safetensors") - 1] in text
    assert "10.2210/pdb1hpv/pdb" in text and "@software{provis," in text and "{vig2021bertology" in text
    (line,) = record.commands
    other = tmp_path / "other"
    other.mkdir()
    name, _, rest = line.partition(" ")
    assert rest.startswith("figure.png, ")
    cmd.do(f"{name} {other}/{rest}, wait=1")
    assert (other / "figure.png").read_bytes() == path.read_bytes()
    cmd.alter("chain A and resi 25 and name CA", "resn='GLY'")
    cmd.translate([1, 0, 0], "chain A and resi 30", camera=0)
    commands["provis_figure"](str(path), "chain A", 7, 1, **options)
    (moved,) = load_record(path).chains
    assert moved.coordinates != chain.coordinates and moved.entry == "1HPV"


def test_a_journal_has_its_width_and_what_it_would_not_take_is_said(
    hpv: str, console: Callable[..., list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "fig.svg"
    lines = console(f"provis_figure {path}, chain A, 12, 4, what=profile, journal=plos, width=single, wait=1")
    assert any("plos takes .tiff, .eps, not .svg" in line for line in lines)
    text = path.read_text()
    (width,) = re.findall(r'<svg [^>]*width="([0-9.]+)pt"', text)
    assert float(width) / 72 * 25.4 == pytest.approx(132, abs=0.1)
    sizes = [float(one) for one in re.findall(r"font-size: ([0-9.]+)px", text)]
    assert sizes and min(sizes) >= 8
    assert f"provis_mini 12-4 on {hpv} chain A" in text


def test_a_figure_that_is_there_is_replaced_with_a_word_or_not_at_all(
    cmd: Any,
    hpv: str,
    console: Callable[..., list[str]],
    commands: dict[str, Any],
    refuse: Any,
    tmp_path: Path,
) -> None:
    figure = commands["provis_figure"]
    path, caption = tmp_path / "map.svg", tmp_path / "words.txt"
    for one in (path, caption):
        one.write_text("mine")
    told = f"{path} is there already", "overwrite=0"
    refuse(lambda: figure(str(path), "chain A", overwrite="0"), *told)
    told = f"{caption} is there already", "overwrite=0"
    refuse(lambda: figure(str(tmp_path / "new.svg"), "chain A", overwrite="0", caption=str(caption)), *told)
    assert path.read_text() == caption.read_text() == "mine" and not (tmp_path / "new.svg").exists()
    lines = console(f"provis_figure {path}, chain A, 12, 4, what=profile, caption={caption}, wait=1")
    for one in (path, caption):
        assert any(line.endswith(f"written to {one}, in place of the file that was there") for line in lines)
        assert one.read_text() != "mine"
    refuse(lambda: figure(str(path), caption=str(path)), "is the figure itself")
    refuse(lambda: figure(str(path), caption=str(tmp_path / "no" / "a.txt")), "no folder")


NO_MATPLOTLIB = """\
import sys
sys.modules["matplotlib"] = None
sys.path.insert(0, {root!r})
from pymol import cmd
from plugin.entry import app as provis, commands
cmd.load({hpv!r}, "1hpv")
try:
    commands["provis_figure"]({path!r}, "chain A")
except Exception as error:
    print("SAID", " ".join(str(error).split()))
from provis_core.actions.work.models import find_host_problems
print("DOCTOR", find_host_problems(provis.session.viewer))
print("WORKER", provis.session.worker_stage.words)
provis.close()
"""


@in_both
def test_without_matplotlib_the_error_says_what_to_do(
    cmd: Any, run_script: Callable[..., str], tmp_path: Path, program: str
) -> None:
    script, path = tmp_path / "figure.py", tmp_path / "figure.png"
    script.write_text(NO_MATPLOTLIB.format(root=str(ROOT), hpv=str(find_1hpv()), path=str(path)))
    text = run_script(program, script)
    (said,) = [line for line in text.splitlines() if line.startswith("SAID")]
    assert "Figures cannot be drawn" in said
    assert "DOCTOR ['Figures cannot be drawn" in text
    assert "matplotlib 3.5 or newer is needed" in said
    assert ("pip install matplotlib" in said) != ("apt-get install python3-matplotlib" in said)
    assert not path.exists()


def test_the_line_that_the_panel_writes_can_be_typed(
    cmd: Any, hpv: str, app: Any, session: Any, console: Callable[..., list[str]], tmp_path: Path
) -> None:
    inspector = app.inspector
    inspector.open(hpv)
    inspector.choose.head((2, 1))
    while session.jobs:
        assert session.wait(timeout=PATIENCE)
    cmd.select("sele", "/1hpv//A/25-27")
    inspector.read_marks()
    inspector.choose.site("ligand", radius=5.0)
    inspector.choose.metric("entropy")
    full, seen = tmp_path / "full.svg", tmp_path / "seen.svg"
    line = describe_figure(inspector, full, rows=(20, 30), columns=(40, 60))
    assert "distance=5" in line and "metric=entropy" in line and "mark=" in line
    console(f"{line}, wait=1")
    console(f"provis_figure {seen}, wait=1")  # what the panel looks at, but for the zoom
    for path in (full, seen):
        text = path.read_text()
        assert "entropy of attention" in text and "Query residue (chain A)" in text
    assert full.read_text() != seen.read_text()
    console(f"{describe_figure(inspector, full)}, wait=1")
    assert load_record(full) == load_record(seen)
    assert full.read_text() == seen.read_text()
    inspector.close()


NO_QT = """\
import sys
for name in ("PyQt5", "PySide2", "PyQt6", "PySide6"):
    sys.modules[name] = sys.modules[f"{{name}}.QtWidgets"] = None
sys.path.insert(0, {root!r})
import pymol
from plugin.entry import app as provis
viewer = provis.session.viewer
print("WITHOUT", viewer.find_problems())
pymol.invocation.options.no_gui = 0
print("WITH", viewer.find_problems())
provis.close()
"""


@in_both
def test_the_doctor_tells_that_there_is_no_qt(
    run_script: Callable[..., str], tmp_path: Path, program: str
) -> None:
    script = tmp_path / "doctor.py"
    script.write_text(NO_QT.format(root=str(ROOT)))
    text = run_script(program, script)
    assert "WITHOUT []" in text  # it was started without a window
    assert "WITH ['The panel needs Qt, and this Python has none of PyQt5" in text


def test_the_structure_stands_first_with_the_colours_and_radii_of_its_cylinders(
    cmd: Any, hpv: str, commands: dict[str, Any], console: Callable[..., list[str]], tmp_path: Path
) -> None:
    from PIL import Image

    cmd.show_as("cartoon", hpv)
    cmd.orient(hpv)
    view, opaque = cmd.get_view(), cmd.get("ray_opaque_background")
    path = tmp_path / "whole.svg"
    lines = console(f"provis_figure {path}, chain A, 12, 4, what=structure+map, width=single, dpi=80, wait=1")
    assert any("written to" in line for line in lines)
    assert cmd.get_view() == view and cmd.get("ray_opaque_background") == opaque
    record = load_record(path)
    text = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text()))
    assert text.count("provis_mini 12-4 on 1hpv chain A") == 2 and "Attention weight" in text
    low, high, n_pairs = 0.1, record.numbers["a"]["sum"], record.numbers["a"]["highest"]
    assert n_pairs > 3 and high > n_pairs + low
    assert f"(a) provis_mini 12-4 on 1hpv chain A: {n_pairs:.0f} pairs of residues" in record.caption
    assert "of at least 0.1 as cylinders, 0.1 to 0.4 Å in radius" in record.caption
    # what is seen fills the picture: nothing is left around it
    png = tmp_path / "alone.png"
    commands["provis_figure"](str(png), "chain A", 12, 4, what="structure", width="88", dpi="80", wait="1")
    with Image.open(png) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    dark = pixels.min(axis=2) < 250
    assert dark.any(axis=0).mean() > 0.85 and dark.any(axis=1).mean() > 0.85


def test_no_cylinders_are_said_and_too_many_pixels_are_refused(
    cmd: Any, hpv: str, commands: dict[str, Any], refuse: Any, tmp_path: Path
) -> None:
    path = tmp_path / "none.svg"
    cmd.show_as("cartoon", hpv)
    commands["provis_set"]("min_attn", "1.0")
    options = {"what": "structure", "width": "60", "dpi": "60", "wait": "1"}
    commands["provis_figure"](str(path), "chain A", 12, 4, **options)
    assert "the structure; no pair has attention of at least 1." in load_record(path).caption
    huge = {"what": "structure", "width": "400", "dpi": "2400"}
    refuse(lambda: commands["provis_figure"](str(path), "chain A", 12, 4, **huge), "37795 pixels across")
