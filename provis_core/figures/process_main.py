"""Draws one figure in a process of its own: ``python process_main.py``, run by `provis_core.figures.process`.

Standard input is a line of JSON (``core``: the folder of ``provis_core``; ``path``: the host's ``sys.path``;
``size``), so many bytes with the pickled arguments of `save_figure`, then nothing until the host is gone, or
an ``x``: stop. The last line of the output is JSON: ``written``, or an error in its parts. Where the host is
gone the figure is drawn all the same: the user has asked for it.
"""

from __future__ import annotations

import json
import sys

__all__ = ["main"]


def main() -> dict[str, str]:
    """Draw what standard input asks for; what is to be answered."""
    source = sys.stdin.buffer
    start = json.loads(source.readline())
    request = source.read(start["size"])  # all of it before anything else: the host may go
    import _thread
    import importlib.util
    import pickle
    import threading
    import traceback

    sys.path[:] = start["path"]  # the same libraries as in the host
    spec = importlib.util.spec_from_file_location(
        "provis_core", start["core"] + "/__init__.py", submodule_search_locations=[start["core"]]
    )
    assert spec is not None and spec.loader is not None
    core = importlib.util.module_from_spec(spec)
    sys.modules["provis_core"] = core
    spec.loader.exec_module(core)
    from provis_core.errors import JobCancelledError, ProvisError, UnexpectedError
    from provis_core.figures.figure_files import save_figure

    def watch() -> None:
        if source.read(1) == b"x":
            _thread.interrupt_main()

    error: ProvisError
    try:
        path, views, options = pickle.loads(request)  # noqa: S301 - the host has written it
        threading.Thread(target=watch, daemon=True).start()
        return {"written": str(save_figure(path, views, **options))}
    except ProvisError as known:
        error = known
    except KeyboardInterrupt:
        error = JobCancelledError("The figure was stopped", "", "Save it again to have it")
    except Exception as bug:  # noqa: BLE001 - the host shows it
        error = UnexpectedError(f"A bug in ProVis: {bug!r}\n{traceback.format_exc()}", "", "Please report it")
    return {"error": type(error).__name__, "got": error.got, "need": error.need, "do": error.do}


if __name__ == "__main__":
    del sys.path[0]  # Python put this file's folder first
    answer = main()
    try:
        sys.stdout.write("\n" + json.dumps(answer) + "\n")
        sys.stdout.flush()
    except OSError:  # the host is gone
        pass
    import os

    os._exit(0)  # a thread still reads what never comes
