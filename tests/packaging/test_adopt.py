"""Which core a plugin takes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE


@pytest.fixture
def plugin(tmp_path: Path, root: Path) -> Path:
    """A folder ``at/plugin`` that holds the search and nothing else."""
    folder = tmp_path / "at" / "plugin"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    shutil.copy(root / "plugin" / "_adopt.py", folder)
    return folder


def make_core(folder: Path, version: str) -> Path:
    """A core that knows its version and one submodule."""
    core = folder / "provis_core"
    core.mkdir(parents=True)
    (core / "__init__.py").write_text(f'"""Core."""\n__version__ = "{version}"\n')
    (core / "errors.py").write_text(f'WHERE = "{version}"\n')
    return core


def adopt(plugin: Path, before: str = "", after: str = "", path: Path | None = None) -> str:
    code = (
        f"import sys; sys.path[:0] = {[str(plugin.parent)] + ([str(path)] if path else [])!r}\n{before}\n"
        "from plugin._adopt import AdoptError, adopt_core\n"
        "try:\n    core = adopt_core()\n"
        "except AdoptError as exc:\n    print('AdoptError', exc)\n"
        f"else:\n    import provis_core.errors; print(core.__version__, provis_core.errors.WHERE)\n{after}"
    )
    # -S: no site-packages, where the project itself may be installed
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_vendored_core_wins_over_an_installed_one(plugin: Path, tmp_path: Path) -> None:
    make_core(plugin / "_vendor", "2.0.0")
    make_core(tmp_path / "site", "1.0.0")
    assert adopt(plugin, path=tmp_path / "site") == "2.0.0 2.0.0"


def test_core_beside_a_checkout_is_found(plugin: Path, tmp_path: Path) -> None:
    make_core(plugin.parent, "2.0.0")
    make_core(tmp_path / "site", "1.0.0")
    assert adopt(plugin, before="sys.path.reverse()", path=tmp_path / "site").endswith("2.0.0")


def test_installed_core_is_the_last_resort(plugin: Path, tmp_path: Path) -> None:
    make_core(tmp_path / "site", "1.0.0")
    assert adopt(plugin, path=tmp_path / "site") == "1.0.0 1.0.0"


def test_no_core_at_all_says_what_to_do(plugin: Path) -> None:
    said = adopt(plugin)
    assert said.startswith("AdoptError ProVis: its core (provis_core) is missing")
    assert "Install the zip again" in said


def test_another_version_in_memory_asks_for_a_restart(plugin: Path, tmp_path: Path) -> None:
    make_core(plugin / "_vendor", "2.0.0")
    make_core(tmp_path / "site", "1.0.0")
    said = adopt(
        plugin, before="sys.path.reverse(); import provis_core; sys.path.reverse()", path=tmp_path / "site"
    )
    assert "version 1.0.0 is still loaded" in said
    assert "The plugin that is installed now is version 2.0.0" in said
    assert said.endswith("Close the program and start it again.")


def test_an_upgrade_on_disk_is_noticed(plugin: Path) -> None:
    core = make_core(plugin / "_vendor", "1.0.0")
    init = str(core / "__init__.py")
    after = (
        f"    open({init!r}, 'w').write('__version__ = \"1.1.0\"\\n')\n"
        "    from plugin._adopt import stale_core\n    print(stale_core())"
    )
    assert "The plugin that is installed now is version 1.1.0" in adopt(plugin, after=after)


def test_the_same_core_is_taken_again(plugin: Path) -> None:
    make_core(plugin / "_vendor", "1.0.0")
    assert adopt(plugin, after="    assert adopt_core() is core") == "1.0.0 1.0.0"


def test_a_core_that_fails_leaves_nothing_behind(plugin: Path) -> None:
    core = make_core(plugin / "_vendor", "1.0.0")
    (core / "__init__.py").write_text('__version__ = "1.0.0"\nimport no_such_module\n')
    code = (
        f"import sys; sys.path.insert(0, {str(plugin.parent)!r})\nfrom plugin._adopt import adopt_core\n"
        "try:\n    adopt_core()\n"
        "except ModuleNotFoundError as exc:\n    print(exc.name, 'provis_core' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "no_such_module False"
