"""The zip for PyMOL's Plugin Manager, and that the three descriptions of ProVis agree."""

from __future__ import annotations

import ast
import re
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.version import Version

import provis_core

from .conftest import Home

tomllib = pytest.importorskip("tomllib", reason="tomllib came with Python 3.11")


def test_zip_has_exactly_one_package_at_its_top(plugin_zip: Path) -> None:
    names = zipfile.ZipFile(plugin_zip).namelist()
    assert {name.split("/")[0] for name in names} == {"provis_plugin"}
    assert "provis_plugin/__init__.py" in names
    assert "provis_plugin/_vendor/provis_core/__init__.py" in names
    assert "provis_plugin/_vendor/provis_core/_resources/models.json" in names
    assert "provis_plugin/install_plugin.py" in names


def test_zip_holds_the_plugin_and_the_core_but_what_nothing_asks_for(plugin_zip: Path, root: Path) -> None:
    names = {name.removeprefix("provis_plugin/") for name in zipfile.ZipFile(plugin_zip).namelist()}
    wanted = {str(path.relative_to(root / "plugin")) for path in (root / "plugin").rglob("*.py")}
    wanted |= {f"_vendor/{path.relative_to(root)}" for path in (root / "provis_core").rglob("*.py")}
    program_only = tuple(
        f"_vendor/provis_core/{room}/" for room in ("probing", "proteins", "survey", "training")
    )
    left_out = {name for name in wanted if name.startswith(program_only)}
    wanted |= {
        f"_vendor/provis_core/_resources/{path.relative_to(root / 'resources')}"
        for path in (root / "resources").rglob("*")
        if path.is_file()
    }
    extras = {"install_plugin.py", "constraints.txt", "LICENSE", "first_figure.pml"}
    assert wanted - left_out <= names
    assert left_out and not left_out & names
    assert extras <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc") or "tests" in name]


def test_the_same_files_make_the_same_zip(plugin_zip: Path, home: Home) -> None:
    home.install("zip", "--out", "again.zip")
    assert (home.path / "again.zip").read_bytes() == plugin_zip.read_bytes()


def test_pymols_version_line_is_the_version(root: Path) -> None:
    head = (root / "plugin" / "__init__.py").read_text().split('"""')[0]
    assert re.search(r"^# Version: (.*)$", head, re.MULTILINE).group(1) == provis_core.__version__
    assert all(line.startswith("# ") for line in head.splitlines())


def test_requirements_of_the_worker_are_those_of_the_package(installer: ModuleType, root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    worker = {requirement.split(";")[0].strip() for requirement in project["optional-dependencies"]["worker"]}
    numpy = {requirement for requirement in project["dependencies"] if requirement.startswith("numpy")}
    assert set(installer.WORKER_REQUIREMENTS.values()) == worker | numpy


def test_every_requirement_of_the_worker_has_a_tested_version(installer: ModuleType, root: Path) -> None:
    pins = (root / "constraints.txt").read_text().lower()
    for requirement in installer.WORKER_REQUIREMENTS.values():
        name, minimum = requirement.split(">=")
        (pin,) = re.findall(rf'^{name}==([\d.]+)(?:; python_version >= "3.11")?$', pins, re.MULTILINE)
        assert Version(pin) >= Version(minimum)


def test_installer_is_one_file_of_the_standard_library_for_python_3_8(root: Path) -> None:
    tree = ast.parse((root / "install_plugin.py").read_text(), feature_version=(3, 8))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"pymol"}  # inside of PyMOL only
