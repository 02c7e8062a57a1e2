"""The worker's environment, made by uv from tiny wheels: nothing is downloaded here."""

from __future__ import annotations

import http.server
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


def uv_folder(home: Home) -> Path:
    return env_folder(home).with_name("uv")


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def path_without_uv(*first: Path) -> str:
    """The PATH without folders that have uv."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join([*map(str, first), *(f for f in folders if not (Path(f) / "uv").exists())])


class FakeUv:
    """A uv that writes down what it is asked and answers as told.

    Attributes
    ----------
    path : str
        PATH on which it is found.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = path_without_uv(folder / "bin")
        self.answer()

    def answer(self, text: str = "") -> None:
        """Let it run `text` for what it is asked; it succeeds where that does not end it."""
        log = f'echo "$@" >> {self.folder / "asked"}; env > {self.folder / "environ"}'
        write_program(self.folder / "bin" / "uv", f"{log}\n{text}\nexit 0")

    def asked(self, *words: str) -> list[str]:
        """Its command lines that begin with `words`, in their order."""
        path, start = self.folder / "asked", " ".join(words)
        return [line for line in path.read_text().splitlines() if line.startswith(start)]

    def environ(self) -> dict[str, str]:
        lines = (self.folder / "environ").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)


@pytest.fixture
def fake_uv(tmp_path: Path) -> FakeUv:
    return FakeUv(tmp_path)


def make_env_by_hand(home: Home, modules: list[str]) -> None:
    """An environment with empty modules, as an earlier run would leave it."""
    env = env_folder(home)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", env], check=True)
    (site,) = env.glob("lib/python*/site-packages")
    for name in modules:
        (site / f"{name}.py").touch()


def test_an_offline_environment_is_made_continued_and_repaired(home: Home, root: Path, uv: Path) -> None:
    """One story, because making an environment is the slow part."""
    wheels = home.path / "wheels"
    wheels.mkdir()
    write_worker_wheels(wheels, root / "constraints.txt", ["torch"])
    write_wheel(wheels, "uv", "0.13.9", program=f'#!/bin/sh\nexec "{uv}" "$@"\n')
    command = ["env", "--wheels", wheels, "--python", sys.executable]
    alone = {"PATH": path_without_uv()}
    env = env_folder(home)

    # an earlier run was killed before there was a Python, and the rest of the wheels is missing
    env.mkdir(parents=True)
    (env / "pyvenv.cfg").touch()
    said = home.install(*command, code=1, **alone)
    assert f"it is put into {uv_folder(home)}" in said
    assert "is half made; making it anew" in said
    assert "[2/3] torch" in said and "it goes on where it stopped" in said
    assert (env / "bin" / "python").is_file()
    born = (env / "pyvenv.cfg").stat().st_mtime_ns

    # the same command goes on
    write_worker_wheels(wheels, root / "constraints.txt", NAMES)
    said = home.install(*command, **alone)
    assert "is put into" not in said
    assert "is there already, with Python" in said
    assert "devices: CPU" in said.split("[3/3]")[1]
    assert f"The models run with {env / 'bin' / 'python'}" in said
    assert (env / "pyvenv.cfg").stat().st_mtime_ns == born
    assert not (uv_folder(home) / "cache").exists()

    # once more: nothing to do
    said = home.install(*command, **alone)
    assert "Installed" not in said and "The models run with" in said

    # a package that was cut off in the middle is put right
    (site,) = env.glob("lib/python*/site-packages")
    (site / "transformers" / "__init__.py").unlink()
    said = home.install(*command, **alone)
    assert "transformers is damaged" in said and "The models run with" in said
    assert (site / "transformers" / "__init__.py").is_file()

    # also one whose list of files was never written
    (site / "torch" / "__init__.py").unlink()
    (record,) = site.glob("torch-*/RECORD")
    record.unlink()
    said = home.install(*command, **alone)
    assert "torch is damaged" in said and "The models run with" in said
    assert (site / "torch" / "__init__.py").is_file()

    # uninstalling takes it all away
    assert "Kept" in home.install("uninstall")
    shutil.rmtree(wheels)
    home.install("uninstall", "--env", "--source", home.path / "plugin.zip", code=1)
    home.install("zip", "--out", home.path / "plugin.zip")
    home.install("uninstall", "--env", "--source", home.path / "plugin.zip")
    assert not env.exists() and not uv_folder(home).exists()


def test_an_empty_folder_of_wheels_is_refused(home: Home) -> None:
    (home.path / "wheels").mkdir()
    said = home.install("env", "--wheels", home.path / "wheels", code=1)
    assert "no wheel is in" in said
    assert not env_folder(home).exists()


def test_a_folder_of_wheels_without_uv_is_told(home: Home, root: Path) -> None:
    wheels = home.path / "wheels"
    wheels.mkdir()
    write_worker_wheels(wheels, root / "constraints.txt", NAMES)
    said = home.install("env", "--wheels", wheels, code=1, PATH=path_without_uv())
    assert f"no wheel of uv is in {wheels}" in said and "pip download uv" in said


def test_uv_is_taken_with_pip_where_it_is_missing(home: Home, root: Path) -> None:
    wheels = home.path / "wheels"
    wheels.mkdir()
    (pin,) = (li[4:] for li in (root / "constraints.txt").read_text().splitlines() if li.startswith("uv=="))
    write_wheel(wheels, "uv", pin, program="#!/bin/sh\necho this is uv >&2\nexit 3\n")
    only = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}
    said = home.install("env", code=1, PATH=path_without_uv(), **only)
    assert "pip install" in said and f"--target {uv_folder(home)}" in said
    assert "this is uv" in said
    said = home.install("env", code=1, PATH=path_without_uv(), **only)
    assert "pip install --disable" not in said  # it is there now


def test_a_python_that_is_too_old_is_named(home: Home, fake_uv: FakeUv, tmp_path: Path) -> None:
    old = write_program(tmp_path / "old" / "python3.10", "echo PROVIS 3 10 13")
    fake_uv.answer(f'[ "$1 $2" = "python find" ] && echo {old}')
    said = home.install("env", "--python", old, code=1, PATH=fake_uv.path)
    assert f"{old} is Python 3.10.13" in said
    assert "The models need Python 3.11 or newer" in said
    assert "--python" in said
    assert not env_folder(home).exists()


def test_a_python_that_does_not_run_is_named(home: Home, fake_uv: FakeUv) -> None:
    fake_uv.answer("exit 2")
    said = home.install("env", "--python", "/no/python", code=1, PATH=fake_uv.path)
    assert "no environment could be made with /no/python" in said
    assert "The models need Python 3.11 or newer" in said


def test_wheels_decide_the_version_of_python(home: Home, fake_uv: FakeUv) -> None:
    wheels = home.path / "wheels"
    wheels.mkdir()
    write_wheel(wheels, "torch", "2.13.0", "cp399-cp399-any")
    fake_uv.answer('[ "$1" = venv ] && exit 2')
    home.install("env", "--wheels", wheels, code=1, PATH=fake_uv.path)
    (line,) = fake_uv.asked("venv")
    assert "--python 3.99 " in line
    assert fake_uv.environ()["UV_OFFLINE"] == "1" and fake_uv.environ()["UV_FIND_LINKS"] == str(wheels)


def test_a_known_version_goes_before_a_newer_one(home: Home, fake_uv: FakeUv) -> None:
    fake_uv.answer('[ "$1" = venv ] && exit 2')
    home.install("env", code=1, PATH=fake_uv.path)
    known, any_ = fake_uv.asked("python find")
    assert known.endswith(" >=3.11,<3.15") and any_.endswith(" >=3.11")
    (line,) = fake_uv.asked("venv")
    assert "--python >=3.11,<3.15 " in line  # none is there: uv brings one


def test_options_reach_uv(home: Home, fake_uv: FakeUv, root: Path) -> None:
    make_env_by_hand(home, NAMES)

    def ask(*options: str) -> str:
        home.install("env", *options, code=1, PATH=fake_uv.path)  # the check finds the modules empty
        return fake_uv.asked("pip install")[-1]

    line = ask(
        "--torch-index", "https://mirror.example.org/torch", "--proxy", "http://proxy.example.org:3128"
    )
    assert "--index https://mirror.example.org/torch --index-strategy unsafe-best-match" in line
    assert "--torch-backend" not in line
    assert f"-c {root / 'constraints.txt'}" in line
    assert fake_uv.environ()["HTTPS_PROXY"] == "http://proxy.example.org:3128"
    assert "--torch-backend auto" in ask()
    assert "--torch-backend cu126" in ask("--torch-backend", "cu126")
    assert "-c " not in ask("--latest")


def test_settings_of_pip_hold_for_uv(home: Home, fake_uv: FakeUv) -> None:
    if subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode:
        pytest.skip("this Python has no pip")
    settings = home.path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://mirror.example.org/simple\nfind-links =\n    /one\n    /two\n"
        "cert = /etc/group.pem\n[install]\nextra-index-url = https://more.example.org/simple\n"
    )
    kept = {name: "" for name in os.environ if name.startswith("PIP_")}
    fake_uv.answer("exit 2")
    home.install("env", code=1, PATH=fake_uv.path, **{**kept, "PIP_CONFIG_FILE": str(settings)})
    seen = fake_uv.environ()
    assert seen["UV_DEFAULT_INDEX"] == "https://mirror.example.org/simple"
    assert {"/one", "/two"} <= set(seen["UV_FIND_LINKS"].split(","))
    assert seen["SSL_CERT_FILE"] == os.environ.get("SSL_CERT_FILE", "/etc/group.pem")
    assert "https://more.example.org/simple" in seen["UV_INDEX"].split()
    home.install(
        "env",
        code=1,
        PATH=fake_uv.path,
        PIP_CONFIG_FILE=str(settings),
        UV_DEFAULT_INDEX="https://mine.example.org",
    )
    assert fake_uv.environ()["UV_DEFAULT_INDEX"] == "https://mine.example.org"


def test_the_ordinary_index_takes_over_where_torchs_own_cannot_be_reached(
    home: Home, fake_uv: FakeUv
) -> None:
    make_env_by_hand(home, NAMES)
    unreachable = 'case "$*" in *torch-backend*) echo cannot reach it; exit 2;; esac'
    fake_uv.answer(unreachable)
    said = home.install("env", code=1, PATH=fake_uv.path)
    first, second, *_ = fake_uv.asked("pip install")
    assert "--torch-backend auto" in first and "--torch-backend" not in second
    assert "cannot reach it" in said and "taking the ordinary one" in said
    assert "GB to download" not in said  # nothing of NVIDIA's would come

    if shutil.which("nvidia-smi") is None and not Path("/proc/driver/nvidia/version").exists():
        fake_uv.answer(unreachable + '\ncase "$*" in *dry-run*) echo " + nvidia-cublas==13" >&2;; esac')
        said = home.install("env", code=1, PATH=fake_uv.path)
        assert "No NVIDIA card was found" in said and "2.5 GB to download" in said and "--torch-index" in said

    n_before = len(fake_uv.asked("pip install"))
    said = home.install("env", "--torch-backend", "cpu", code=1, PATH=fake_uv.path)
    assert len(fake_uv.asked("pip install")) == n_before + 1  # what was asked for is not replaced by another
    assert "taking the ordinary one" not in said


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
        said = home.install("env", "--proxy", proxy, code=1, PATH=path_without_uv(), **alone)
        server.shutdown()
    assert asked
    assert "this command ended with code 1" in said


def test_a_data_folder_that_cannot_be_written_is_named(home: Home, fake_uv: FakeUv, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = home.install("env", code=1, PATH=fake_uv.path, PROVIS_HOME=str(tmp_path / "file"))
    assert "cannot be written" in said and "PROVIS_HOME" in said


def test_places_that_may_not_be_looked_into_are_passed_over(home: Home) -> None:
    home.install("list", CONDA_PREFIX="/" + "x" * 5000, CONDA_EXE="/" + "y" * 5000)


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
    assert "would run: " in home.install("env", "--dry-run", python=python)
    home.install("uninstall", python=python)
    assert home.snapshot() == {".pymol": None, ".pymol/startup": None}
