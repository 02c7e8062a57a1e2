"""Makes the pictures of the documentation, with the real PyMOL and the bundled model.

    python docs/make_pictures.py [--pymol wheel|debian]

``images/first_figure.png`` is what `first_figure.pml` draws, ray-traced, and so are ``helix_figure.png``,
``sites_figure.png`` and ``relevance_figure.png`` (it fetches 1GZM from the PDB). ``images/pymol_window.png``
is the window of PyMOL after the command of the first figure was typed into it, taken from an X server without
a screen (Xvfb).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.gui.pymol_window import PYMOLS, Pymol, PymolWindow, make_home, start_display  # noqa: E402
from tests.patience import wait_until  # noqa: E402

IMAGES = ROOT / "docs" / "images"
COMMAND = "provis_attn chain A, layer=12, head=4"
WINDOW = (1180, 860)


def make_figure(name: str, pymol: Pymol, folder: Path) -> Path:
    """Run the script of a figure as its own comment says, without a window."""
    home = make_home(folder / "home")
    environ = {
        **os.environ,
        "HOME": str(home),
        "PATH": pymol.path or os.environ["PATH"],
        "PROVIS_HOME": str(home / "provis"),
        "PROVIS_WORKER_PYTHON": sys.executable,
    }
    script = ROOT / "docs" / f"{name}.pml"
    subprocess.run([*pymol.command, "-cq", str(script)], cwd=folder, env=environ, check=True)
    return folder / f"{name}.png"


def make_window(pymol: Pymol, folder: Path) -> Path:
    """Type the command into the window and photograph it."""
    picture = folder / "pymol_window.png"
    with start_display("1280x960") as display:
        window = PymolWindow(pymol, display, make_home(folder / "window_home"))
        try:
            window.call("window.resize", *WINDOW)
            window.cmd("load", "$PYMOL_DATA/tut/1hpv.pdb", "1hpv")
            for line in ("as cartoon", "show sticks, organic", "util.cbac organic", "orient", "turn z, 180"):
                window.cmd("do", line, echo=0)
            window.cmd("zoom", "polymer", -3)
            window.clear_console()
            window.type_line(COMMAND)
            wait_until(lambda: not window.jobs(), "the drawing")
            window.cmd("enable", "provis")
            time.sleep(1.5)  # the console is filled twice a second, and the cylinders are painted
            window.console()
            time.sleep(0.5)
            window.save_screenshot(str(picture))
        finally:
            window.close()
    return picture


def main() -> None:
    """Make all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pymol", choices=PYMOLS, default="wheel")
    pymol = PYMOLS[parser.parse_args().pymol]()
    if shutil.which("Xvfb") is None:
        parser.error("there is no Xvfb (Debian: apt install xvfb)")
    if pymol.problem:
        parser.error(pymol.problem)
    IMAGES.mkdir(exist_ok=True)
    figures = [
        partial(make_figure, name)
        for name in ("first_figure", "helix_figure", "sites_figure", "relevance_figure")
    ]
    for make in (*figures, make_window):
        with tempfile.TemporaryDirectory() as name:
            picture = make(pymol, Path(name))
            shutil.copy(picture, IMAGES)
            sys.stdout.write(f"{IMAGES / picture.name}\n")


if __name__ == "__main__":
    main()
