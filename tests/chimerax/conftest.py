"""ChimeraX's library in this process, with nothing open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .library import is_there, open_structure, start_chimerax

here = Path(__file__).parent
collect_ignore = (
    [] if is_there() else [str(one) for one in here.glob("test_*.py") if one.stem != "test_library"]
)


@pytest.fixture
def session() -> Any:
    """A session of ChimeraX with nothing open and nothing said."""
    session = start_chimerax()
    session.models.close(session.models.list())
    log(session).clear()
    return session


def log(session: Any) -> list[tuple[str, str]]:
    """Level and text of all that was said."""
    (kept,) = session.logger.logs
    lines: list[tuple[str, str]] = kept.lines
    return lines


@pytest.fixture
def said(session: Any) -> Callable[[], list[tuple[str, str]]]:
    """What was said since it was asked last: level and text."""

    def take() -> list[tuple[str, str]]:
        lines = list(log(session))
        log(session).clear()
        return lines

    return take


@pytest.fixture
def show(session: Any, tmp_path: Path) -> Callable[..., Any]:
    """Open a structure file; gives its model, or the first of several."""
    return lambda path, name="", **options: open_structure(
        session, Path(path), name or Path(path).name.split(".")[0], tmp_path, **options
    )[0]
