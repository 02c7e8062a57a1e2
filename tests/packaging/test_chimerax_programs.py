"""``install_plugin.py list|install|uninstall`` and a program that answers as ChimeraX does."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import install_plugin as installer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script for a Unix")

_STAND_IN = """#!{python}
import pathlib, shlex, sys
bundle = pathlib.Path({bundle!r})
line = sys.argv[sys.argv.index("--cmd") + 1]
print("INFO:\\nExecuting: " + line)
words = shlex.split(line)
if words[:2] == ["toolshed", "install"] and {works}:
    bundle.write_bytes(pathlib.Path(words[2]).read_bytes())
if words == ["toolshed", "uninstall", "ChimeraX-Provis"]:
    bundle.unlink()
if words == ["toolshed", "list"]:
    print("Toolbar (1.2.3) [General]: Toolbar")
    if bundle.exists():
        print("Provis (0.1.0) [Sequence]: Attention")
print("UCSF ChimeraX version: {version} (2026-01-31)")
"""


class StandIn:
    """A program in a folder with a blank, and what is said to it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.bundle = root, folder / "bundle.whl"
        self.path = folder / "a b" / "chimerax"
        self.environ = {**os.environ, "PROVIS_HOME": str(folder / "my home")}
        self.environ["PATH"] = f"{self.path.parent}{os.pathsep}{os.environ['PATH']}"

    def write(self, version: str = "1.11", *, works: bool = True) -> None:
        self.path.parent.mkdir(exist_ok=True)
        text = _STAND_IN.format(python=sys.executable, bundle=str(self.bundle), version=version, works=works)
        self.path.write_text(text)
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(self.root / "install_plugin.py"), *arguments]
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)


@pytest.fixture
def chimerax(root: Path, tmp_path: Path) -> StandIn:
    stand_in = StandIn(root, tmp_path)
    stand_in.write()
    return stand_in


def test_installed_listed_and_uninstalled(chimerax: StandIn) -> None:
    assert f"ChimeraX 1.11 {chimerax.path}" in chimerax.ask("list").stdout
    done = chimerax.ask("install", "--chimerax")
    assert done.returncode == 0, done.stderr
    assert zipfile.is_zipfile(chimerax.bundle)
    assert "the panel is in Tools > Sequence" in done.stdout
    assert not list(Path(chimerax.environ["PROVIS_HOME"]).rglob("*.whl"))  # what was given is not kept
    assert f"ChimeraX 1.11 with ProVis {chimerax.path}" in chimerax.ask("list").stdout
    chimerax.ask("uninstall", "--chimerax", str(chimerax.path))
    assert not chimerax.bundle.exists()
    assert "Nothing of ProVis was found" in chimerax.ask("uninstall", "--chimerax").stdout


def test_a_dry_run_changes_nothing(chimerax: StandIn) -> None:
    said = chimerax.ask("install", "--chimerax", "--dry-run").stdout
    assert "would run" in said and "toolshed install" in said
    assert not chimerax.bundle.exists()


def test_an_old_one_is_refused_in_words(chimerax: StandIn) -> None:
    chimerax.write("1.6.1")
    done = chimerax.ask("install", "--chimerax")
    assert done.returncode == 1
    assert "too old: ProVis needs ChimeraX 1.7 or newer" in done.stderr
    assert not chimerax.bundle.exists()
    assert "too old" in chimerax.ask("list").stdout


def test_what_is_no_chimerax_and_what_does_not_install(chimerax: StandIn) -> None:
    done = chimerax.ask("install", "--chimerax", "/bin/true")
    assert done.returncode == 1 and "does not answer as a ChimeraX" in done.stderr
    chimerax.write(works=False)
    done = chimerax.ask("install", "--chimerax")
    assert done.returncode == 1 and "did not install the bundle" in done.stderr


def test_daily_builds_and_two_digits_count_as_numbers(chimerax: StandIn) -> None:
    source: Any = installer.Source
    programs = source.find().chimerax("programs")
    for version, is_fit in (("1.7", True), ("1.10", True), ("1.12.dev202601311040", True), ("1.6.9", False)):
        chimerax.write(version)
        assert (programs.InstalledChimerax(chimerax.path).trouble == "") == is_fit
