"""One colour means one thing in viewer, panel and paper, for colour-blind readers too."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from provis_core.figures.theme import DARK, LIGHT, Theme
from provis_core.scenes.colors import CATEGORY_RGB, COLOR_CODES, PROPERTY_COLORS, ROLES, SERIES

ROOT = Path(__file__).resolve().parents[2]
TOGETHER = {
    "pairs": ("hit", "miss", "near", "unknown", "between chains"),
    "sites": ("site:ligand", "site:ion", "site:nucleic", "site:peptide", "site:chain"),
    "strips": ("site:ligand", "site:ion", "helix", "strand", "turn"),
    "contacts": ("contact", "between chains", "hit", "miss"),
    "a box of the map": ("query", "key", "hit", "miss"),
    "relevance": ("for", "against"),
}
"""What is seen in one picture."""

# Machado, Oliveira and Fernandes (2009), severity 1; on linear RGB
EYES = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def to_lab(rgb: npt.ArrayLike, eyes: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """CIELAB (D65) of a colour as somebody sees it."""
    srgb = np.asarray(rgb, dtype=float)
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.asarray(eyes) @ linear, 0, 1) / (TO_XYZ @ np.ones(3))
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Smallest distance in CIELAB (2.3 is just seen) over all eyes."""
    return min(float(np.linalg.norm(to_lab(one, eyes) - to_lab(other, eyes))) for eyes in EYES.values())


def of(code: str) -> list[float]:
    return [int(code[k : k + 2], 16) / 255 for k in (1, 3, 5)]


@pytest.mark.parametrize("roles", TOGETHER.values(), ids=TOGETHER)
def test_what_is_seen_together_is_told_apart(roles: tuple[str, ...]) -> None:
    for one, other in itertools.combinations(roles, 2):
        distance = apart(CATEGORY_RGB[ROLES[one]], CATEGORY_RGB[ROLES[other]])
        assert distance > 12, f"{one} and {other}: {ROLES[one]}, {ROLES[other]} ({distance:.0f})"


@pytest.mark.parametrize("names", [tuple(SERIES), PROPERTY_COLORS], ids=["series", "properties"])
def test_what_stands_side_by_side_is_told_apart(names: tuple[str, ...]) -> None:
    for one, other in itertools.combinations(names, 2):
        assert apart(CATEGORY_RGB[one], CATEGORY_RGB[other]) > 12, (one, other)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_no_two_meanings_of_the_panel_share_a_colour(theme: Theme) -> None:
    meanings = {
        "received": theme.received,
        "given": theme.given,
        **{role: COLOR_CODES[ROLES[role]] for role in ("site", "helix", "strand", "turn")},
        "selected": theme.mark,
        "background": theme.background,
    }
    for (one, first), (other, second) in itertools.combinations(meanings.items(), 2):
        assert apart(of(first), of(second)) > 12, f"{one} and {other}: {first}, {second}"


def test_orange_is_what_was_asked_for_and_sky_blue_its_miss() -> None:
    asked = {role for role, color in ROLES.items() if color == "orange"}
    assert asked == {"hit", "site", "site:ligand"}
    assert [role for role, color in ROLES.items() if color == "sky blue"] == ["miss"]
    assert list(SERIES)[-2:] == ["orange", "sky blue"]  # what has no meaning takes them last


def test_roles_have_colours() -> None:
    assert {*ROLES.values(), *SERIES, *PROPERTY_COLORS} <= set(COLOR_CODES)


def test_no_module_has_colours_of_its_own() -> None:
    """Black and white are no colours; what else a file names is in ``resources/colors.json``."""
    found = {
        f"{path.relative_to(ROOT)}: {code}"
        for folder in ("provis_core", "plugin")
        for path in (ROOT / folder).rglob("*.py")
        for code in re.findall(r"[\"'](#[0-9a-fA-F]{6})[\"']", path.read_text(encoding="utf-8"))
        if code.lower() not in ("#ffffff", "#000000")
    }
    assert not found
