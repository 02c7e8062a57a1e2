"""Scans through the worker: computed once, found again without a model, and failing as attention does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.attention.head_scan import HeadScan
from provis_core.errors import (
    CacheError,
    InputError,
    InstallError,
    JobCancelledError,
    ProvisError,
    WorkerDiedError,
    WorkerError,
    WorkerMemoryError,
)
from provis_core.models.scan import DEFAULT_METRICS
from provis_core.system.paths import core_dir
from provis_core.worker.host.client import JobFuture, WorkerClient
from provis_core.worker.serving.cache import ResultCache
from provis_core.worker.tasks.attention import AttentionRequest
from provis_core.worker.tasks.scan import ScanRequest, ScanResult
from provis_core.worker.wire.result_files import load_scan, write_result
from tests.patience import PATIENCE
from tests.worker.fake_worker import compute_fake_scan

SEQUENCE = "MKVLAT" * 5


def submit(
    client: WorkerClient,
    behaviour: str = "answers",
    sequence: str = SEQUENCE,
    *,
    on_progress: Callable | None = None,
    on_notice: Callable | None = None,
    **options: Any,
) -> JobFuture[ScanResult]:
    request = ScanRequest(sequence, f"/models/{behaviour}", behaviour, **options)
    return client.submit(request, on_progress=on_progress, on_notice=on_notice)


def check_equal(scan: HeadScan, expected: HeadScan) -> None:
    """All that both hold is equal to the last bit."""
    assert (scan.model, scan.sequence, scan.notes) == (expected.model, expected.sequence, expected.notes)
    assert sorted(scan.metrics) == sorted(expected.metrics)
    for name, metric in scan.metrics.items():
        assert metric.unit == expected.metrics[name].unit
        np.testing.assert_array_equal(metric.sums, expected.metrics[name].sums)
        np.testing.assert_array_equal(metric.counts, expected.metrics[name].counts)
    pairs = [(scan.received, expected.received), (scan.windows, expected.windows)]
    arcs = zip(scan.arcs.to_arrays().values(), expected.arcs.to_arrays().values(), strict=True)
    assert (scan.top_pairs is None) == (expected.top_pairs is None)
    if scan.top_pairs is not None:
        pairs += [(getattr(scan.top_pairs, k), getattr(expected.top_pairs, k)) for k in ("i", "j", "score")]
    for one, other in [*pairs, *arcs]:
        np.testing.assert_array_equal(one, other)


def test_default_metrics_are_those_of_the_models() -> None:
    assert ScanRequest("", "", "").metrics == DEFAULT_METRICS


def test_scan_comes_as_one_file(make_client: Callable[..., WorkerClient]) -> None:
    stages: list[str] = []
    client = make_client()
    result = submit(client, on_progress=lambda progress: stages.append(progress.stage)).result(PATIENCE)
    assert (result.cached, result.device, result.dtype) == (False, "cpu", "float32")
    assert result.path.endswith(".npz")
    scan = load_scan(result.path)
    check_equal(scan, replace(compute_fake_scan(SEQUENCE, DEFAULT_METRICS), model="answers"))
    query, _, weight = scan.arcs.select(HeadId(11, 3), 0.3)
    assert len(query) == len(SEQUENCE) and (weight == 0.5).all()
    assert stages[:2] == ["started", "loading answers"]
    assert stages[-1] == "layer 12 of 12"


def test_options_reach_the_model(make_client: Callable) -> None:
    result = submit(
        make_client(), metrics=["entropy"], min_weight=0.2, top_pairs=False, window=20, overlap=0
    ).result(PATIENCE)
    expected = compute_fake_scan(SEQUENCE, ["entropy"], min_weight=0.2, top_pairs=False, window=20, overlap=0)
    check_equal(load_scan(result.path), replace(expected, model="answers"))


def test_second_time_comes_from_the_cache(make_client: Callable) -> None:
    client = make_client()
    first = submit(client).result(PATIENCE)
    stages: list[str] = []
    again = submit(
        client,
        metrics=["Special_Tokens", "entropy", "entropy"],
        on_progress=lambda progress: stages.append(progress.stage),
    ).result(PATIENCE)
    assert (again.cached, again.path, again.device) == (True, first.path, "")
    assert stages == ["started"]
    for options in ({"min_weight": 0.1}, {"top_pairs": False}, {"metrics": ["entropy"]}, {"window": 20}):
        assert not submit(client, **options).result(PATIENCE).cached


def test_warm_model_serves_heads_and_scans(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    stages: list[str] = []
    ask(client)
    submit(client, on_progress=lambda progress: stages.append(progress.stage)).result(PATIENCE)
    assert "loading answers" not in stages


def test_scan_bears_the_name_that_was_asked_for(make_client: Callable) -> None:
    """Though the warm model was loaded under another."""
    client = make_client()
    results = [
        client.submit(ScanRequest(SEQUENCE, "/models/answers", name)).result(PATIENCE)
        for name in ("one", "two")
    ]
    assert [load_scan(result.path).model for result in results] == ["one", "two"]


def test_hit_needs_no_model(make_client: Callable) -> None:
    """What it costs is measured by tests/benchmarks/cold_start.py."""
    sequence = "MKVLATQRSW" * 100
    submit(make_client(), sequence=sequence).result(PATIENCE)
    result = submit(make_client(), sequence=sequence).result(PATIENCE)
    assert (result.cached, result.device, result.dtype) == (True, "", "")


def test_key_depends_on_everything_that_changes_the_scan() -> None:
    base = ScanRequest("MKV", "/m", "m")
    others: dict[str, object] = {
        "sequence": "MKA",
        "model": "n",
        "metrics": (),
        "min_weight": 0.1,
        "top_pairs": False,
        "window": 10,
        "overlap": 1,
        "heads": ((0, 1), (1, 0)),
        "device": "cuda",
        "dtype": "float16",
    }
    assert set(others) == {field.name for field in fields(base)} - {"job", "checkpoint", "weights"}
    keys = {replace(base, **{name: value}).key("f") for name, value in others.items()}
    keys |= {base.key("f"), base.key("g")}
    assert len(keys) == len(others) + 2
    assert replace(base, job=2, checkpoint="/elsewhere").key("f") in keys
    assert replace(base, device="cuda:1").key("f") in keys
    mean = replace(base, heads=((0, 1), (1, 0)))  # weights are those of heads
    assert replace(mean, weights=(0.75, 0.25)).key("f") not in {
        *keys,
        replace(mean, weights=(0.5, 0.5)).key("f"),
    }


# -- the cache ---------------------------------------------------------------------------------------------

KEY = ScanRequest(SEQUENCE, "/m", "fake").key("fingerprint") + ".npz"


def load(path: Path) -> HeadScan:
    return ScanResult(str(path), SEQUENCE, True, 0.0).load()


def no_notice(text: str) -> None:
    raise AssertionError(text)


def flip_byte(path: Path, place: int | None = None) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if place is None else place] ^= 255
    path.write_bytes(data)


def write_other(path: Path) -> Path:
    """A whole scan of the same sequence under another name."""
    other = path.with_name("of another model.npz")
    write_result(other, compute_fake_scan(SEQUENCE, ["entropy"], n_heads=2))
    return other


def shorten(path: Path) -> None:
    scan = compute_fake_scan(SEQUENCE, ["entropy"])
    write_result(path, replace(scan, received=scan.received[:, :, 1:]))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "cut": lambda path: os.truncate(path, path.stat().st_size - 1),
    "cut in the middle": lambda path: os.truncate(path, path.stat().st_size // 2),
    "one byte": flip_byte,
    "a byte of the seal": lambda path: flip_byte(path, -40),
    "half of the seal": lambda path: os.truncate(path, path.stat().st_size - 24),
    "another result": lambda path: shutil.copy(write_other(path), path),
    "text": lambda path: path.write_text("no scan"),
    "other arrays": lambda path: np.savez(path, received=np.zeros(3)),
    "parts that do not fit": shorten,
    "objects": lambda path: np.savez(path, text=np.array([print, None])),
    "folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_is_computed_anew(damage: Callable[[Path], object], tmp_path: Path) -> None:
    cache = ResultCache(tmp_path / "results")
    scan = compute_fake_scan(SEQUENCE, ["entropy"])
    path = cache.store(KEY, scan, load, no_notice)
    assert cache.find(KEY, load) == path
    assert [file.name for file in cache.folder.rglob("*") if file.is_file()] == [path.name]
    damage(path)
    assert cache.find(KEY, load) is None
    with pytest.raises(CacheError):
        load(path)
    notices: list[str] = []
    again = cache.store(KEY, scan, load, notices.append)
    assert cache.find(KEY, load) == again
    assert (again == path) == (damage is not DAMAGE["folder"])
    cache.close()


def test_scan_of_another_sequence_is_not_found(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    cache.store(KEY, compute_fake_scan("A" * len(SEQUENCE), []), load, no_notice)
    assert cache.find(KEY, load) is None


def test_scans_without_a_seal_are_still_used(tmp_path: Path) -> None:
    """They have no seal but the checksums of a zip: a damaged one is refused, or right all the same."""
    cache = ResultCache(tmp_path)
    scan = compute_fake_scan(SEQUENCE, ["entropy"])
    path = tmp_path / KEY[:2] / KEY[2:]
    path.parent.mkdir()
    scan.save(path)
    assert cache.find(KEY, load) == path
    check_equal(load(path), scan)
    n_refused = 0
    for place in range(100, path.stat().st_size, 997):
        flip_byte(path, place)
        if cache.find(KEY, load) is not None:
            check_equal(load(path), scan)
        else:
            n_refused += 1
        flip_byte(path, place)
    assert n_refused > 60


def test_damaged_entry_from_end_to_end(make_client: Callable) -> None:
    client = make_client()
    first = submit(client).result(PATIENCE)
    flip_byte(Path(first.path))
    again = submit(client).result(PATIENCE)
    assert (again.cached, again.path) == (False, first.path)
    check_equal(load_scan(again.path), replace(compute_fake_scan(SEQUENCE, DEFAULT_METRICS), model="answers"))


def test_counted_in_the_limit_and_oldest_go_first(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    scan = compute_fake_scan(SEQUENCE, ["entropy"])
    paths = [cache.store(f"{number}{KEY}", scan, load, no_notice) for number in range(6)]
    size = paths[0].stat().st_size
    assert cache.measure() == 6 * size
    for number, path in enumerate(paths):
        os.utime(path, (time.time() - 86_400 + number * 3600,) * 2)
    assert cache.find(f"0{KEY}", load) == paths[0]  # used now
    ResultCache(tmp_path, limit=3 * size).trim()
    assert [path.exists() for path in paths] == [True, False, False, False, True, True]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_no_room_anywhere_from_end_to_end(make_client: Callable, check_plain: Callable) -> None:
    """The system itself refuses to write more than 10 kB."""
    client = make_client()
    error = submit(client, "small_files").exception(PATIENCE)
    assert type(error) is CacheError
    check_plain(error)
    assert submit(client).exception(PATIENCE) is not None  # the limit is the process's
    assert client.crash_report == ""


# -- what goes wrong ---------------------------------------------------------------------------------------

MISFORTUNES = [
    ("crash", WorkerDiedError, "killed by the system .SIGKILL."),
    ("memory", WorkerMemoryError, "Memory ran out for memory on a chain of 30 residues"),
    ("torch_memory", WorkerMemoryError, "Memory ran out for torch_memory on a chain"),
    ("missing", InstallError, "no module named torch"),
    ("bug", WorkerError, "ZeroDivisionError: division by zero"),
]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_one_message_and_the_next_command_works(make_client: Callable, check_plain: Callable) -> None:
    client = make_client()
    for number, (behaviour, kind, text) in enumerate(MISFORTUNES):
        error = submit(client, behaviour).exception(PATIENCE)
        assert type(error) is kind, behaviour
        check_plain(error)
        with pytest.raises(kind, match=text):
            raise error
        assert not submit(client, sequence="M" * (10 + number)).result(PATIENCE).cached


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"metrics": ["entropi"]}, "Did you mean entropy"),
        ({"min_weight": 0.0}, "min_weight=0"),
        ({"min_weight": float("nan")}, "min_weight=nan"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_model_is_loaded(
    options: dict[str, object], text: str, make_client: Callable, check_plain: Callable
) -> None:
    stages: list[str] = []
    job = submit(make_client(), on_progress=lambda progress: stages.append(progress.stage), **options)
    error: ProvisError = job.exception(PATIENCE)
    assert type(error) is InputError
    assert text in check_plain(error)
    assert stages == ["started"]


def test_memory_that_other_models_hold_is_freed(make_client: Callable) -> None:
    client = make_client()
    submit(client).result(PATIENCE)
    notices: list[str] = []
    assert not submit(client, "needs_all", on_notice=lambda n: notices.append(n.text)).result(PATIENCE).cached
    (text,) = notices
    assert text.startswith("Memory ran out while other models were kept ready.")


def test_notices_of_the_model_reach_the_host(make_client: Callable, tmp_path: Path) -> None:
    notices: list[str] = []
    client = make_client()
    submit(client, "notices", on_notice=lambda notice: notices.append(notice.text)).result(PATIENCE)
    assert notices == ["Memory ran out. Smaller blocks are used. Close other programs."]
    attention = client.submit(
        AttentionRequest("MKV", str(tmp_path / "notices"), "fake", (0, 0)),
        on_notice=lambda notice: notices.append(notice.text),
    )
    attention.result(PATIENCE)
    assert len(notices) == 2


@pytest.mark.parametrize("behaviour", ["slow", "spin"])
def test_what_would_go_on_for_long_is_stopped(behaviour: str, make_client: Callable) -> None:
    client = make_client()
    begun = threading.Event()
    job = submit(client, behaviour, on_progress=lambda progress: begun.set())
    assert begun.wait(PATIENCE)
    assert job.cancel()
    assert isinstance(job.exception(PATIENCE), JobCancelledError)
    assert not submit(client).result(PATIENCE).cached


def test_worker_that_listens_stays_warm(make_client: Callable) -> None:
    client = make_client(cancel_grace=30.0)
    begun = threading.Event()
    job = submit(client, "slow", on_progress=lambda p: p.stage.startswith("layer") and begun.set())
    assert begun.wait(PATIENCE)
    pid = client.hello.pid
    job.cancel()
    assert isinstance(job.exception(PATIENCE), JobCancelledError)
    submit(client).result(PATIENCE)
    assert client.hello.pid == pid


# -- the host ----------------------------------------------------------------------------------------------


def test_host_needs_numpy_only(tmp_path: Path) -> None:
    path = ResultCache(tmp_path).store(KEY, compute_fake_scan(SEQUENCE, ["entropy"]), load, no_notice)
    code = (
        "import sys\n"
        "import numpy\n"
        "before = set(sys.modules)\n"
        "import provis_core.worker.host.client\n"
        "from provis_core.worker.wire.result_files import load_scan\n"
        f"scan = load_scan({str(path)!r})\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(loaded - set(sys.stdlib_module_names) - {'numpy', 'provis_core'}), len(scan.sequence))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=core_dir().parent,
    )
    assert done.stdout.strip() == f"[] {len(SEQUENCE)}", done.stderr
