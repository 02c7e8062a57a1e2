"""What is asked of a figure, as it was typed: checked and read before anything is looked for or computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...attention.arcs import check_min_attn
from ...errors import InputError, check_word
from ...exports.saving import check_text_path
from ...figures.figure_files import check_dpi
from ...figures.journals import find_journal
from ...figures.paper import COLUMN_WIDTHS, find_height, find_width
from ...figures.pictures import MapLook, read_pictures
from ...figures.relevance_grids import RELEVANCE_CHOICES, find_shown, is_relevance
from ...figures.theme import DARK, LIGHT, Theme
from ...scenes.colors import check_palette
from ..figure_options import THEMES, FigureOptions

__all__ = [
    "check_caption_path",
    "check_figure",
    "describe_faults",
    "read_look",
    "read_size",
    "read_theme",
]


def check_figure(options: FigureOptions) -> None:
    """Raise a `ProvisError` unless everything that needs no chain can be used."""
    options.check()
    read_pictures(options.what)
    size = read_size(options)
    read_theme(options)
    if not isinstance(size, str) and not 30 <= size <= 1000:
        raise InputError(
            f"«width={options.width}»", "A width from 30 to 1000 mm is needed", "Try «width=180»"
        )
    check_dpi(options.dpi, find_width(size))
    check_word("theme", options.theme, THEMES, "light")
    read_look(options).check()
    if options.metric:
        find_shown(options.metric)
    if options.target and not is_relevance(options.metric or RELEVANCE_CHOICES[0].name):
        raise InputError(
            f"«target={options.target}» with «metric={options.metric}», which is about attention",
            f"One of {', '.join(one.name for one in RELEVANCE_CHOICES)} is needed with a target",
            "Leave one of both out",
        )
    if options.target and not {"grid", "profile"} & {*read_pictures(options.what)}:
        raise InputError(
            f"«target={options.target}» with «what={options.what}», which is about attention",
            "Grid and profile show relevance",
            "Try «what=grid+profile»",
        )
    if options.min_attn is not None:
        check_min_attn(options.min_attn)
    if options.palette:
        check_palette(options.palette)
    if options.by not in ("", "site", "site_record"):
        raise InputError(f"«by={options.by}»", "site or site_record is needed", "Try «site=SELECTION»")


def check_caption_path(text: str, figure: Path) -> Path | None:
    """Check, before anything is drawn, where the caption is to be written; None where nowhere.

    Raises
    ------
    InputError
        If it cannot be written there.
    """
    if not text.strip():
        return None
    path = check_text_path(text, "«caption=»")
    if path.absolute() == figure.absolute():
        raise InputError(
            f"«caption={text}» is the figure itself",
            "A file of its own is needed",
            "Try «caption=legend.txt»",
        )
    return path


def read_look(options: FigureOptions) -> MapLook:
    """Return how the map is drawn."""
    return MapLook(options.scale, options.direction, options.contacts)


def read_theme(options: FigureOptions) -> Theme:
    """Return colours and letters."""
    theme = DARK if options.theme == "dark" else LIGHT
    return find_journal(options.journal).style(theme) if options.journal else theme


def describe_faults(options: FigureOptions, pictures: Sequence[Any], footnote: str) -> list[str]:
    """Say what the journal that was named would not take of a figure."""
    if not options.journal:
        return []
    height = find_height(pictures, size=read_size(options), theme=read_theme(options), footnote=footnote)
    return find_journal(options.journal).find_faults(Path(options.filename).suffix, height)


def read_size(options: FigureOptions) -> str | float:
    """Return the width as `save_figure` takes it."""
    if options.width in COLUMN_WIDTHS:
        return find_journal(options.journal).widths[options.width] if options.journal else options.width
    try:
        return float(options.width)
    except ValueError:
        known = ", ".join(COLUMN_WIDTHS)
        raise InputError(
            f"«width={options.width}»", f"One of {known}, or a number of mm, is needed", "Try «width=120»"
        ) from None
