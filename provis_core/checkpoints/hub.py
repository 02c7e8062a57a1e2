"""One repository of the Hugging Face hub, through the hub's own client, which the worker's Python has.

The client's settings hold: ``HF_ENDPOINT``, ``HTTPS_PROXY``, ``HF_TOKEN``. The bytes are streamed here,
because the client drops a half-downloaded file when it ends, compares no checksums, and reads whatever else
is answered whole, however long it is: lists of files, pages of errors, what a redirection says.
"""

from __future__ import annotations

import importlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from ..errors import CheckpointError, InstallError, ProvisError
from ..system.given_files import LARGEST_JSON, parse_json

__all__ = ["FileToGet", "Hub", "describe_file"]

_BLOCK: Final = 2**18
_RETRIES: Final = 5
_TIMEOUT: Final = 30.0
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_MAX_REDIRECTIONS: Final = 20
_MAX_UNNAMED: Final = 200 * 10**9  # bytes of a file whose size the hub does not name


@dataclass(frozen=True)
class FileToGet:
    """A file of a repository.

    Attributes
    ----------
    name : str
    size : int or None
    sha256 : str
        Of a large file; empty for a small one.
    blob : str
        Git's identity of a small one: the SHA-1 of its length and content.
    """

    name: str
    size: int | None
    sha256: str
    blob: str


def describe_file(sibling: Any) -> FileToGet:
    """A file of `Hub.model_info`."""
    lfs = sibling.lfs
    sha256 = lfs.get("sha256") if isinstance(lfs, Mapping) else getattr(lfs, "sha256", None)
    return FileToGet(sibling.rfilename, sibling.size, sha256 or "", sibling.blob_id or "")


class Hub:
    """One repository, as the hub's own client sees it."""

    def __init__(self, repository: str) -> None:
        try:
            self._library: Any = importlib.import_module("huggingface_hub")
            self._utils: Any = importlib.import_module("huggingface_hub.utils")
        except ImportError as error:
            raise InstallError(
                f"huggingface_hub is missing in the worker's Python ({error})",
                "The hub's client is needed to fetch a model (it comes with transformers)",
                "Run there: pip install huggingface_hub",
            ) from error
        self._repository = repository
        self._session: Any = self._library.get_session()
        http: Any = importlib.import_module(type(self._session).__module__.partition(".")[0])
        self._http_errors: tuple[type[Exception], ...] = (http.HTTPError, ConnectionError, TimeoutError)
        self.endpoint: str = self._library.constants.ENDPOINT

    def model_info(self, revision: str) -> Any:
        """Files of the repository at a revision (the newest one where it is empty), and its card."""
        url = f"{self.endpoint}/api/models/{quote(self._repository)}"
        if revision:
            url += f"/revision/{quote(revision, safe='')}"
        text = bytearray()
        try:
            with self._open(f"{url}?blobs=true") as answer:
                for block in answer.iter_bytes(_BLOCK):
                    text += block
                    if len(text) > LARGEST_JSON:
                        break
            info = self._library.ModelInfo(**parse_json(bytes(text)))
        except self._http_errors as error:
            raise self._explain(error) from error
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{self.endpoint} answered with something else than the files of {self._repository}",
                "The hub's own answer is needed; a login page of the network often stands in its place",
                "Open any page in a browser and log in, or check HTTPS_PROXY and HF_ENDPOINT; then try again",
            ) from error
        if _COMMIT.fullmatch(revision) and info.sha != revision:
            raise CheckpointError(
                f"{self.endpoint} has commit {info.sha} of {self._repository} for {revision}",
                "The commit that was asked for is needed",
                "Check HF_ENDPOINT if you use a mirror",
            )
        return info

    def get(self, file: FileToGet, revision: str, path: Path, on_bytes: Callable[[int], object]) -> None:
        """Stream a file to disk; what an earlier attempt left of it is kept and gone on with."""
        url = self._library.hf_hub_url(self._repository, file.name, revision=revision)
        incomplete = path.with_name(f"{path.name}.incomplete")
        failures = 0
        while True:
            before = _size(incomplete)
            try:
                if file.size is None or before != file.size:
                    self._stream(url, file, incomplete, on_bytes)
                if file.size is not None and _size(incomplete) < file.size:
                    raise ConnectionError(f"it ended after {_size(incomplete)} of {file.size} bytes")
                break
            except self._http_errors as error:
                status = getattr(getattr(error, "response", None), "status_code", 0)
                failures = failures + 1 if _size(incomplete) <= before else 0
                if failures >= _RETRIES or 400 <= status < 500:
                    raise self._explain(error) from error
                if failures:  # what moves on goes on at once
                    time.sleep(min(2.0**failures, 30) * _retry_pause())
        incomplete.replace(path)

    def _stream(self, url: str, file: FileToGet, incomplete: Path, on_bytes: Callable[[int], object]) -> None:
        start = _size(incomplete)
        if file.size is not None and start > file.size:
            start = 0
        limit = _MAX_UNNAMED if file.size is None else file.size
        with self._open(url, {"Range": f"bytes={start}-"} if start else {}) as answer:
            if answer.status_code != 206:
                start = 0
            with incomplete.open("ab" if start else "wb") as stream:
                done = start
                for block in answer.iter_bytes(_BLOCK):
                    done += len(block)
                    if done > limit:
                        break
                    stream.write(block)
                    on_bytes(done)
        if done > limit:
            incomplete.unlink()
            raise CheckpointError(
                f"{file.name} is longer than the {limit} bytes that {self.endpoint} names",
                "The file as its authors published it is needed; what came was removed",
                "Check HF_ENDPOINT and HTTPS_PROXY: something between changes files; then try again",
            )

    @contextmanager
    def _open(self, url: str, headers: Mapping[str, str] = MappingProxyType({})) -> Iterator[Any]:
        """The answer to a request, not read yet; one of the client's errors where it says that it is one."""
        sent = {**self._utils.build_hf_headers(), "Accept-Encoding": "identity", **headers}
        request = self._session.build_request("GET", url, headers=sent, timeout=_TIMEOUT)
        for _ in range(_MAX_REDIRECTIONS):
            answer = self._session.send(request, stream=True, follow_redirects=False)
            try:
                if answer.next_request is None:
                    answer.raise_for_status()
                    yield answer
                    return
                request = answer.next_request
            finally:
                answer.close()
        raise ConnectionError(f"it sends on more than {_MAX_REDIRECTIONS} times")

    def _explain(self, error: Exception) -> ProvisError:
        status = getattr(getattr(error, "response", None), "status_code", 0)
        got = f"{self._repository} could not be fetched from {self.endpoint} ({str(error).splitlines()[0]})"
        if status in (401, 403):
            need = "This repository asks for an account that has accepted its terms"
            do = "Accept them on the hub's page and set HF_TOKEN, or choose another model"
        elif status == 404:
            need = "A repository and revision that exist there are needed"
            do = "Check HF_ENDPOINT if you use a mirror, or report the entry"
        else:
            need = "A network connection to the hub or a mirror of it is needed"
            do = (
                "Check the network, HTTPS_PROXY and HF_ENDPOINT, then give the command again: it goes on "
                "where it stopped. Without a network: docs/models.md tells how to copy a model"
            )
        return CheckpointError(got, need, do)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _retry_pause() -> float:
    """Seconds that the pauses between retries are counted in."""
    return float(os.environ.get("PROVIS_FETCH_PAUSE", "1"))
