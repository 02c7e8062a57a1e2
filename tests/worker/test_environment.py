"""Which Python runs the worker, and with which environment variables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from provis_core.errors import InstallError
from provis_core.system.paths import core_dir
from provis_core.worker.host import environment
from provis_core.worker.host.environment import (
    count_threads,
    find_worker_python,
    make_worker_environ,
    tell_install,
)


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_order(tmp_path: Path, provis_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting, variable, own environment."""
    own = make_program(provis_home / "data" / "env" / "bin" / "python")
    assert find_worker_python() == own
    variable = make_program(tmp_path / "variable" / "python")
    monkeypatch.setenv("PROVIS_WORKER_PYTHON", str(variable))
    assert find_worker_python() == variable
    setting = make_program(tmp_path / "setting" / "python")
    assert find_worker_python(str(setting)) == setting


@pytest.mark.parametrize("inside", ["bin/python", "Scripts/python.exe", "python.exe"])
def test_folder_of_an_environment(inside: str, tmp_path: Path) -> None:
    python = make_program(tmp_path / "env" / inside)
    assert find_worker_python(str(tmp_path / "env")) == python


def test_name_on_the_path_and_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "python-for-provis.exe" if os.name == "nt" else "python-for-provis"
    python = make_program(tmp_path / "bin" / name)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_worker_python(name) == python
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert find_worker_python(f"~/bin/{name}") == python


@pytest.mark.skipif(os.name == "nt", reason="links need rights")
def test_link_of_an_environment_is_not_followed(tmp_path: Path) -> None:
    link = tmp_path / "env" / "bin" / "python"
    link.parent.mkdir(parents=True)
    link.symlink_to(sys.executable)
    assert find_worker_python(str(link)) == link


@pytest.mark.parametrize("what", ["missing", "empty folder", "not executable", "dangling"])
def test_wrong_choice_is_an_error_and_not_passed_over(
    what: str, tmp_path: Path, provis_home: Path, check_plain: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name == "nt" and what in ("not executable", "dangling"):
        pytest.skip("no such thing there")
    make_program(provis_home / "data" / "env" / "bin" / "python")
    path = tmp_path / "choice"
    if what == "empty folder":
        path.mkdir()
    elif what == "not executable":
        path.write_text("")
    elif what == "dangling":
        path.symlink_to(tmp_path / "gone")
    with pytest.raises(InstallError, match="worker_python setting is") as caught:
        find_worker_python(str(path))
    assert str(path) in check_plain(caught.value)
    monkeypatch.setenv("PROVIS_WORKER_PYTHON", str(path))
    with pytest.raises(InstallError, match="PROVIS_WORKER_PYTHON is"):
        find_worker_python()


def test_hosts_own_python_where_it_can_run_models(find_host: Callable) -> None:
    host = find_host(has=("torch", "transformers"), version=(3, 12, 0))
    assert host == Path(sys.executable)


def test_pymol_is_not_taken_for_python(find_host: Callable, tmp_path: Path) -> None:
    """In a bundle sys.executable is PyMOL, and its Python lies in sys.prefix."""
    python = make_program(tmp_path / "bundle" / "bin" / "python3")
    pymol = make_program(tmp_path / "bundle" / "PyMOL")
    every = {"has": ("torch", "transformers"), "version": (3, 12, 0), "prefix": tmp_path / "bundle"}
    assert find_host(**every, executable=str(pymol)) == python
    assert find_host(**every, executable="") == python
    python.unlink()
    with pytest.raises(InstallError, match="no python program in"):
        find_host(**every, executable=str(pymol))


@pytest.mark.parametrize(
    ("has", "version", "why"),
    [
        ((), (3, 12, 0), "it has no torch and no transformers"),
        (("torch",), (3, 12, 0), "it has no transformers"),
        (("torch", "transformers"), (3, 10, 4), "it is 3.10.4"),
    ],
)
def test_nothing_found_names_every_place(
    has: tuple[str, ...],
    version: tuple[int, int, int],
    why: str,
    find_host: Callable,
    provis_home: Path,
    check_plain: Callable,
) -> None:
    with pytest.raises(InstallError) as caught:
        find_host(has=has, version=version)
    text = check_plain(caught.value)
    for place in ("worker_python setting", "PROVIS_WORKER_PYTHON", str(provis_home / "data" / "env"), why):
        assert place in text
    assert "install_plugin.py env" in text


@pytest.fixture
def find_host(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """What is found in a host of this kind."""

    def find(
        has: tuple[str, ...],
        version: tuple[int, int, int],
        prefix: Path | None = None,
        executable: str | None = None,
    ) -> Path:
        with monkeypatch.context() as patch:
            patch.setattr("importlib.util.find_spec", lambda name: name if name in has else None)
            patch.setattr(sys, "version_info", (*version, "final", 0))
            if prefix is not None:
                patch.setattr(sys, "prefix", str(prefix))
            if executable is not None:
                patch.setattr(sys, "executable", executable)
            return environment.find_worker_python()

    return find


# -- environment variables -------------------------------------------------------------------------------


def test_what_leads_to_other_libraries_is_dropped() -> None:
    base = {
        "PATH": "/usr/bin",
        "HOME": "/home/user",
        "CUDA_VISIBLE_DEVICES": "1",
        "PYTHONPATH": "/pymol/lib",
        "PYTHONHOME": "/pymol",
        "PYTHONSTARTUP": "/home/user/.pythonrc",
        "pythonpath": "C:\\pymol",
        "__PYVENV_LAUNCHER__": "/pymol/bin/python",
        "HF_HUB_OFFLINE": "0",
    }
    environ = make_worker_environ(base)
    assert {name for name in environ if name.upper().startswith("PYTHON")} == {
        "PYTHONUTF8",
        "PYTHONFAULTHANDLER",
    }
    assert "__PYVENV_LAUNCHER__" not in environ
    assert {name: environ[name] for name in ("PATH", "HOME", "CUDA_VISIBLE_DEVICES")} == {
        "PATH": "/usr/bin",
        "HOME": "/home/user",
        "CUDA_VISIBLE_DEVICES": "1",
    }
    expected = {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "DISABLE_SAFETENSORS_CONVERSION": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    assert expected.items() <= environ.items()
    assert base["PYTHONHOME"] == "/pymol"


def test_library_folders_of_the_viewer_are_dropped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "pymol"))
    paths = [str(tmp_path / "pymol" / "lib"), str(tmp_path / "cuda" / "lib64"), str(tmp_path / "pymol")]
    environ = make_worker_environ({"LD_LIBRARY_PATH": os.pathsep.join(paths)})
    assert environ["LD_LIBRARY_PATH"] == paths[1]
    assert "DYLD_LIBRARY_PATH" not in environ


@pytest.mark.parametrize(
    ("base", "setting", "threads"),
    [
        ({}, 3, 3),
        ({"PROVIS_THREADS": "2", "OMP_NUM_THREADS": "7"}, None, 2),
        ({"OMP_NUM_THREADS": "7"}, None, 7),
        ({"OMP_NUM_THREADS": "7"}, 3, 3),
        ({"PROVIS_THREADS": "all", "OMP_NUM_THREADS": "4"}, None, 4),
    ],
)
def test_threads_of_the_user(base: dict[str, str], setting: int | None, threads: int) -> None:
    assert count_threads(base, threads=setting) == threads
    environ = make_worker_environ(base, threads=setting)
    assert environ["OMP_NUM_THREADS"] == environ["MKL_NUM_THREADS"] == str(threads)


def test_one_core_is_left_for_the_viewer() -> None:
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert count_threads({}) == max(1, n_cores - 1)
    assert count_threads({"OMP_NUM_THREADS": "4,2"}) == count_threads({"OMP_NUM_THREADS": "0"})


def test_limits() -> None:
    environ = make_worker_environ({"PROVIS_CACHE_LIMIT_GB": "9"}, model_memory_gb=1.5)
    assert (environ["PROVIS_MODEL_MEMORY_GB"], environ["PROVIS_CACHE_LIMIT_GB"]) == ("1.5", "9")


def test_how_to_install_into_an_ordinary_python() -> None:
    assert tell_install("matplotlib").endswith(" -m pip install matplotlib")


def test_how_to_install_where_the_system_forbids_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "EXTERNALLY-MANAGED").touch()
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get")
    assert tell_install("PyQt5") == "sudo apt-get install python3-pyqt5"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "package manager" in tell_install("PyQt5")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))  # an environment of its own is free
    assert tell_install("PyQt5").endswith(" -m pip install PyQt5")


def test_the_debian_line_in_debians_python() -> None:
    system = Path("/usr/bin/python3")
    if not list(Path("/usr/lib").glob("python3.*/EXTERNALLY-MANAGED")) or not shutil.which("apt-get"):
        pytest.skip("not a Debian whose Python is closed to pip")
    ask = "from provis_core.worker.host.environment import tell_install; print(tell_install('matplotlib'))"
    done = subprocess.run(
        [system, "-c", ask], cwd=core_dir().parent, capture_output=True, text=True, check=False
    )
    if "No module named 'numpy'" in done.stderr:
        pytest.skip("the system's Python has no numpy")
    assert done.stdout == "sudo apt-get install python3-matplotlib\n", done.stderr
