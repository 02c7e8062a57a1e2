"""Figures as files, complete or not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import InputError
from ..exports.captions import make_caption_text
from ..exports.record import Record, record_text
from ..exports.recording import add_weights, summarise
from ..system.given_files import find_path
from ..system.whole_files import write_whole
from .formats import FORMATS, render
from .frame import own_style
from .paper import Item, arrange_rows, draw_figure, find_marks, find_values, find_width, make_caption
from .theme import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "check_dpi", "check_figure_file", "check_figure_path", "save_drawn", "save_figure"]

_WIDEST: Final = 24_000  # pixels; a square of them takes 2.3 GB
_OURS: Final[Any] = {"pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "provis"}


def save_figure(
    path: str | os.PathLike[str],
    views: Item | Sequence[Item | Sequence[Item]],
    *,
    size: str | float | tuple[float, float] = "double",
    dpi: int = 600,
    theme: Theme = LIGHT,
    letters: bool | None = None,
    title: str = "",
    caption: str = "",
    footnote: str = "",
    record: Record | None = None,
    model_folder: Path | None = None,
    caption_file: Path | None = None,
) -> Path:
    """Write one figure of one or several pictures.

    Parameters
    ----------
    path : path-like
        Ends in one of `FORMATS`. It is written completely or not at all.
    views : view, `Panel`, or a list of them
        Inner lists are rows: ``[[grid, attention_map], profile]``. A flat list is arranged by itself.
    size : str, float or (float, float)
        ``"single"`` (88 mm) or ``"double"`` (180 mm) column, a width in mm, or width and height in mm.
    dpi : int
        Of PNG and TIFF, and of the maps inside of PDF, SVG and EPS.
    theme : Theme
    letters : bool, optional
        Whether panels have letters a, b, c; by default where there are several.
    footnote : str
        A sentence below the pictures, which must be read with them: that a model is a demonstration.
    title, caption : str
        Put into the file as metadata; the caption is by default that of `make_caption`.
    record : Record, optional
        What made it. Its caption stands before that of the pictures, its title is the figure's, and all of
        it is put into the file, for `provis_core.exports.record.find_record`.
    model_folder : pathlib.Path, optional
        Of the weights whose checksums are added to the record.
    caption_file : pathlib.Path, optional
        Where title, caption, methods and references are written; needs a record.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        If the ending is none of these, the size is not usable, or the file cannot be written.
    InstallError
        If there is no matplotlib.
    """
    path = check_figure_file(path, views, size=size, dpi=dpi)
    rows = arrange_rows(views, size)
    items = [item for row in rows for item in row]
    words = caption or make_caption(items)
    words = f"{record.caption if record else ''} {words} {footnote}".strip()
    title = title or (record.title if record else "Attention")
    with own_style():
        import matplotlib

        if record is not None:
            numbers = {
                chr(ord("a") + k): summarise(find_values(item), find_marks(item))
                for k, item in enumerate(items)
            }
            versions = {**record.versions, "matplotlib": matplotlib.__version__}
            record = replace(record, title=title, caption=words, numbers=numbers, versions=versions)
            if model_folder is not None:
                record = add_weights(record, model_folder)
        with matplotlib.rc_context(_OURS):
            figure = draw_figure(rows, size=size, dpi=dpi, theme=theme, letters=letters, footnote=footnote)
            _write(figure, path, dpi, title, words, record)
    if record is not None and caption_file is not None:
        write_text(caption_file, make_caption_text(record))
    return path


def save_drawn(
    path: Path, draw: Callable[[], Figure], *, title: str, caption: str = "", dpi: int = 300
) -> Path:
    """Write a figure that a function draws, as `save_figure` does; it is called in our own style.

    Raises
    ------
    InputError
        If the ending is none of `FORMATS`, or the file cannot be written.
    InstallError
        If there is no matplotlib.
    """
    path = check_figure_path(path)
    with own_style():
        import matplotlib

        with matplotlib.rc_context(_OURS):
            _write(draw(), path, dpi, title, caption)
    return path


def check_figure_file(
    path: str | os.PathLike[str],
    views: Item | Sequence[Item | Sequence[Item]],
    *,
    size: str | float | tuple[float, float] = "double",
    dpi: int = 600,
    **_: Any,
) -> Path:
    """Check what `save_figure` is given, before anything is drawn.

    Returns
    -------
    pathlib.Path
        Without ``~``.

    Raises
    ------
    InputError
        If it could not be written.
    """
    path = check_figure_path(path)
    check_dpi(dpi, find_width(size))
    arrange_rows(views, size)
    return path


def check_dpi(dpi: int, width: float = 0.0) -> None:
    """Raise `InputError` unless it is a resolution of a figure, and of one of this width in mm."""
    if not 50 <= dpi <= 2400:
        raise InputError(f"«dpi={dpi}»", "A resolution from 50 to 2400 is needed", "Try «dpi=600»")
    if (pixels := round(width / 25.4 * dpi)) > _WIDEST:
        raise InputError(
            f"«dpi={dpi}» and a width of {width:g} mm are {pixels} pixels across",
            f"At most {_WIDEST} fit into memory",
            f"Try «dpi={int(_WIDEST * 25.4 / width)}»",
        )


def check_figure_path(path: str | os.PathLike[str]) -> Path:
    """Check, before anything is drawn, that a figure can be written there.

    Returns
    -------
    pathlib.Path
        Without ``~``.

    Raises
    ------
    InputError
        If the ending is none of `FORMATS`, or there is no such folder.
    """
    path = find_path(path, "The figure's path")
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"The figure is to be written to {path.name}",
            f"A name that ends in one of {', '.join(FORMATS)} is needed",
            f"Try {path.stem or 'figure'}.pdf",
        )
    if not path.parent.is_dir():
        raise _unwritable(path, f"there is no folder {path.parent}")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise _unwritable(path, "it is a folder" if path.is_dir() else "no permission to write there")
    return path


def write_text(path: Path, text: str) -> None:
    """Write a text whole, or raise `InputError`."""
    _write_bytes(path, text.encode("utf-8"))


def _write(
    figure: Figure, path: Path, dpi: int, title: str, caption: str, record: Record | None = None
) -> None:
    text = record_text(record) if record is not None else ""
    _write_bytes(path, render(figure, path.suffix.lower(), dpi, title, caption, text))


def _write_bytes(path: Path, data: bytes) -> None:
    try:
        with write_whole(path) as temporary:
            temporary.write_bytes(data)
    except OSError as exc:
        raise _unwritable(path, exc.strerror or str(exc)) from exc


def _unwritable(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} cannot be written ({why})",
        "A file in a folder that exists and may be written to is needed",
        "Choose another folder",
    )
