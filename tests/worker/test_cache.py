"""Results on disk: found again, checked, shared, limited, and never the reason why a job fails."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.errors import CacheError
from provis_core.system.paths import core_dir
from provis_core.worker.serving.cache import ResultCache
from provis_core.worker.tasks.attention import AttentionRequest, AttentionResult
from provis_core.worker.wire.result_files import load_weights, write_result
from tests.patience import PATIENCE


def weights_of(n_positions: int, value: float = 0.5) -> np.ndarray:
    return np.full((n_positions, n_positions), value, np.float32)


def request_of(sequence: str, head: tuple[int, int] = (11, 3), **options: str) -> AttentionRequest:
    return AttentionRequest(sequence, "/m", "m", head, **options)


def key_of(name: str) -> str:
    """A file name as long as real ones."""
    return request_of(name).key("fingerprint") + ".npy"


def load_of(n_positions: int) -> Callable[[Path], object]:
    return lambda path: AttentionResult(str(path), "A" * n_positions, True, 0.0).load()


def find(cache: ResultCache, key: str, n_positions: int) -> Path | None:
    return cache.find(key, load_of(n_positions))


def store(
    cache: ResultCache, key: str, weights: np.ndarray, on_notice: Callable[[str], None] | None = None
) -> Path:
    return cache.store(key, weights, load_of(len(weights)), on_notice or no_notice)


def no_notice(text: str) -> None:
    raise AssertionError(text)


@pytest.fixture
def cache(tmp_path: Path) -> ResultCache:
    return ResultCache(tmp_path / "results")


def test_stored_is_found(cache: ResultCache) -> None:
    key = key_of("MKV")
    assert find(cache, key, 3) is None
    weights = np.arange(9, dtype=np.float32).reshape(3, 3)
    path = store(cache, key, weights, no_notice)
    assert find(cache, key, 3) == path
    loaded = load_weights(path, 3)
    np.testing.assert_array_equal(loaded, weights)
    assert isinstance(loaded, np.memmap)
    assert not loaded.flags.writeable
    assert [file.name for file in cache.folder.rglob("*") if file.is_file()] == [path.name]


def test_other_layouts_are_stored_as_they_are_read(cache: ResultCache) -> None:
    weights = np.asfortranarray(np.arange(9, dtype=np.float64).reshape(3, 3))
    path = store(cache, key_of("MKV"), weights, no_notice)
    np.testing.assert_array_equal(load_weights(path, 3), weights)


def test_key_depends_on_everything_that_changes_numbers() -> None:
    base = request_of("MKV", device="cpu", dtype="float32")
    others: list[dict[str, Any]] = [
        {},
        {"sequence": "MKA"},
        {"head": (3, 11)},
        {"head": (1, 13)},
        {"device": "cuda"},
        {"dtype": "float16"},
        {"min_weight": 0.05},
        {"min_weight": 0.1},
        {"min_weight": 0.1, "window": 100},
    ]
    keys = {replace(base, **other).key("f") for other in others}
    keys |= {base.key("g"), replace(base, sequence="V").key("fMK")}
    assert len(keys) == len(others) + 2
    assert replace(base, device="cuda:1").key("f") == replace(base, device="cuda").key("f")
    assert replace(base, job=7, checkpoint="/elsewhere", model="n").key("f") == base.key("f")


def flip_a_bit(path: Path, place: int = 150) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def write_other(path: Path) -> Path:
    """A whole result of the same size under another name."""
    other = path.with_name("of another sequence.npy")
    write_result(other, weights_of(6, 0.25))
    return other


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "cut": lambda path: os.truncate(path, path.stat().st_size - 1),
    "one bit": flip_a_bit,
    "last weight": lambda path: flip_a_bit(path, -60),
    "seal cut off": lambda path: os.truncate(path, path.stat().st_size - 48),
    "same shape, made by another program": lambda path: np.save(path, weights_of(6)),
    "another result": lambda path: shutil.copy(write_other(path), path),
    "cut in the header": lambda path: os.truncate(path, 20),
    "text": lambda path: path.write_text("no array"),
    "other shape": lambda path: np.save(path, weights_of(4)),
    "other type": lambda path: np.save(path, weights_of(6).astype(np.float64)),
    "other byte order": lambda path: np.save(path, weights_of(6).astype(">f4")),
    "other layout": lambda path: np.save(path, np.asfortranarray(np.eye(6, dtype=np.float32))),
    "objects": lambda path: np.save(path, np.array([[print]]), allow_pickle=True),
    "folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_is_computed_anew(damage: Callable[[Path], object], cache: ResultCache) -> None:
    path = store(cache, key_of("MKVLAT"), weights_of(6), no_notice)
    damage(path)
    assert find(cache, key_of("MKVLAT"), 6) is None
    with pytest.raises(CacheError, match="computes it anew"):
        load_of(6)(path)
    notices: list[str] = []
    again = store(cache, key_of("MKVLAT"), weights_of(6), notices.append)
    assert find(cache, key_of("MKVLAT"), 6) == again
    assert (again == path) == (damage is not DAMAGE["folder"])
    cache.close()


def test_damaged_entry_from_end_to_end(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    path = ask(client).path
    good = Path(path).read_bytes()
    Path(path).write_bytes(good[:-100])
    again = ask(client)
    assert again.cached is False
    assert Path(again.path).read_bytes() == good


def test_two_clients_share_the_folder(make_client: Callable, ask: Callable) -> None:
    first, second = make_client(), make_client()
    assert ask(first).cached is False
    assert ask(second).cached is True


def test_two_clients_at_the_same_time(make_client: Callable, ask: Callable) -> None:
    clients = [make_client(), make_client()]
    for client in clients:
        ask(client, sequence="A")
    jobs = [
        client.submit(AttentionRequest("MKVLAT" * length, "/models/answers", "fake", (0, 1)))
        for length in range(1, 20)
        for client in clients
    ]
    for number, job in enumerate(jobs):
        path = job.result(PATIENCE).path
        assert load_weights(path, 6 * (number // 2 + 1)).sum() > 0


def test_writers_and_readers_at_the_same_time(tmp_path: Path) -> None:
    """Nobody ever sees half a file."""
    caches = [ResultCache(tmp_path, limit=0) for _ in range(4)]
    problems: list[object] = []

    def work(cache: ResultCache, value: float) -> None:
        for _ in range(100):
            store(cache, key_of("M"), weights_of(50, value), problems.append)
            path = find(cache, key_of("M"), 50)
            if path is None or len(np.unique(load_weights(path, 50))) != 1:
                problems.append(path)

    threads = [threading.Thread(target=work, args=(cache, value)) for value, cache in enumerate(caches)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems


def test_hit_needs_no_model(make_client: Callable, ask: Callable) -> None:
    """What it costs is measured by tests/benchmarks/cold_start.py."""
    ask(make_client(), sequence="MKVLATQRSW" * 100)
    result = ask(make_client(), sequence="MKVLATQRSW" * 100)
    assert (result.cached, result.device, result.dtype) == (True, "", "")
    assert result.load().shape == (1000, 1000)


# -- limits ----------------------------------------------------------------------------------------------


def fill(cache: ResultCache, n_files: int, days_old: float = 1.0) -> list[Path]:
    """Files of 40 kB, each used an hour after the one before."""
    paths = [store(cache, key_of(f"old {number}"), weights_of(100), no_notice) for number in range(n_files)]
    for number, path in enumerate(paths):
        used = time.time() - days_old * 86400 + number * 3600
        os.utime(path, (used, used))
    return paths


def test_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path, limit=250_000)
    paths = fill(cache, 10)
    assert find(cache, key_of("old 0"), 100) == paths[0]  # used now
    cache.trim()
    assert [path.exists() for path in paths] == [True] + [False] * 4 + [True] * 5
    assert cache.measure() <= 250_000


def test_what_is_in_use_stays(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path, limit=1000)
    path = store(cache, key_of("new"), weights_of(100), no_notice)
    cache.trim()
    assert path.exists()


def test_folder_is_not_measured_after_each_job(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path, limit=1_000_000)
    cache.trim()
    paths = fill(ResultCache(tmp_path), 30)  # another worker's, 1.2 MB
    cache.trim()
    assert all(path.exists() for path in paths)
    for number in range(2):  # a twentieth of the limit
        store(cache, key_of(f"new {number}"), weights_of(100), no_notice)
    cache.trim()
    assert cache.measure() <= 1_000_000


def test_what_killed_workers_left_is_removed(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    (tmp_path / "ab").mkdir()
    old, new = tmp_path / "ab" / ".x1.tmp", tmp_path / "ab" / ".x2.tmp"
    for path in (old, new):
        path.write_bytes(b"half a file")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    cache.trim()
    assert (old.exists(), new.exists()) == (False, True)


WRITER = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from provis_core.system.whole_files import write_whole

with write_whole(Path(sys.argv[2])) as path:
    path.write_bytes(b"half")
    print(path, flush=True)
    if sys.argv[3] == "killed":
        os.kill(os.getpid(), 9)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_what_a_worker_was_writing_when_it_was_killed_is_removed_by_the_next(tmp_path: Path) -> None:
    """At once, not after a day; what another one is writing stays."""
    script = tmp_path / "writer.py"
    script.write_text(WRITER)
    (tmp_path / "ab").mkdir()
    programs = {
        fate: subprocess.Popen(
            [sys.executable, str(script), str(core_dir().parent), str(tmp_path / "ab" / fate), fate],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for fate in ("killed", "lives")
    }
    left = {fate: Path(program.stdout.readline().decode().strip()) for fate, program in programs.items()}
    programs["killed"].wait(PATIENCE)
    assert all(path.read_bytes() == b"half" for path in left.values())
    ResultCache(tmp_path).trim()
    assert {fate: path.exists() for fate, path in left.items()} == {"killed": False, "lives": True}
    programs["lives"].communicate(b"", timeout=PATIENCE)
    programs["killed"].communicate()
    assert (tmp_path / "ab" / "lives").read_bytes() == b"half"


@pytest.mark.parametrize(
    ("text", "limit"), [("0.001", 10**6), ("", 2 * 10**9), ("a lot", 2 * 10**9), ("inf", 2 * 10**9)]
)
def test_limit_from_the_environment(
    text: str, limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVIS_CACHE_LIMIT_GB", text)
    assert ResultCache(tmp_path)._limit == limit


# -- folders that cannot be written ----------------------------------------------------------------------


def test_file_in_place_of_the_folder(
    provis_home: Path, make_client: Callable, check_notice: Callable
) -> None:
    """Stands for a read-only folder: root may write those."""
    provis_home.parent.mkdir(exist_ok=True)
    provis_home.write_text("not a folder")
    client = make_client()
    notices: list[str] = []

    def ask_with_notices() -> object:
        job = client.submit(
            AttentionRequest("MKV", "/models/answers", "fake", (0, 0)),
            on_notice=lambda notice: notices.append(notice.text),
        )
        return job.result(PATIENCE)

    result = ask_with_notices()
    load_weights(result.path, 3)
    assert ask_with_notices().cached is True
    (text,) = notices
    assert str(provis_home) in text
    check_notice(text)
    private = Path(result.path).parents[1]
    client.close()
    assert not private.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(provis_home: Path, make_client: Callable, ask: Callable) -> None:
    provis_home.mkdir(parents=True)
    provis_home.chmod(0o500)
    assert ask(make_client()).cached is False
    provis_home.chmod(0o700)


def test_full_disk(tmp_path: Path, check_notice: Callable) -> None:
    """A full results folder, seen through the seam for writing."""
    folder = tmp_path / "results"
    cache = ResultCache(folder, write=fail_below(folder))
    notices: list[str] = []
    path = store(cache, key_of("MKV"), weights_of(3), notices.append)
    assert folder not in path.parents
    assert find(cache, key_of("MKV"), 3) == path
    store(cache, key_of("MKA"), weights_of(3), notices.append)
    (text,) = notices  # once is enough
    assert "No space left on device" in text
    check_notice(text)
    cache.close()
    assert not path.exists()


def test_limit_holds_in_the_private_folder(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    cache = ResultCache(folder, limit=250_000, write=fail_below(folder))
    paths = [store(cache, key_of(f"{number}"), weights_of(100), lambda text: None) for number in range(10)]
    for path in paths[:5]:
        os.utime(path, (time.time() - 3600,) * 2)
    cache.trim()
    assert [path.exists() for path in paths] == [False] * 4 + [True] * 6
    cache.close()


def test_both_disks_full(tmp_path: Path, check_plain: Callable) -> None:
    cache = ResultCache(tmp_path / "results", write=fail_below(Path("/")))
    with pytest.raises(CacheError, match=r"No space left.*0\.0 MB of disk space.*TMPDIR") as caught:
        store(cache, key_of("MKV"), weights_of(3), lambda text: None)
    check_plain(caught.value)
    cache.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_no_room_anywhere_from_end_to_end(
    make_client: Callable, ask: Callable, check_plain: Callable
) -> None:
    """The system itself refuses to write more than 10 kB; a smaller result then still works."""
    client = make_client()
    with pytest.raises(CacheError) as caught:
        ask(client, "small_files", "MKVLAT" * 100)
    check_plain(caught.value)
    assert ask(client, "small_files", "MKV").cached is False


def test_private_folders_of_killed_workers_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    old, new = tmp_path / "provis-results-old", tmp_path / "provis-results-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "x.npy").write_text("x")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    killed = tmp_path / "provis-results-killed"  # a minute ago; the system has let go of its lock
    killed.mkdir()
    (killed / ".lock").touch()
    living, cache = (
        ResultCache(tmp_path / "results", write=fail_below(tmp_path / "results")) for _ in range(2)
    )
    paths = [store(one, key_of("MKV"), weights_of(3), lambda text: None) for one in (living, cache)]
    ResultCache(tmp_path / "results").trim()  # a worker's first look
    assert (old.exists(), killed.exists(), new.exists()) == (False, False, True)
    assert all(path.exists() for path in paths)
    living.close()
    cache.close()
    assert not any(path.exists() for path in paths)


def fail_below(folder: Path) -> Callable[[Path, np.ndarray], None]:
    """Writes as the cache does, but not into this folder."""

    def write(path: Path, weights: np.ndarray) -> None:
        if folder in path.parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_result(path, weights)

    return write


@pytest.fixture
def check_notice() -> Callable[[str], None]:
    """What we got, what we need, what to do."""

    def check(text: str) -> None:
        assert len(text.split(". ")) >= 3
        assert "set PROVIS_HOME" in text

    return check
