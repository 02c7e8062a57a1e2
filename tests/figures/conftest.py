"""Figures without a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provis_core.figures.theme import LIGHT, Theme


@pytest.fixture
def new_figure() -> Callable[..., Any]:
    """Make a figure with the Agg canvas: size in inches, and dots per inch."""
    pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def make(width: float = 5.0, height: float = 4.5, dpi: float = 100, theme: Theme = LIGHT) -> Any:
        figure = Figure(figsize=(width, height), dpi=dpi, facecolor=theme.background)
        FigureCanvasAgg(figure)
        return figure

    return make
