"""What the worker can be asked: one file each, known to both sides by being there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from provis_core.system.paths import core_dir
from provis_core.worker import tasks
from provis_core.worker.host.transport import ProcessTransport
from provis_core.worker.protocol import known_messages
from provis_core.worker.tasks import BenchRequest, ModelRequest, ResultAnswer, known_requests
from provis_core.worker.wire.message import Answer
from tests.patience import PATIENCE

TASK = '''
"""How often each residue stands in a sequence; a file for a folder of tasks."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from provis_core.worker.tasks import ModelRequest, ResultAnswer, make_digest


@dataclass(frozen=True)
class Counts:
    values: dict
    n_bytes: int = 100

    def save(self, path):
        with open(path, "wb") as file:
            np.savez(file, **self.values)


@dataclass(frozen=True)
class CountResult(ResultAnswer):
    kind: ClassVar[str] = "counts"

    def read(self):
        with open(self.path, "rb") as raw, np.load(raw) as file:
            return {name: int(file[name]) for name in file.files}


@dataclass(frozen=True)
class CountRequest(ModelRequest[CountResult]):
    kind: ClassVar[str] = "count"
    answer: ClassVar[type] = CountResult
    unit: str = "residues"

    def key(self, fingerprint):
        return make_digest([self.kind, fingerprint, self.sequence, self.unit])

    def run(self, model, report):
        report.layer(1, model.n_layers)
        report.notice(f"counted {self.unit}.")
        return Counts({letter: self.sequence.count(letter) for letter in self.sequence})


REQUEST = CountRequest
'''


@pytest.fixture
def count_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with one more task, which this process knows."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "count.py").write_text(TASK)
    monkeypatch.setattr(tasks, "__path__", [*tasks.__path__, str(folder)])
    known_messages.cache_clear()
    yield folder
    known_messages.cache_clear()
    sys.modules.pop("provis_core.worker.tasks.count", None)


def test_a_file_is_a_task_from_end_to_end(
    count_task: Path, make_client: Callable, worker_python: Path, tmp_path: Path, fake_worker: Path
) -> None:
    """Request, progress, notice, result on disk, found again, damaged and made anew; nothing is edited."""
    entry = tmp_path / "entry.py"
    entry.write_text(
        "import runpy\nfrom provis_core.worker import tasks\n"
        f"tasks.__path__.append({str(count_task)!r})\n"
        f"runpy.run_path({str(fake_worker)!r}, run_name='__main__')\n"
    )
    client = make_client(transport_factory=lambda: ProcessTransport(worker_python, entry=entry))
    (request_type,) = (one for one in known_requests() if one.kind == "count")
    heard: list[str] = []

    def ask(**options: str) -> ResultAnswer:
        return client.submit(
            request_type("MKVM", "/models/answers", "fake", **options),
            on_progress=lambda progress: heard.append(progress.stage),
            on_notice=lambda notice: heard.append(notice.text),
        ).result(PATIENCE)

    first = ask()
    assert first.load() == {"M": 2, "K": 1, "V": 1}
    assert heard == ["started", "loading fake", "layer 1 of 12", "counted residues."]
    again = ask()
    assert (again.cached, again.path, again.load()) == (True, first.path, first.load())
    assert not ask(unit="letters").cached
    flip_a_byte(Path(first.path))
    assert not ask().cached
    assert ask().load() == first.load()


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("request_type", known_requests(), ids=lambda one: one.kind)
def test_every_task_keeps_the_rules(request_type: type) -> None:
    assert issubclass(request_type, BenchRequest | ModelRequest)
    assert issubclass(request_type.answer, Answer)
    assert issubclass(request_type.answer, ResultAnswer) == issubclass(request_type, ModelRequest)
    assert request_type.run.__doc__ and request_type.__doc__
    assert known_messages()[request_type.kind] is request_type
    assert known_messages()[request_type.answer.kind] is request_type.answer
    assert {"job"} <= {field.name for field in fields(request_type)}


def test_kinds_of_messages_are_told_apart() -> None:
    own = ["cancel", "shutdown", "failure", "hello", "notice", "progress"]
    asked = [kind for one in known_requests() for kind in (one.kind, one.answer.kind)]
    assert sorted(known_messages()) == sorted([*own, *asked])


def test_asking_needs_numpy_only() -> None:
    code = (
        "import sys, numpy\nbefore = set(sys.modules)\n"
        "from provis_core.worker.protocol import known_messages\nknown_messages()\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "heavy = {'provis_core.models.scan', 'provis_core.worker.serving'} & set(sys.modules)\n"
        "print(sorted(loaded - set(sys.stdlib_module_names) - {'numpy', 'provis_core'}), sorted(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=core_dir().parent,
    )
    assert done.stdout.strip() == "[] []", done.stderr
