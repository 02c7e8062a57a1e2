"""Colours of the pictures on the screen: the host's own palette, so that dark windows get dark pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from provis_core.figures.theme import DARK, LIGHT, Theme

from .qt import QtGui

__all__ = ["read_window_theme"]


def read_window_theme(widget: Any) -> Theme:
    """The colours and the letters that a widget has.

    Parameters
    ----------
    widget : QWidget

    Returns
    -------
    Theme
    """
    palette, role = widget.palette(), QtGui.QPalette.ColorRole
    back, text = palette.color(role.Base), palette.color(role.Text)
    points = widget.font().pointSizeF()
    if points <= 0:  # the host gave its letters in pixels
        points = widget.fontInfo().pointSizeF()
    theme = DARK if back.lightness() < text.lightness() else LIGHT
    return replace(theme, background=back.name(), text=text.name(), font_size=points)
