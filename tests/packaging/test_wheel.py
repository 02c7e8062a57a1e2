"""The wheel and the source archive: what is in them, and the wheel in an environment of its own."""

from __future__ import annotations

import email
import importlib.util
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import provis_core
from tests.patience import PATIENCE


@pytest.fixture(scope="module")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with both archives, built without network."""
    for name in ("build", "hatchling"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"the package {name} is not installed")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


def test_names_of_the_archives(built: Path) -> None:
    version = provis_core.__version__
    assert sorted(path.name for path in built.iterdir()) == [
        f"provis_attn-{version}-py3-none-any.whl",
        f"provis_attn-{version}.tar.gz",
    ]


def test_wheel_has_two_packages_and_the_resources(wheel: Path, root: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"provis_core", "provis_plugin", f"provis_attn-{provis_core.__version__}.dist-info"}
    resources = {
        p.relative_to(root / "resources").as_posix() for p in (root / "resources").rglob("*") if p.is_file()
    }
    packed = {
        n.removeprefix("provis_core/_resources/") for n in names if n.startswith("provis_core/_resources/")
    }
    assert packed == resources
    assert "models.json" in packed
    assert not [name for name in names if "__pycache__" in name or "tests" in name]
    assert "provis_plugin/_adopt.py" in names


def test_metadata_of_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(packed.read(name))
        (entry,) = (name for name in packed.namelist() if name.endswith("entry_points.txt"))
        assert b"provis = provis_core.cli:main" in packed.read(entry)
        assert any(name.endswith("licenses/LICENSE") for name in packed.namelist())
    assert metadata["Name"] == "provis-attn"
    assert metadata["Version"] == provis_core.__version__
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.10"
    hard = [text for text in metadata.get_all("Requires-Dist") if "extra ==" not in text]
    assert [text.split(">")[0] for text in hard] == ["numpy"]
    qt = [text for text in metadata.get_all("Requires-Dist") if "qt" in text.lower()]
    assert qt and all("extra ==" in text for text in qt)  # PyQt5 is GPL: never a hard dependency


def test_source_archive_can_be_built_from(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as packed:
        names = {name.split("/", 1)[1] for name in packed.getnames() if "/" in name}
    assert {"plugin/__init__.py", "provis_core/__init__.py", "resources/models.json", "LICENSE"} <= names
    assert {"install_plugin.py", "constraints.txt", "pyproject.toml"} <= names
    assert not [name for name in names if name.startswith((".ci", ".github", ".venv"))]


def test_wheel_in_a_fresh_environment_needs_numpy_only(
    wheel: Path, make_venv: Callable[[str], Path], tmp_path: Path, uv: Path
) -> None:
    python = make_venv("wheel-venv")
    command = [uv, "pip", "install", "--python", python, "--offline", "--no-deps", wheel]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    (site,) = python.parent.parent.glob("lib/python*/site-packages")
    numpy = Path(importlib.util.find_spec("numpy").origin).parent
    for folder in (numpy, numpy.with_name("numpy.libs")):
        if folder.is_dir():
            (site / folder.name).symlink_to(folder)
    light = (
        "import sys, provis_core, provis_core.app, provis_core.checkpoints.registry\n"
        "import provis_core.system.paths\n"
        "from provis_core.worker.host import client\n"
        "assert (provis_core.system.paths.resources_dir() / 'models.json').is_file()\n"
        "assert provis_core.checkpoints.registry.list_models()\n"
        "heavy = {'torch', 'transformers', 'PyQt5', 'matplotlib', 'Bio', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "print(provis_core.__version__, provis_core.__file__)"
    )
    done = subprocess.run(
        [python, "-I", "-c", light], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{provis_core.__version__} {site}")
    text = "".join(
        f"ATOM  {k:5d}  CA  ALA A{k:4d}    {3.0 * (k % 4):8.3f}{k:8.3f}   0.000  1.00  0.00           C\n"
        for k in range(1, 15)
    )
    (tmp_path / "toy.pdb").write_text(text)
    done = subprocess.run(
        [python.parent / "provis", "contacts", tmp_path / "toy.pdb"],
        capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("residue_1  residue_2  distance  separation\nA/ALA1     A/ALA8")
