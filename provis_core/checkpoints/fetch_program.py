"""`fetch_model` as a program in the worker's Python; `fetching` starts it and reads what it says.

It answers in lines of JSON on stdout, the last one of kind ``done`` or ``failure``, and ends when its stdin
does, so that it does not outlive the program that started it. What is on disk then is gone on with.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import IO, Any, Final

from ..errors import ProvisError
from .fetch import fetch_model

__all__ = ["main"]

_SECONDS: Final = 0.5  # between two lines of progress


def main() -> None:
    """Read the request, a JSON object, from the last argument."""
    request: dict[str, Any] = json.loads(sys.argv[-1])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a library's print must not break the answers
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    last = 0.0

    def on_progress(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS or done == total:
            last = time.monotonic()
            _say(answers, kind="progress", stage=stage, done=done, total=total)

    def on_note(text: str) -> None:
        _say(answers, kind="note", text=text)

    try:
        folder = fetch_model(**request, on_progress=on_progress, on_note=on_note)
    except ProvisError as error:
        parts = {"got": error.got, "need": error.need, "do": error.do}
        _say(answers, kind="failure", error=type(error).__name__, **parts)
        sys.exit(1)
    _say(answers, kind="done", folder=str(folder))


def _say(answers: IO[str], **values: Any) -> None:
    answers.write(json.dumps(values) + "\n")
    answers.flush()


def _end_with_stdin() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
