"""Which Python runs the worker, in which environment variables, and how packages come into the host's."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ...errors import InstallError
from ...system.given_files import find_path
from ...system.paths import data_dir, install_command

__all__ = [
    "MIN_PYTHON",
    "count_threads",
    "find_host_python",
    "find_worker_python",
    "make_worker_environ",
    "tell_install",
]

MIN_PYTHON: Final = (3, 11)
"""Oldest Python of a worker: transformers and torch ask for it."""

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")


def find_worker_python(setting: str | None = None) -> Path:
    """Choose the Python that runs the models.

    The first of: the setting, the environment variable ``PROVIS_WORKER_PYTHON``, ProVis's own environment
    in the data folder, the Python that runs now where it is new enough and has torch and transformers.
    A setting or variable that names no Python is an error rather than a reason to try the next.

    Parameters
    ----------
    setting : str, optional
        A program, its name on the PATH, or the folder of an environment.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InstallError
        Naming every place that was looked at.
    """
    for name, value in (
        ("The worker_python setting", setting),
        ("PROVIS_WORKER_PYTHON", os.environ.get("PROVIS_WORKER_PYTHON")),
    ):
        if value:
            return _find_named_python(name, value)
    environment = data_dir() / "env"
    for python in _environment_pythons(environment):
        if python.is_file():
            return python
    problem = _find_host_problem()
    if problem is None:
        host = find_host_python()
        if host is not None:
            return host
        problem = f"no python program in {sys.prefix}"
    raise InstallError(
        "No Python that can run a model was found. Looked at: the worker_python setting (empty), "
        f"PROVIS_WORKER_PYTHON (empty), {environment} (no Python there), the viewer's own Python ({problem})",
        f"Python {_dotted(MIN_PYTHON)} or newer with torch and transformers is needed",
        f"Make an environment: «install», or in a terminal {install_command()} (or set PROVIS_WORKER_PYTHON "
        "to a Python that has them; «doctor» tells more)",
    )


def find_host_python() -> Path | None:
    """The program that starts the Python that runs now; None where there is none, as in some bundles."""
    return next(_host_pythons(), None)


def tell_install(package: str) -> str:
    """What to type so that the Python that runs now gets a package.

    Parameters
    ----------
    package : str
        Its name for pip.

    Returns
    -------
    str
        A line for pip; where the system forbids pip (it marks the Python as externally managed), the system's
        own command.
    """
    python = find_host_python() or sys.executable or "python"
    marker = Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED"
    if sys.prefix != sys.base_prefix or not marker.is_file():
        return f"{python} -m pip install {package}"
    if shutil.which("apt-get"):
        return f"sudo apt-get install python3-{package.lower()}"
    return f"the package manager that {python} came with (its package of {package}; pip may not change it)"


def make_worker_environ(
    base: Mapping[str, str] | None = None,
    *,
    threads: int | None = None,
    model_memory_gb: float | None = None,
    cache_limit_gb: float | None = None,
) -> dict[str, str]:
    """Environment variables of the worker.

    Parameters
    ----------
    base : mapping, optional
        The host's variables; ``os.environ`` by default.
    threads : int, optional
        Of the calculation; see `count_threads`.
    model_memory_gb, cache_limit_gb : float, optional
        Limits of the worker's models and results; its own defaults hold where there is none.

    Returns
    -------
    dict of str to str
        Without those that lead a Python to another one's libraries, with those that keep the libraries
        off the network.
    """
    base = os.environ if base is None else base
    environ = {name: value for name, value in base.items() if not name.upper().startswith("PYTHON")}
    environ.pop("__PYVENV_LAUNCHER__", None)
    for name in _LIBRARY_PATHS:
        if name in environ:
            environ[name] = _without_host_folders(environ[name])
    n_threads = str(count_threads(base, threads=threads))
    environ.update(dict.fromkeys(_THREAD_VARIABLES, n_threads))
    environ.update(
        PYTHONUTF8="1",
        PYTHONFAULTHANDLER="1",
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        DISABLE_SAFETENSORS_CONVERSION="1",
        TOKENIZERS_PARALLELISM="false",
    )
    if model_memory_gb is not None:
        environ["PROVIS_MODEL_MEMORY_GB"] = f"{model_memory_gb:g}"
    if cache_limit_gb is not None:
        environ["PROVIS_CACHE_LIMIT_GB"] = f"{cache_limit_gb:g}"
    return environ


def count_threads(base: Mapping[str, str] | None = None, *, threads: int | None = None) -> int:
    """How many threads the worker calculates with.

    Parameters
    ----------
    base : mapping, optional
        Environment variables; ``os.environ`` by default.
    threads : int, optional
        The user's setting.

    Returns
    -------
    int
        The setting, else ``PROVIS_THREADS``, else ``OMP_NUM_THREADS``, else one less than there are cores,
        so that the viewer keeps one; at least 1.
    """
    base = os.environ if base is None else base
    for value in (threads, base.get("PROVIS_THREADS"), base.get("OMP_NUM_THREADS")):
        if value and str(value).isdecimal() and int(value) > 0:
            return int(value)
    if sys.platform == "linux":
        n_cores = len(os.sched_getaffinity(0))
    else:
        n_cores = os.cpu_count() or 1
    return max(1, n_cores - 1)


def _find_named_python(name: str, value: str) -> Path:
    path = find_path(value, name)
    candidates = [*_environment_pythons(path)] if path.is_dir() else [path]
    on_path = shutil.which(value)
    if on_path is not None:
        candidates.append(Path(on_path))
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate.absolute()  # not resolved: a link is how an environment's Python knows itself
    raise InstallError(
        f"{name} is {value!r}, where there is no Python that can be run",
        f"A Python {_dotted(MIN_PYTHON)} or newer with torch and transformers, or the folder of such an "
        "environment, is needed",
        f"Correct it, or empty it and make an environment, in a terminal: {install_command()}",
    )


def _environment_pythons(folder: Path) -> tuple[Path, ...]:
    return (folder / "bin" / "python", folder / "Scripts" / "python.exe", folder / "python.exe")


def _find_host_problem() -> str | None:
    """Why the Python that runs now cannot be the worker's; None where it can."""
    if sys.version_info[:2] < MIN_PYTHON:
        return f"it is {_dotted(sys.version_info[:3])}"
    missing = [name for name in ("torch", "transformers") if not _has_module(name)]
    return f"it has no {' and no '.join(missing)}" if missing else None


def _has_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # a module in sys.modules that has no spec
        return name in sys.modules


def _host_pythons() -> Iterator[Path]:
    """Programs that start the Python that runs now; in a PyMOL bundle ``sys.executable`` may be PyMOL."""
    prefix = Path(sys.prefix)
    version = _dotted(sys.version_info[:2])
    names = [
        Path(sys.executable or "pymol"),
        prefix / "bin" / f"python{version}",
        prefix / "bin" / "python3",
        prefix / "bin" / "python",
        prefix / "python.exe",
        prefix / "Scripts" / "python.exe",
    ]
    return (path for path in names if path.name.lower().startswith("python") and path.is_file())


def _without_host_folders(value: str) -> str:
    """Drop the folders of the viewer's own bundle from a library search path."""
    roots = [os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix)]
    if os.environ.get("PYMOL_PATH"):
        roots.append(os.path.realpath(os.environ["PYMOL_PATH"]))
    roots = [root for root in roots if root not in ("/", "/usr", "/usr/local")]
    return os.pathsep.join(
        folder
        for folder in value.split(os.pathsep)
        if not any(Path(os.path.realpath(folder)).is_relative_to(root) for root in roots)
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in version)
