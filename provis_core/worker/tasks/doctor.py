"""What is installed in the worker's Python, and what is wrong with it."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from ...errors import ProvisError
from ...system.paths import install_command
from ..wire.message import Answer
from ._running import Bench, BenchRequest, Report

__all__ = ["REQUEST", "DoctorReport", "DoctorRequest", "diagnose"]

_PACKAGES: Final = (
    "torch", "transformers", "numpy", "safetensors", "tokenizers", "sentencepiece",
)  # fmt: skip
_OLDEST: Final = {"torch": (2, 6), "transformers": (5, 0)}
_INSTALL: Final = f"Make an environment that has it, in a terminal: {install_command()}"


@dataclass(frozen=True)
class DoctorReport(Answer):
    """Worker to host: the answer to a `DoctorRequest`.

    Attributes
    ----------
    python : str
        Version and path.
    packages : dict of str to str
        Name to version of torch, transformers and the other libraries; empty where missing.
    devices : tuple of str
        What torch can use, best first.
    threads : int
    cache_dir : str
    cache_bytes : int
    problems : tuple of str
        Each with what to do.
    remarks : tuple of str
        What is good to know and hinders nothing.
    """

    kind: ClassVar[str] = "doctor_report"
    python: str
    packages: dict[str, str]
    devices: tuple[str, ...]
    threads: int
    cache_dir: str
    cache_bytes: int
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("devices", "problems", "remarks"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


@dataclass(frozen=True)
class DoctorRequest(BenchRequest[DoctorReport]):
    """Host to worker: what is installed, and what is wrong with it.

    Attributes
    ----------
    checkpoints : dict of str to str
        Name to folder of the checkpoints to check.
    """

    kind: ClassVar[str] = "doctor"
    answer: ClassVar[type[DoctorReport]] = DoctorReport
    checkpoints: dict[str, str] = field(default_factory=dict)

    def run(self, bench: Bench, report: Report) -> DoctorReport:
        """Look at everything."""
        return diagnose(self, bench)


REQUEST = DoctorRequest


def diagnose(
    request: DoctorRequest,
    bench: Bench,
    *,
    find_version: Callable[[str], str] | None = None,
    find_devices: Callable[[list[str]], tuple[tuple[str, ...], int]] | None = None,
) -> DoctorReport:
    """Look at the worker's Python, its libraries, the devices, the results folder and the checkpoints.

    Parameters
    ----------
    request : DoctorRequest
    bench : Bench
    find_version, find_devices : callable, optional
        In place of looking at what is installed.

    Returns
    -------
    DoctorReport
    """
    packages = {name: (find_version or _find_version)(name) for name in _PACKAGES}
    problems = _check_versions(packages)
    remarks: list[str] = []
    devices: tuple[str, ...] = ("cpu",)
    threads = 0
    if packages["torch"]:
        try:
            devices, threads = (find_devices or _find_devices)(remarks)
        except (ImportError, OSError, RuntimeError) as error:
            problems.append(f"torch is installed but cannot be loaded ({error}). {_INSTALL}")
    problems += _check_cache_folder(bench.cache_dir)
    for name, folder in request.checkpoints.items():
        try:
            bench.fingerprint(Path(folder))
        except ProvisError as error:
            problems.append(f"{name}: {error}")
        except OSError as error:
            problems.append(
                f"{name}: the folder {folder} cannot be read ({error}). Fetch the model again, or correct "
                "its path."
            )
    return DoctorReport(
        python=f"{platform.python_version()} {sys.executable}",
        packages=packages,
        devices=devices,
        threads=threads,
        cache_dir=str(bench.cache_dir),
        cache_bytes=bench.measure_cache(),
        problems=tuple(problems),
        remarks=tuple(remarks),
        job=request.job,
    )


def _find_version(name: str) -> str:
    from importlib.metadata import (
        PackageNotFoundError,
        version,
    )  # the viewer, which reads this file, needs none

    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _check_versions(packages: dict[str, str]) -> list[str]:
    problems = []
    for name, oldest in _OLDEST.items():
        needed = ".".join(str(number) for number in oldest)
        found = tuple(int(number) for number in re.findall(r"\d+", packages[name])[:2])
        if not found:
            problems.append(f"{name} is missing. Version {needed} or newer is needed. {_INSTALL}")
        elif found < oldest:
            problems.append(f"{name} is {packages[name]}. Version {needed} or newer is needed. {_INSTALL}")
    return problems


def _find_devices(remarks: list[str]) -> tuple[tuple[str, ...], int]:
    import torch

    devices = [
        f"cuda:{number} ({torch.cuda.get_device_name(number)})" for number in range(torch.cuda.device_count())
    ]
    if torch.version.cuda and not devices:
        remarks.append(
            f"this torch could use an NVIDIA card (CUDA {torch.version.cuda}) and finds none: models run on "
            "the CPU. If the computer has one, its driver is missing or too old."
        )
    if torch.backends.mps.is_available():
        devices.append("mps")
    return (*devices, "cpu"), torch.get_num_threads()


def _check_cache_folder(folder: Path) -> list[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(os.urandom(4096))
    except OSError as error:
        return [
            f"The results folder {folder} cannot be written ({error}). Results are kept only until the "
            "worker ends. Free some space or set PROVIS_HOME to another folder."
        ]
    return []
