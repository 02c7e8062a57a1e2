"""The bundle for ChimeraX: what its wheel holds and says; written with Python's own library alone."""

from __future__ import annotations

import base64
import email.parser
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from provis_core import __version__
from provis_core.actions import known_commands

INFO = f"chimerax_provis-{__version__}.dist-info"


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("bundle")
    command = [sys.executable, root / "install_plugin.py", "bundle", "--out", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    path = folder / f"chimerax_provis-{__version__}-py3-none-any.whl"
    assert f"toolshed install {path}" in done.stdout
    return zipfile.ZipFile(io.BytesIO(path.read_bytes()))


def test_it_declares_what_chimerax_asks_for(wheel: zipfile.ZipFile) -> None:
    said = email.parser.Parser().parsestr(wheel.read(f"{INFO}/METADATA").decode())
    assert (said["Name"], said["Version"]) == ("ChimeraX-Provis", __version__)
    assert said["Requires-Dist"] == "ChimeraX-Core (>=1.7)"
    classifiers = said.get_all("Classifier")
    assert classifiers[0] == "Framework :: ChimeraX"
    assert classifiers[1].startswith(
        "ChimeraX :: Bundle :: Sequence,Structure Analysis :: 1,1 :: chimerax.provis ::"
    )
    declared = [one.split(" :: ")[2:] for one in classifiers if one.startswith("ChimeraX :: Command")]
    assert declared == [[f"provis {one.name}", "Sequence", one.summary] for one in known_commands()]
    assert sum(one.startswith(("ChimeraX :: Tool", "ChimeraX :: Provider")) for one in classifiers) == 2


def test_every_file_is_recorded_as_it_is(wheel: zipfile.ZipFile) -> None:
    rows = [row.split(",") for row in wheel.read(f"{INFO}/RECORD").decode().splitlines()]
    assert {name for name, _, _ in rows} == set(wheel.namelist())
    for name, digest, size in rows:
        if not name.endswith("RECORD"):
            data = wheel.read(name)
            own = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert (digest, int(size)) == (f"sha256={own}", len(data))


def test_it_holds_what_it_needs_and_nothing_of_pymol(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert not [name for name in names if "pymol" in name]
    assert not [name for name in names if name.startswith("chimerax/__init__")]
    needed = ("chimerax_bundle/shell.py", "panel/panel.py", "viewers/chimerax_viewer.py", "icons/provis.png")
    core = ("_vendor/provis_core/app.py", "_vendor/provis_core/_resources/models.json", "_adopt.py")
    for name in (*needed, *core):
        assert f"chimerax/provis/{name}" in names
    page = wheel.read("chimerax/provis/docs/user/commands/provis.html").decode()
    assert all(f'<h4 id="{one.name}">' in page for one in known_commands())
    assert "minAttn" in page  # the whole page, since this Python has numpy
    assert b"cxcmd" not in wheel.read("chimerax/provis/docs/user/tools/provis.html")


def test_the_core_is_adopted_from_the_wheel(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = (
        "import sys, importlib.util, types\n"
        "package = types.ModuleType('p'); package.__path__ = [sys.argv[1]]; sys.modules['p'] = package\n"
        "from p._adopt import adopt_core\n"
        "core = adopt_core()\n"
        "from p.viewers.chimerax_commands import command_names\n"
        "print(core.__file__, len(command_names()))"
    )
    command = [sys.executable, "-I", "-c", code, str(tmp_path / "chimerax" / "provis")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.split()[1] == str(sum(1 + len(one.aliases) for one in known_commands())), done.stderr
    assert "_vendor" in done.stdout
