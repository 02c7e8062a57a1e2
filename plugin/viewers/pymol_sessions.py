"""What ProVis keeps in a session of PyMOL, beside what PyMOL itself does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provis_core.errors import ProvisError

__all__ = ["keep_in_sessions"]


def keep_in_sessions(
    cmd: Any,
    key: str,
    write: Callable[[], Any],
    read: Callable[[Any], ProvisError | None],
    warn: Callable[[str], object],
) -> None:
    """Let PyMOL keep something of ours in each session that it saves, and give it back when it loads one.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``, or that of one PyMOL instance.
    key : str
        Under which it stands in the session; what was kept under it before by another object is no more.
    write : callable
        Gives plain values: a session must open in a PyMOL that does not have ProVis. Nothing is kept of what
        is empty.
    read : callable
        Is given what stands in a session, whatever it is; an empty dict where nothing does. What it gives
        back is told.
    warn : callable
        Says something to the user.
    """

    def save(session: dict[str, Any], **_: Any) -> int:
        if entry := write():
            session[key] = entry
        return 1

    def restore(session: dict[str, Any], **_: Any) -> int:
        problem = read(session.get(key, {}))
        if problem is not None:
            warn(str(problem))
        return 1

    for kind, task in (("save", save), ("restore", restore)):
        task.__name__ = f"{key}_{kind}"
        tasks = getattr(cmd._pymol, f"_session_{kind}_tasks")
        tasks[:] = [one for one in tasks if getattr(one, "__name__", "") != task.__name__] + [task]
