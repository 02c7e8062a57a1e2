"""The plugin in real PyMOLs: installed by PyMOL itself, by our installer, by PyMOL's "run", as a link."""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from pathlib import Path

import pytest

import provis_core
from tests.patience import PATIENCE

from .conftest import Home, PyMOLProgram

pytestmark = pytest.mark.pymol

LOOK = """
import sys, pymol.plugins
pymol.plugins.initialize(-1)
from pymol import cmd
info = pymol.plugins.plugins["provis_plugin"]
print("SEEN", [
    sorted(name for name in cmd.keyword if name.startswith("provis_")),
    sys.modules["provis_core"].__file__,
    info.get_version(),
    pymol.plugins.get_startup_path(True),
    pymol.plugins.autoload,
])
cmd.do("provis_status")
"""

HEADLESS_INSTALL = """
import sys, types
boxes = types.ModuleType("tkMessageBox")   # what PyMOL's window would show and the user would press
def show(title, text, **kw):
    print("BOX", title, text)
    return True
boxes.showinfo = boxes.askyesno = boxes.askokcancel = show
sys.modules["tkMessageBox"] = sys.modules["pmg_qt.mimic_tk"] = boxes
import pymol.plugins
from pymol.plugins.installation import get_default_user_plugin_path, installPluginFromFile
pymol.plugins.initialize(-2)
installPluginFromFile(sys.argv[1], plugdir=get_default_user_plugin_path())
"""


def look(pymol: PyMOLProgram, home: Home) -> tuple[list[str], Path, str, list[str], dict[str, bool]]:
    """What a new PyMOL of this home sees when it follows the documented lines."""
    said = pymol.script(home, LOOK)
    assert "SEEN [" in said, said
    assert "Unable to initialize plugin 'provis_plugin'" not in said
    commands, core, version, folders, autoload = ast.literal_eval(said.split("SEEN ", 1)[1].splitlines()[0])
    assert {"provis_attn", "provis_status", "provis_doctor"} <= set(commands), said
    return commands, Path(core), version, folders, autoload


def test_zip_installed_by_pymols_own_installer_without_a_window(
    pymol_program: PyMOLProgram, home: Home, plugin_zip: Path
) -> None:
    said = pymol_program.script(home, HEADLESS_INSTALL, plugin_zip)
    assert 'BOX Success Plugin "provis_plugin" has been installed.' in said, said
    _, core, version, folders, _ = look(pymol_program, home)
    assert core == home.plugin / "_vendor" / "provis_core" / "__init__.py"
    assert version == provis_core.__version__
    assert folders == [str(home.startup)]


def test_zip_installed_by_pymols_own_installer_in_its_window(
    pymol_program: PyMOLProgram, home: Home, plugin_zip: Path, display: str
) -> None:
    report = home.path / "seen.json"
    script = Path(__file__).with_name("gui_install.py")
    said = pymol_program.run(home, "-q", script, "--", plugin_zip, report, DISPLAY=display, timeout=PATIENCE)
    assert report.is_file(), said
    seen = json.loads(report.read_text())
    assert "user plugin directory be created" in seen["boxes"][0]
    assert seen["boxes"][1:] == ['Plugin "provis_plugin" has been installed.'], said
    assert "provis_attn" in seen["commands"]
    assert "ProVis" in seen["menu"]
    assert seen["modules"] == []
    _, core, *_ = look(pymol_program, home)
    assert core.is_relative_to(home.plugin)


def test_installed_by_our_installer(pymol_program: PyMOLProgram, home: Home) -> None:
    said = home.install("install", "--pymol", pymol_program.command[0])
    assert "checked: PyMOL" in said
    _, core, version, *_ = look(pymol_program, home)
    assert core.is_relative_to(home.plugin)
    assert version == provis_core.__version__
    home.install("uninstall")
    assert home.snapshot() == {".pymol": None, ".pymol/startup": None}


def test_other_plugins_keep_their_preferences(pymol_program: PyMOLProgram, home: Home) -> None:
    mine = home.path / "mine"
    mine.mkdir()
    (mine / "other.py").write_text("# Name: Other\nprint('OTHER IS LOADED')\n")
    choose = (
        "import pymol.plugins as p\np.initialize(-2)\n"
        "p.autoload['other'] = False\np.pref_set('color', 'red')\n"
        f"p.set_startup_path([{str(mine)!r}])\n"
    )
    pymol_program.script(home, choose)
    before = home.snapshot()
    home.install("install")
    commands, *_, folders, autoload = look(pymol_program, home)
    assert folders == [str(mine)] and autoload == {"other": False}
    assert "provis_attn" in commands
    home.install("uninstall")
    assert home.snapshot() == before


def test_link_runs_the_checkout_in_place(pymol_program: PyMOLProgram, home: Home, root: Path) -> None:
    home.install("link")
    _, core, *_ = look(pymol_program, home)
    assert core == root / "provis_core" / "__init__.py"


def test_run_inside_of_pymol(pymol_program: PyMOLProgram, home: Home, root: Path) -> None:
    script = home.path / "lines.pml"
    script.write_text(
        "python\nimport pymol\nbefore = dict(vars(pymol))\npython end\n"
        f"run {root / 'install_plugin.py'}\n"
        "python\n"
        "ours = ('__doc__', '__script__')\n"
        "lost = [n for n, v in before.items() if vars(pymol).get(n) is not v and n not in ours]\n"
        "print('LOST', lost, 'main' in vars(pymol), 'Hands' in vars(pymol))\npython end\n"
    )
    said = pymol_program.run(home, "-cq", script)
    assert "LOST [] False False" in said, said
    assert f"is in {home.plugin}" in said
    assert "install_plugin.py env" in said
    script.unlink()
    look(pymol_program, home)


def test_commands_after_the_script_of_a_windowless_pymol(
    pymol_program: PyMOLProgram, home: Home, root: Path
) -> None:
    before = home.snapshot()
    installer = root / "install_plugin.py"
    assert "would write" in pymol_program.run(home, "-cq", installer, "--", "install", "--dry-run")
    said = pymol_program.run(home, "-cq", installer, "--", "env")
    assert "ProVis-Error: 'env' takes minutes and is not for the inside of PyMOL" in said
    assert "Traceback" not in said
    assert home.snapshot() == before
    pymol_program.run(home, "-cq", installer)
    assert home.plugin.is_dir()
    pymol_program.run(home, "-cq", installer, "--", "uninstall")
    assert not home.plugin.exists()


def test_upgrade_in_a_running_pymol_asks_for_a_restart(
    pymol_program: PyMOLProgram, home: Home, root: Path
) -> None:
    home.install("install")
    script = home.path / "lines.pml"
    script.write_text(
        f"import pymol.plugins; pymol.plugins.initialize(-1)\nrun {root / 'install_plugin.py'}\n"
    )
    assert "Close PyMOL and start it again to use this version." in pymol_program.run(home, "-cq", script)


def test_list_names_this_pymol(pymol_program: PyMOLProgram, home: Home) -> None:
    said = home.install("list")
    wanted = "/usr/bin/pymol" if pymol_program.name == "debian" else "this Python"
    assert any("PyMOL" in line and wanted in line for line in said.splitlines()), said


def test_a_path_without_pymol_is_named(home: Home) -> None:
    said = home.install("install", "--pymol", home.path, code=1)
    assert f"no PyMOL answers at {home.path}" in said
    assert not home.plugin.exists()


@pytest.mark.torch
def test_script_of_the_first_figure(pymol_program: PyMOLProgram, home: Home, root: Path) -> None:
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
        pytest.skip("torch and transformers are not installed")
    home.install("install")
    script = home.path / "first_figure.pml"
    text = (root / "docs" / "first_figure.pml").read_text()
    script.write_text(text.replace("width=1200, height=800", "width=150, height=100"))
    said = pymol_program.run(home, "-cq", script, PROVIS_WORKER_PYTHON=sys.executable)
    assert " Error" not in said, said
    seen = "99 residues of the full sequence (SEQRES of 1hpv.pdb), 0 not resolved"
    assert f"ProVis: 1hpv chain A, {seen}, provis_mini 12-4" in said, said
    assert (home.path / "first_figure.png").read_bytes().startswith(b"\x89PNG")
    # the session shows the drawing in a PyMOL that has no ProVis
    home.install("uninstall")
    names = "from pymol import cmd\ncmd.load('first_figure.pse')\nprint('NAMES', cmd.get_names('all'))\n"
    again = pymol_program.script(home, names)
    assert "provis_1hpv_A_12-4" in again.split("NAMES")[1], again
