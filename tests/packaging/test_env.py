"""The worker's environment, made from tiny wheels: nothing is downloaded here."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from .conftest import Home
from .fake_wheels import write_wheel, write_worker_wheels

NAMES = ["torch", "transformers", "safetensors", "sentencepiece", "numpy"]


def env_folder(home: Home) -> Path:
    return home.path / ".local" / "share" / "provis" / "env"


def fake_program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def fake_python(folder: Path, version: tuple[int, int, int], **more: bool) -> Path:
    """A program that answers as a Python of that version would."""
    path = folder / f"python{version[0]}.{version[1]}"
    answer = {"version": version, "executable": str(path), "venv": True, "pymol": False, "bits": True}
    return fake_program(folder, path.name, f"echo 'PROVIS{json.dumps({**answer, 'free': False, **more})}'")


def test_an_offline_environment_is_made_continued_and_repaired(home: Home, root: Path) -> None:
    """One story, because making an environment is the slow part."""
    wheels = home.path / "wheels"
    wheels.mkdir()
    write_worker_wheels(wheels, root / "constraints.txt", ["torch"])
    command = ["env", "--no-uv", "--wheels", wheels]
    env = env_folder(home)

    # an earlier run was killed before there was a Python, and the rest of the wheels is missing
    env.mkdir(parents=True)
    (env / "pyvenv.cfg").touch()
    said = home.install(*command, code=1)
    assert "is half made; making it anew" in said
    assert "[2/4] torch" in said and "it goes on where it stopped" in said
    assert (env / "bin" / "python").is_file()
    born = (env / "pyvenv.cfg").stat().st_mtime_ns

    # the same command goes on
    write_worker_wheels(wheels, root / "constraints.txt", NAMES)
    said = home.install(*command)
    assert "is there already, with Python" in said
    assert "torch 2" in said.split("[2/4]")[0] and "nothing to do" in said.split("[2/4]")[1].split("[3/4]")[0]
    assert "devices: CPU" in said.split("[4/4]")[1]
    assert f"The models run with {env / 'bin' / 'python'}" in said
    assert (env / "pyvenv.cfg").stat().st_mtime_ns == born

    # once more: nothing to do
    said = home.install(*command)
    assert said.count("nothing to do") == 2

    # a package that was cut off in the middle is put right
    (site,) = env.glob("lib/python*/site-packages")
    (site / "transformers" / "__init__.py").unlink()
    said = home.install(*command)
    assert "transformers is damaged" in said and "The models run with" in said
    assert (site / "transformers" / "__init__.py").is_file()

    # also one whose list of files was never written, which pip alone cannot repair
    (site / "torch" / "__init__.py").unlink()
    (record,) = site.glob("torch-*/RECORD")
    record.unlink()
    said = home.install(*command)
    assert "making the environment anew" in said and "The models run with" in said

    # uninstalling takes it all away
    assert "Kept" in home.install("uninstall")
    shutil.rmtree(wheels)
    home.install("uninstall", "--env", "--source", home.path / "plugin.zip", code=1)
    home.install("zip", "--out", home.path / "plugin.zip")
    home.install("uninstall", "--env", "--source", home.path / "plugin.zip")
    assert not env.exists()


def test_an_empty_folder_of_wheels_is_refused(home: Home) -> None:
    (home.path / "wheels").mkdir()
    said = home.install("env", "--no-uv", "--wheels", home.path / "wheels", code=1)
    assert "no wheel is in" in said
    assert not env_folder(home).exists()


def test_a_python_that_is_too_old_is_named(home: Home, tmp_path: Path) -> None:
    old = fake_python(tmp_path / "bin", (3, 10, 13))
    said = home.install("env", "--no-uv", "--python", old, code=1)
    assert f"found only: {old} (3.10.13)" in said
    assert "The models need Python 3.11 or newer" in said
    assert "--python" in said
    assert not env_folder(home).exists()


def test_a_python_that_does_not_run_is_named(home: Home) -> None:
    assert "/no/python does not run" in home.install("env", "--no-uv", "--python", "/no/python", code=1)


def test_a_python_without_venv_names_the_package(home: Home, tmp_path: Path) -> None:
    bare = fake_python(tmp_path / "bin", (3, 12, 1), venv=False)
    said = home.install("env", "--no-uv", "--python", bare, code=1)
    assert "without the module venv" in said
    assert "apt-get install python3-venv" in said


def test_wheels_decide_the_version_of_python(home: Home, tmp_path: Path) -> None:
    wheels = home.path / "wheels"
    wheels.mkdir()
    write_wheel(wheels, "torch", "2.13.0", "cp399-cp399-any")
    said = home.install("env", "--no-uv", "--wheels", wheels, code=1)
    assert f"The models need Python 3.99 (torch in {wheels} was built for it)" in said
    fitting = fake_python(tmp_path / "bin", (3, 99, 0))
    said = home.install("env", "--no-uv", "--wheels", wheels, "--python", fitting, "--dry-run")
    assert f"with {fitting} (3.99.0)" in said


def test_a_known_version_goes_before_a_newer_one(installer: ModuleType, tmp_path: Path) -> None:
    for version in ((3, 15, 0), (3, 13, 0), (3, 10, 0)):
        fake_python(tmp_path / "bin", version)
    code = (
        "import importlib.util as u, sys; s = u.spec_from_file_location('i', sys.argv[1])\n"
        "i = u.module_from_spec(s); s.loader.exec_module(i)\n"
        "sys.executable = ''\nprint(i.find_worker_base()['path'])"
    )
    environ = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code, installer.__file__],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(tmp_path / "bin" / "python3.13")


def test_options_reach_pip(home: Home, root: Path) -> None:
    said = home.install(
        "env", "--no-uv", "--dry-run", "--torch-index", "https://mirror.example.org/torch",
        "--proxy", "http://proxy.example.org:3128",
    )  # fmt: skip
    torch, others = (line for line in said.splitlines() if "-m pip install" in line)
    assert "--extra-index-url https://mirror.example.org/torch" in torch
    assert "mirror" not in others
    for line in (torch, others):
        assert "--proxy http://proxy.example.org:3128" in line
        assert f"-c {root / 'constraints.txt'}" in line
    assert "-c " not in home.install("env", "--no-uv", "--dry-run", "--latest")
    said = home.install("env", "--no-uv", "--dry-run", "--torch-backend", "cu126", code=1)
    assert "uv is not installed" in said and "--torch-index" in said


def test_uv_is_used_where_it_is_installed(home: Home, tmp_path: Path) -> None:
    fake_program(tmp_path / "bin", "uv", "exit 1")
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    said = home.install("env", "--dry-run", PATH=path)
    commands = [line for line in said.splitlines() if "would run:" in line]
    assert "uv venv --python" in commands[0]
    assert "uv pip install --python" in commands[1] and "--torch-backend auto" in commands[1]
    assert "--torch-backend" not in commands[2]
    assert "--torch-backend cpu" in home.install("env", "--dry-run", "--torch-backend", "cpu", PATH=path)
    without = home.install("env", "--dry-run", "--no-uv", PATH=path)
    assert "uv venv" not in without and "uv pip" not in without


def test_pip_takes_over_where_uv_cannot(home: Home, tmp_path: Path, root: Path) -> None:
    make = f'[ "$1" = venv ] && exec {sys.executable} -m venv --without-pip "$4"; echo uv failed; exit 2'
    fake_program(tmp_path / "bin", "uv", make)
    wheels = home.path / "wheels"
    wheels.mkdir()
    write_worker_wheels(wheels, root / "constraints.txt", NAMES)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    said = home.install("env", "--wheels", wheels, PATH=path)
    assert "uv failed" in said and "Trying again with pip" in said
    assert "The models run with" in said


def test_the_proxy_is_really_asked(home: Home) -> None:
    asked: list[str] = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(self.path)
            self.send_error(403, "not today")

        do_GET = do_HEAD = do_CONNECT

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        proxy = f"http://127.0.0.1:{server.server_address[1]}"
        alone = {"PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "NO_PROXY": ""}
        said = home.install("env", "--no-uv", "--proxy", proxy, code=1, **alone)
        server.shutdown()
    assert asked
    assert "this command ended with code 1" in said


def test_a_data_folder_that_cannot_be_written_is_named(home: Home, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = home.install("env", "--no-uv", code=1, PROVIS_HOME=str(tmp_path / "file"))
    assert "cannot be written" in said and "PROVIS_HOME" in said


def test_places_that_may_not_be_looked_into_are_passed_over(home: Home) -> None:
    said = home.install(
        "env", "--no-uv", "--dry-run", PYENV_ROOT="/" + "x" * 5000, CONDA_EXE="/" + "y" * 5000
    )
    assert "would run: " in said


def test_without_the_right_to_install_system_packages_they_are_named(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(installer.InstallError, match="sudo apt-get install libgl1 xvfb"):
        installer.install_debs(installer.Hands(), ["libgl1", "xvfb"], "for a test")


@pytest.mark.parametrize("version", ["3.8", "3.10", "3.13"])
def test_any_python_can_run_the_installer(home: Home, version: str) -> None:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = [*pyenv.glob(f"{version}.*/bin/python"), *filter(None, [shutil.which(f"python{version}")])]
    if not found or subprocess.run([found[0], "-V"], capture_output=True, check=False).returncode:
        pytest.skip(f"python{version} is not installed")
    python = found[0]
    assert "is in" in home.install("install", python=python)
    assert "would run: " in home.install("env", "--no-uv", "--dry-run", python=python)
    home.install("uninstall", python=python)
    assert home.snapshot() == {".pymol": None, ".pymol/startup": None}
