"""What ends a job, in words: bugs are called that, and nothing else is."""

from __future__ import annotations

import pytest

from provis_core.worker.serving.failures import explain_failure
from provis_core.worker.tasks.doctor import DoctorRequest


@pytest.mark.parametrize(
    "said",
    [
        "CUDA error: no kernel image is available on the device\nCompile with `TORCH_USE_CUDA_DSA`",
        "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED",
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`",
        "The MPS backend is supported on MacOS 12.3+",
    ],
)
def test_a_card_that_fails_is_no_bug_and_its_driver_does_not_speak(said: str) -> None:
    failure = explain_failure(DoctorRequest(job=3), RuntimeError(said))
    words = f"{failure.got} {failure.need} {failure.do}"
    assert "graphics card" in words and "device=cpu" in words
    assert "bug" not in words and not any(word in words for word in said.split()[:4] if len(word) > 3)
    assert failure.is_sick  # what the card holds for this process is lost
    assert said.splitlines()[0] in failure.details


def test_memory_of_the_card_is_memory() -> None:
    failure = explain_failure(DoctorRequest(job=3), RuntimeError("CUDA error: out of memory"))
    assert failure.error == "WorkerMemoryError"


def test_a_bug_is_called_a_bug() -> None:
    failure = explain_failure(DoctorRequest(job=3), IndexError("list index out of range"))
    assert "bug" in failure.need and failure.is_sick
