"""What is seen together in the panel has one colour for one meaning."""

from __future__ import annotations

import itertools

import pytest

from provis_core.figures.strips import _SITE_COLORS, CLASS_COLORS
from provis_core.figures.theme import DARK, LIGHT, Theme, rgb_of


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_no_two_meanings_share_a_colour(theme: Theme) -> None:
    meanings = {
        "received": theme.series[0],
        "given": theme.series[1],
        "site": _SITE_COLORS[0],
        "helix": CLASS_COLORS["helix"],
        "strand": CLASS_COLORS["strand"],
        "selected": theme.mark,
        "background": theme.background,
    }
    for (one, first), (other, second) in itertools.combinations(meanings.items(), 2):
        apart = abs(rgb_of(first).astype(int) - rgb_of(second).astype(int)).sum()
        assert apart > 80, f"{one} and {other} are both {first}, {second}"
