"""What the worker tells about its Python."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from provis_core.actions.work.report import describe_doctor
from provis_core.errors import CheckpointError
from provis_core.worker.serving.cache import ResultCache
from provis_core.worker.tasks.doctor import DoctorReport, DoctorRequest, diagnose

GOOD = {"torch": "2.13.0+cpu", "transformers": "5.23.0", "numpy": "2.0"}


class Bench:
    """A folder of results, and checkpoints that are known by their configuration."""

    def __init__(self, cache_dir: Path) -> None:
        self.cache_dir = cache_dir

    def measure_cache(self) -> int:
        return ResultCache(self.cache_dir).measure()

    def fingerprint(self, folder: Path) -> str:
        if folder.name == "damaged":
            raise CheckpointError("no weights", "weights", "fetch them")
        return (folder / "config.json").read_text()


@pytest.fixture
def examine(tmp_path: Path) -> Callable[..., DoctorReport]:
    def run(
        versions: Mapping[str, str] = GOOD,
        devices: tuple[str, ...] = ("cpu",),
        checkpoints: Mapping[str, str] | None = None,
        error: Exception | None = None,
    ) -> DoctorReport:
        def find_devices(remarks: list[str]) -> tuple[tuple[str, ...], int]:
            if error is not None:
                raise error
            return devices, 3

        return diagnose(
            DoctorRequest(dict(checkpoints or {}), job=1),
            Bench(tmp_path / "results"),
            find_version=lambda name: versions.get(name, ""),
            find_devices=find_devices,
        )

    return run


def test_all_is_well(examine: Callable, tmp_path: Path) -> None:
    report = examine(devices=("cuda:0 (H100)", "cpu"))
    assert report.problems == ()
    assert report.devices == ("cuda:0 (H100)", "cpu")
    assert report.threads == 3
    assert report.packages["torch"] == "2.13.0+cpu"
    assert report.cache_dir == str(tmp_path / "results")
    assert report.cache_bytes == 0


@pytest.mark.parametrize(
    ("versions", "problem"),
    [
        ({**GOOD, "torch": ""}, "torch is missing. Version 2.6 or newer"),
        ({**GOOD, "torch": "2.5.1"}, "torch is 2.5.1. Version 2.6 or newer"),
        ({**GOOD, "transformers": "4.57.0"}, "transformers is 4.57.0. Version 5.0 or newer"),
        ({**GOOD, "transformers": ""}, "transformers is missing"),
    ],
)
def test_versions(versions: dict[str, str], problem: str, examine: Callable) -> None:
    (text,) = examine(versions).problems
    assert text.startswith(problem)
    assert "install_plugin.py env" in text


@pytest.mark.parametrize(
    "error", [ImportError("libcudart.so.12"), OSError("libcudart.so.12"), RuntimeError("x")]
)
def test_torch_that_cannot_be_loaded(error: Exception, examine: Callable) -> None:
    report = examine(error=error)
    (text,) = report.problems
    assert text.startswith(f"torch is installed but cannot be loaded ({error})")
    assert report.devices == ("cpu",)


def test_torch_for_cards_on_a_computer_without_one_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = SimpleNamespace(
        version=SimpleNamespace(cuda="13.0"),
        cuda=SimpleNamespace(device_count=lambda: 0),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False)),
        get_num_threads=lambda: 2,
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    report = diagnose(
        DoctorRequest(),
        Bench(tmp_path / "results"),
        find_version=lambda name: GOOD.get(name, ""),
    )
    assert report.problems == () and report.devices == ("cpu",)
    (remark,) = report.remarks
    assert "CUDA 13.0" in remark and "models run on the CPU" in remark
    *_, note, last = describe_doctor(report)
    assert note == f"note: {remark}" and last == "no problem found"


def test_checkpoints(examine: Callable, tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "config.json").write_text("{}")
    report = examine(checkpoints={name: str(tmp_path / name) for name in ("good", "damaged", "absent")})
    damaged, absent = report.problems
    assert damaged == "damaged: no weights. weights. fetch them."
    assert absent.startswith("absent: the folder")


def test_results_folder_that_cannot_be_written(examine: Callable, tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    (text,) = examine().problems
    assert text.startswith("The results folder")
