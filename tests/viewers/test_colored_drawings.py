"""Colours that say something, labels and transparency, in real PyMOL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from provis_core.scenes.colors import CATEGORY_RGB

from .drawings import list_members, read_cylinders, take_stock

Attn = Callable[..., Any]
ORANGE, BLUE, GREY = (CATEGORY_RGB[name] for name in ("orange", "sky blue", "grey"))


def read_labels(cmd: Any, name: str) -> list[tuple[str, tuple[float, ...]]]:
    labels: list[tuple[str, tuple[float, ...]]] = []
    cmd.iterate_state(1, name, "add((label, (x, y, z)))", space={"add": labels.append})
    return labels


def test_contacts_are_told_from_misses(cmd: Any, hpv: str, attn: Attn) -> None:
    (drawn,) = attn("chain A", min_attn=0.05, top=0, color_by="contact", cutoff=8)
    seen = read_cylinders(cmd, drawn.name)
    ca: dict[str, np.ndarray] = {}
    cmd.iterate_state(1, "chain A and name CA", "put(resi, (x, y, z))", space={"put": ca.__setitem__})
    expected = []
    for query, key in zip(drawn.edges.query.tolist(), drawn.edges.key.tolist(), strict=True):
        apart = np.linalg.norm(np.subtract(ca[str(query + 1)], ca[str(key + 1)]))
        expected.append(GREY if abs(query - key) < 6 else ORANGE if apart < 8 else BLUE)
    assert {ORANGE, BLUE, GREY} == set(expected)
    assert np.allclose(seen.end_rgb, expected, atol=1e-3)


def test_hits_on_a_site_by_distance(cmd: Any, hpv: str, attn: Attn) -> None:
    for distance in (4.0, 7.0):
        options = {"color_by": "site:ligand", "direction": "directed", "distance": distance}
        (drawn,) = attn("chain A", top=0, min_attn=0.02, **options)
        near: set[str] = set()
        where = f"chain A and polymer and not hydro within {distance} of (organic and not hydro)"
        cmd.iterate(where, "add(resi)", space={"add": near.add})
        hits = [str(key + 1) in near for key in drawn.edges.key.tolist()]
        assert any(hits) and not all(hits)
        expected = [ORANGE if hit else BLUE for hit in hits]
        assert np.allclose(read_cylinders(cmd, drawn.name).end_rgb, expected, atol=1e-3)


def test_labels_stand_on_the_strongest_pairs_and_go_with_the_drawing(
    cmd: Any, hpv: str, attn: Attn, commands: dict[str, Any]
) -> None:
    before = take_stock(cmd)
    (drawn,) = attn("chain A", labels=3)
    labels = read_labels(cmd, "provis_1hpv_A_12-4_labels")
    cylinders = read_cylinders(cmd, drawn.name)
    names = [drawn.chain.residue_ids[index].resi for index in drawn.edges.query[:3].tolist()]
    assert [text.split("-")[0][1:] for text, _ in labels] == names
    assert [text.split()[1] for text, _ in labels] == [f"{weight:.2f}" for weight in drawn.edges.weight[:3]]
    assert np.allclose([at for _, at in labels], (cylinders.start + cylinders.end)[:3] / 2, atol=1e-3)
    assert list_members(cmd, "provis") == [drawn.name, f"{drawn.name}_labels"]
    assert cmd.count_atoms("rep labels") == 3 and cmd.count_atoms("rep nonbonded and resn PVL") == 0
    assert cmd.get_view() == before["view"]
    attn("chain A", labels=1)
    assert len(read_labels(cmd, "provis_1hpv_A_12-4_labels")) == 1
    attn("chain A")
    assert "provis_1hpv_A_12-4_labels" not in cmd.get_names("all")
    attn("chain A", labels=2)
    assert commands["provis_clear"]("*_12-4") == ["provis_1hpv_A_12-4", "provis_1hpv_A_12-4_labels"]
    assert take_stock(cmd) == before


def test_an_object_of_the_users_that_is_named_as_our_labels_stays(
    cmd: Any, hpv: str, attn: Attn, commands: dict[str, Any]
) -> None:
    cmd.pseudoatom("provis_1hpv_A_12-4_labels", pos=[1, 2, 3], label="mine")
    attn("chain A", labels=2)
    assert read_labels(cmd, "provis_1hpv_A_12-4_labels") == [("mine", (1, 2, 3))]
    commands["provis_clear"]()
    assert cmd.get_names("all") == ["1hpv", "provis_1hpv_A_12-4_labels"]


def test_transparency_comes_and_goes(cmd: Any, hpv: str, attn: Attn) -> None:
    (drawn,) = attn("chain A", transparency=0.6)
    assert cmd.get_setting_float("cgo_transparency", drawn.name) == pytest.approx(0.6)
    assert cmd.get_setting_float("cgo_transparency") == 0
    attn("chain A")
    assert cmd.get_setting_float("cgo_transparency", drawn.name) == 0


def test_the_console_says_what_colours_mean(console: Callable[..., list[str]], hpv: str, bert: Any) -> None:
    text = "\n".join(console(f"provis_attn chain A, 12, 4, {bert}, color_by=contact, atom=CB"))
    assert "colour: orange contact (" in text
    assert "CB-CB (CA of GLY) < 8 Å, |i-j| >= 6" in text
    text = "\n".join(console(f"provis_attn chain A, 12, 4, {bert}, color_by=kontakt"))
    assert "Did you mean color_by=contact?" in text
    text = "\n".join(console(f"provis_attn chain A, 12, 4, {bert}, color_by=site, distance=-1"))
    assert "distance=-1. A distance above 0 and up to 20 Å is needed" in text
