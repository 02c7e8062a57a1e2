"""Makes the pictures of the panel in the documentation, with the real PyMOL and the bundled model.

    python docs/make_panel_pictures.py [--long FILE] [--only NAME ...] [--out FOLDER]

``panel_1hpv.png``: PyMOL with the panel beside it; a box was dragged in the map.
``panel_maps.png``: the small maps of all heads, and the table of pairs.
``panel_dark.png``: on a dark desktop. ``panel_200.png``: at 200 % scale. ``panel_narrow.png``: in one column.
``panel_linked.png``: both chains of 1HPV as one sequence.
``panel_long.png``, with ``--long``: a chain of about 500 residues, such as 1EVE.

They are taken from an X server without a screen (Xvfb), with ``import`` of ImageMagick.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.gui.pymol_window import PYMOLS, PymolWindow, make_home, start_display  # noqa: E402
from tests.patience import wait_until  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SCREEN = (1880, 1000)


@contextmanager
def open_panel(
    folder: Path,
    structure: str,
    name: str,
    *,
    screen: tuple[int, int] = SCREEN,
    scale: int = 1,
    dark: bool = False,
) -> Iterator[tuple[PymolWindow, Callable[[Path], None]]]:
    """PyMOL with the panel docked as it opens, on a screen; gives the window and what takes the picture."""
    os.environ["QT_SCALE_FACTOR"] = str(scale)
    with start_display(f"{screen[0] * scale}x{screen[1] * scale}") as display:
        window = PymolWindow(PYMOLS["wheel"](), display, make_home(folder))
        try:
            window.call("window.move", 0, 0)
            if dark:
                window.call("panel.use_dark_palette")
            window.cmd("load", structure, name)
            for line in (
                "as cartoon",
                "show sticks, organic",
                "util.cbac organic",
                "orient",
                "zoom polymer, -2",
            ):
                window.cmd("do", line, echo=0)
            window.type_line("provis_panel chain A")
            settle(window)
            window.cmd(
                "do", "zoom polymer, -2", echo=0
            )  # the structure's part of the window has another shape now

            def photograph(path: Path) -> None:
                settle(window)
                time.sleep(2)  # PyMOL paints
                subprocess.run(["import", "-window", "root", "-display", display, str(path)], check=True)
                small = ["convert", str(path), "+dither", "-colors", "200", f"PNG8:{path}"]
                subprocess.run(small, check=True)

            yield window, photograph
        finally:
            window.close()


def settle(window: PymolWindow) -> None:
    """Until nothing is awaited and all is painted."""
    wait_until(lambda: not window.jobs() and window.call("panel.is_settled"), "the end of all work")


def make_1hpv(folder: Path, out: Path) -> None:
    """A head of 1HPV, with a box in the map."""
    with open_panel(folder, "$PYMOL_DATA/tut/1hpv.pdb", "1hpv") as (window, photograph):
        window.call("panel.do", "head", "5-3")
        settle(window)
        window.call("panel.change", min_sep=3)
        window.call("panel.do", "box", [24, 58], [54, 74])
        settle(window)
        window.cmd("do", "turn y, 30", echo=0)
        photograph(out / "panel_1hpv.png")


def make_maps(folder: Path, out: Path) -> None:
    """The small maps, the table of pairs, residues that are selected in PyMOL."""
    with open_panel(folder, "$PYMOL_DATA/tut/1hpv.pdb", "1hpv") as (window, photograph):
        window.call("panel.show_tab", "heads", 1)
        window.call("panel.show_tab", "details", 2)
        window.call("panel.do", "head", "8-1")
        window.call("panel.choose", "map", "direction", "max")
        window.call("panel.choose", "map", "contacts", "triangle")
        window.call("panel.choose", "profile", "color", "received")
        window.cmd("select", "sele", "chain A and resi 25-27+48-52")
        time.sleep(1)
        photograph(out / "panel_maps.png")


def make_dark(folder: Path, out: Path) -> None:
    """A dark desktop, the binding sites."""
    with open_panel(folder, "$PYMOL_DATA/tut/1hpv.pdb", "1hpv", dark=True) as (window, photograph):
        window.call("panel.do", "head", "9-2")
        window.call("panel.change", palette="viridis")
        window.call("panel.show_tab", "details", 1)
        photograph(out / "panel_dark.png")


def make_200(folder: Path, out: Path) -> None:
    """A screen at 200 %."""
    with open_panel(folder, "$PYMOL_DATA/tut/1hpv.pdb", "1hpv", scale=2) as (_, photograph):
        photograph(out / "panel_200.png")


def make_narrow(folder: Path, out: Path) -> None:
    """One column."""
    with open_panel(folder, "$PYMOL_DATA/tut/1hpv.pdb", "1hpv", screen=(1300, 1000)) as (window, photograph):
        window.call("panel.show_map_alone", False)
        photograph(out / "panel_narrow.png")


def make_linked(folder: Path, out: Path) -> None:
    """Both chains as one sequence."""
    with open_panel(folder, "$PYMOL_DATA/tut/1hpv.pdb", "1hpv") as (window, photograph):
        window.type_line("provis_panel 1hpv, link=1")
        settle(window)
        window.call("panel.do", "head", "5-3")
        settle(window)
        window.call("panel.show_tab", "details", 1)
        photograph(out / "panel_linked.png")


def make_long(folder: Path, out: Path, structure: str) -> None:
    """A chain of about 500 residues."""
    name = Path(structure).name.split(".")[0]
    with open_panel(folder, structure, name) as (window, photograph):
        window.call("panel.do", "head", "5-1")
        window.call("panel.change", min_sep=6, top=100)
        window.call("panel.choose", "map", "scale", "log")
        photograph(out / "panel_long.png")


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--long", help="structure file with a chain A of about 500 residues")
    parser.add_argument("--only", nargs="+", help="some of: 1hpv maps dark 200 narrow linked long")
    parser.add_argument("--out", type=Path, default=IMAGES)
    arguments = parser.parse_args()
    for program, package in (("Xvfb", "xvfb"), ("import", "imagemagick"), ("convert", "imagemagick")):
        if shutil.which(program) is None:
            parser.error(f"there is no {program} (Debian: apt install {package})")
    if problem := PYMOLS["wheel"]().problem:
        parser.error(problem)
    makers: dict[str, Callable[[Path, Path], None]] = {
        "1hpv": make_1hpv, "maps": make_maps, "dark": make_dark, "200": make_200, "narrow": make_narrow,
        "linked": make_linked,
    }  # fmt: skip
    if arguments.long:
        path = Path(arguments.long).resolve()
        if not path.is_file():
            parser.error(f"there is no file {path}")
        makers["long"] = lambda folder, out: make_long(folder, out, str(path))
    if unknown := set(arguments.only or ()) - set(makers):
        parser.error(f"no picture {', '.join(sorted(unknown))}; there are {', '.join(makers)}")
    arguments.out.mkdir(exist_ok=True, parents=True)
    for name, make in makers.items():
        if arguments.only and name not in arguments.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), arguments.out)
        sys.stdout.write(f"{arguments.out / f'panel_{name}.png'}\n")


if __name__ == "__main__":
    main()
