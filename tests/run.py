"""Set up everything the tests need, and run them: ``python3 tests/run.py [PYTEST ARGUMENTS]``.

Any Python >= 3.8 may run it; it makes the environment ``.venv-tests`` with a Python >= 3.11 (the tested
versions of constraints.txt, the project in editable form, PyMOL's wheel) and, for ChimeraX's library,
``.venv-chimerax``, in which a part of the tests runs once more; and it asks apt-get for Debian's
own PyMOL, a virtual display and Qt's libraries where it has the right to. What cannot be installed is
named, and the tests that need it skip and say so. The second run starts the tests at once.

    python3 tests/run.py                        all tests
    python3 tests/run.py tests/core -x          what follows goes to pytest
    python3 tests/run.py --setup-only           no tests
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import install_plugin as installer  # noqa: E402
from tests.chimerax import library as chimerax  # noqa: E402

VENV = ROOT / ".venv-tests"
IN_CHIMERAX = ("tests/contract", "tests/chimerax")  # what runs in ChimeraX's library, too
EXTRAS = "worker,program,panel,qt6,train,antiberty,dev"
DEBS = (
    "pymol",
    "xvfb",
    "xdotool",
    "libegl1",
    "libgl1",
    "libxkbcommon-x11-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xinerama0",
    "libdbus-1-3",
    "libfontconfig1",
    "fonts-liberation",
)


def set_up(hands: installer.Hands) -> Path:
    """Make or complete the environment; returns its Python."""
    missing = [name for name in DEBS if not is_installed(name)]
    if missing:
        try:
            installer.install_debs(hands, missing, "PyMOL and a virtual display for the tests")
        except installer.InstallError as exc:
            installer.say(f"Some tests will skip: {exc}")
    python = _python_of(VENV)
    stamp, wanted = VENV / "installed.txt", _fingerprint()
    if python.is_file() and stamp.is_file() and stamp.read_text() == wanted:
        return python
    uv = find_uv(hands)
    uv.make(VENV)
    uv.install(python, ["--editable", f"{ROOT}[{EXTRAS}]", installer.PYMOL_WHEEL])
    stamp.write_text(wanted)
    return python


def is_installed(package: str) -> bool:
    """Whether dpkg has a package; not where there is no dpkg."""
    try:
        command = ["dpkg-query", "-W", "-f", "${Status}", package]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return False
    return b"install ok installed" in done.stdout


def set_up_chimerax(hands: installer.Hands) -> None:
    """Make the environment of ChimeraX's library, unless it is there; that it cannot be had is told."""
    python = _python_of(chimerax.FOLDER)
    stamp, wanted = chimerax.FOLDER / "installed.txt", "\n".join([*chimerax.NEEDED, *chimerax.ALONE])
    if python.is_file() and stamp.is_file() and stamp.read_text() == wanted:
        return
    try:
        uv = find_uv(hands, "--python", "3.11", constraints=None)
        uv.make(chimerax.FOLDER)
        uv.install(python, chimerax.NEEDED)
        uv.install(python, ["--no-deps", *chimerax.ALONE])
        stamp.write_text(wanted)
    except installer.InstallError as exc:
        installer.say(f"Tests of ChimeraX will skip: {exc}")


def _python_of(folder: Path) -> Path:
    return folder / "bin" / "python" if os.name != "nt" else folder / "Scripts" / "python.exe"


def find_uv(
    hands: installer.Hands, *options: str, constraints: Path | None = ROOT / "constraints.txt"
) -> installer.Uv:
    given = installer.build_parser().parse_args(["env", *options])
    return installer.Uv(hands, given, ROOT / ".venv-uv", constraints)


def bring_structures(hands: installer.Hands, python: Path) -> None:
    """Fill the folder of real structures, see tests/data.py; what does not come is told."""
    folder = ROOT / ".venv-structures"
    try:
        if not (folder / "pdb").is_dir():
            package = ["--no-deps", "--target", folder / "package", "mdanalysistests"]
            find_uv(hands).install(python, package)
        hands.run([python, "-m", "tests.data"], cwd=ROOT)
    except installer.InstallError as exc:
        installer.say(f"Some tests will skip: {exc}")


def _fingerprint() -> str:
    files = [ROOT / "constraints.txt", ROOT / "pyproject.toml", Path(__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Set up and run the tests", add_help=False)
    parser.add_argument("--setup-only", action="store_true")
    args, for_pytest = parser.parse_known_args(argv)
    try:
        python = set_up(installer.Hands())
    except installer.InstallError as exc:
        print(f"tests/run.py: {exc}", file=sys.stderr)
        return 1
    has_shared = (ROOT.parent / "shared" / "data" / "structures").is_dir()
    if not has_shared and (args.setup_only or not (ROOT / ".venv-structures").is_dir()):
        bring_structures(installer.Hands(), python)
    if args.setup_only or not for_pytest:
        set_up_chimerax(installer.Hands())
    if args.setup_only:
        return 0
    environ = {**os.environ, "PYTEST_QT_API": "pyqt5"}  # Qt 6 is there for tests in processes of their own
    runs = [[python, "-m", "pytest", *for_pytest]]
    if not for_pytest and (chimerax.FOLDER / "installed.txt").is_file():
        environ["PROVIS_TEST_WORKER"] = str(python)  # ChimeraX's Python has no torch
        runs.append([_python_of(chimerax.FOLDER), "-m", "pytest", *IN_CHIMERAX])
    return max(subprocess.run(run, cwd=ROOT, env=environ, check=False).returncode for run in runs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
