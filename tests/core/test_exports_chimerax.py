"""Files that ChimeraX opens without ProVis, read back by readers that do not know how they are written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from provis_core.exports.saving import save_table
from provis_core.scenes.colors import compute_colors
from tests.core.drawn import make_table


def read_pseudobonds(path: Path) -> list[tuple[str, str, float, str]]:
    """Two specifiers, radius and colour of each line, with the settings that hold for it."""
    settings: dict[str, str] = {}
    found = []
    for line in path.read_text().splitlines():
        if line.startswith(";"):
            name, _, value = line[1:].partition("=")
            settings[name.strip()] = value.strip()
        else:
            first, second, color = line.split()
            assert settings["halfbond"] == "false" and settings["dashes"] == "0"
            found.append((first, second, float(settings["radius"]), color))
    return found


def test_pseudobonds(tmp_path: Path) -> None:
    table = make_table("toy #2.1", palette="magma")
    found = read_pseudobonds(save_table(tmp_path / "drawn.pb", table))
    ends = [one[:2] for one in found]
    assert ends == [
        ("#2.1/A:3@CA", "#2.1/A:8@CA"),
        ("#2.1/A:8@CA", "#2.1/B:52A@CA"),
        ("#2.1/A:-3@CA", "#2.1/B:7@CA"),
    ]
    # from a quarter of the radius at 0.1 to all of it at the largest weight
    expected = [0.4 * (0.25 + 0.75 * (weight - 0.1) / 0.775) for weight in (0.875, 0.5, 0.25)]
    assert [one[2] for one in found] == pytest.approx(expected, abs=1e-3)
    rgb = compute_colors(np.array([0.875, 0.5, 0.25], dtype=np.float32), "magma", 0.1, 0.875)
    got = [[int(one[3][k : k + 2], 16) for k in (1, 3, 5)] for one in found]
    np.testing.assert_allclose(got, 255 * rgb, atol=0.6)


LARGEST = {"A:3": 0.875, "A:8": 0.875, "B:52A": 0.5, "A:-3": 0.25, "B:7": 0.25}


def test_an_attribute_of_residues(tmp_path: Path) -> None:
    lines = save_table(tmp_path / "drawn.defattr", make_table("toy #2.1")).read_text().splitlines()
    assert lines[:3] == ["attribute: attention", "match mode: 1-to-1", "recipient: residues"]
    rows = [line.split("\t") for line in lines[3:]]
    assert all(blank == "" for blank, _, _ in rows)
    assert {spec.removeprefix("#2.1/"): float(value) for _, spec, value in rows} == LARGEST


def test_a_script(tmp_path: Path) -> None:
    table = make_table("toy #2.1", palette="magma")
    lines = save_table(tmp_path / "drawn.cxc", table).read_text().splitlines()
    said = [
        re.fullmatch(r"setattr #2\.1/(\S+) residues attention (\S+) type float create true", one)
        for one in lines
    ]
    assert {one[1]: float(one[2]) for one in said if one} == LARGEST
    bonds = [
        re.fullmatch(r'pbond (\S+) (\S+) name "\S+" radius (\S+) color (\S+) dashes 0', line)
        for line, one in zip(lines, said, strict=True)
        if not one
    ]
    found = read_pseudobonds(save_table(tmp_path / "drawn.pb", table))
    assert [(one[1], one[2], float(one[3]), one[4]) for one in bonds if one] == found
    assert None not in bonds


def test_a_structure_without_a_number_is_the_first_model(tmp_path: Path) -> None:
    assert read_pseudobonds(save_table(tmp_path / "drawn.pb", make_table()))[0][0] == "#1/A:3@CA"  # of PyMOL
