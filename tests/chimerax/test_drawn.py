"""What ChimeraX alone does with drawings: undo of overlays, what a directed head carries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plugin.viewers.chimerax_viewer import ChimeraxViewer
from provis_core.structures.chain import Chain
from provis_core.structures.linking import join_chains
from tests.contract.drawn import make_overlay, make_scene

from .toy import write_toy


@pytest.fixture
def viewer(session: Any, show: Any, tmp_path: Path) -> ChimeraxViewer:
    show(write_toy(tmp_path / "toy.pdb"))
    session.undo.undo_stack.clear()
    session.undo.redo_stack.clear()
    return ChimeraxViewer(session)


@pytest.fixture
def chain(viewer: ChimeraxViewer) -> Chain:
    return viewer.read_chains("")[0].chain


def look(session: Any) -> tuple[Any, ...]:
    from chimerax.atomic import AtomicStructure

    (structure,) = session.models.list(type=AtomicStructure)
    return (
        structure.atoms.colors.tolist(),
        structure.atoms.displays.tolist(),
        structure.residues.ribbon_colors.tolist(),
        sorted(one.name for one in session.models.list()),
    )


def test_undo_and_redo_of_an_overlay(viewer: ChimeraxViewer, session: Any, chain: Chain) -> None:
    plain = look(session)
    viewer.show_overlay(make_overlay("provis site", chain, [2, 3], (1.0, 0.5, 0.0)))
    first = look(session)
    session.undo.undo()
    assert look(session)[:3] == plain[:3] != first[:3]
    assert viewer.shown_names() == []
    session.undo.redo()
    assert look(session) == first
    session.undo.undo()
    assert look(session)[:3] == plain[:3]
    assert not session.undo.undo_stack


def test_undo_of_an_overlay_between_others(viewer: ChimeraxViewer, session: Any, chain: Chain) -> None:
    one = make_overlay("provis one", chain, [2, 3], (1.0, 0.5, 0.0))
    viewer.show_overlay(one)
    first = look(session)
    viewer.show_overlay(make_overlay("provis two", chain, [3, 4], (0.0, 0.5, 1.0)))
    both = look(session)
    viewer.show_overlay(replace(one, rgb=one.rgb[::-1].copy()))  # in place of the first
    session.undo.undo()
    assert viewer.shown_names().count("provis one") == 1
    session.undo.redo()
    session.undo.undo()
    session.undo.undo()
    assert look(session)[:3] == first[:3] != both[:3]


def test_undo_of_colours_that_a_slider_moves_is_one_step(
    viewer: ChimeraxViewer, session: Any, chain: Chain
) -> None:
    plain = look(session)
    for shade in (0.2, 0.4, 0.6):
        viewer.color_residues(chain, np.full((chain.n_residues, 3), shade, dtype=np.float32))
    assert len(session.undo.undo_stack) == 1
    last = look(session)
    session.undo.undo()
    assert look(session) == plain
    session.undo.redo()
    assert look(session) == last


def test_redo_on_a_model_that_was_closed_is_an_error_of_the_user(
    viewer: ChimeraxViewer, session: Any, chain: Chain
) -> None:
    from chimerax.core.errors import UserError

    viewer.show_overlay(make_overlay("provis site", chain, [2, 3], (1.0, 0.5, 0.0)))
    action = session.undo.undo_stack[-1]
    session.models.close(session.models.list())
    action.undo()
    with pytest.raises(UserError, match=r"ProVis: .*\bclosed"):
        action.redo()


def test_a_directed_head_has_its_weights_and_labels(
    viewer: ChimeraxViewer, session: Any, chain: Chain
) -> None:
    from chimerax.atomic import PseudobondGroup
    from chimerax.core.models import Surface
    from chimerax.label.label3d import labels_model

    scene = make_scene("provis A 12-4", chain)
    edges = replace(scene.edges, direction="directed")
    viewer.draw_scene(replace(scene, edges=edges, labels=((1, "P1>L10 0.50"),)))
    drawn = [one for one in session.models.list() if one.name == "provis A 12-4"]
    (group,) = (one for one in drawn if isinstance(one, PseudobondGroup))
    (surface,) = (one for one in drawn if type(one) is Surface)
    assert len(surface.vertices) == 48 * 3
    assert sorted(round(one.attention, 6) for one in group.pseudobonds) == [0.2, 0.5, 0.9]
    assert max(one.radius for one in group.pseudobonds) < scene.radius.min() / 5  # inside the cylinders
    (label,) = labels_model(group).labels()
    assert label.text == "P1>L10 0.50" and label.object.attention == pytest.approx(0.5)
    assert viewer.clear() == ["provis A 12-4"]
    assert not [one for one in session.models.list() if "provis" in one.name]


def test_numbers_of_residues_are_attributes(viewer: ChimeraxViewer, session: Any, chain: Chain) -> None:
    from chimerax.atomic import AtomicStructure, Residue
    from chimerax.core.commands import run

    (structure,) = session.models.list(type=AtomicStructure)
    other = viewer.read_chains("")[1].chain
    joined = join_chains([chain, other])
    rgb = np.full((joined.n_residues, 3), 0.5, dtype=np.float32)
    received = np.linspace(0.0, 2.0, joined.n_residues)
    viewer.color_residues(joined, rgb, {"received": received, "given": received[::-1]})
    protein = [one for one in structure.residues if one.name != "ZN"]
    assert [one.provis_received for one in protein] == pytest.approx(received)
    assert [one.provis_given for one in protein] == pytest.approx(received[::-1])
    run(session, "color byattribute r:provis_received palette 0,blue:2,red", log=False)
    assert tuple(protein[0].ribbon_color)[:3] == (0, 0, 255)
    assert tuple(protein[-1].ribbon_color)[:3] == (255, 0, 0)
    received[3] = np.nan
    viewer.color_residues(joined, rgb, {"received": received})
    assert getattr(protein[3], "provis_received", None) is None
    assert protein[3].provis_given == pytest.approx(received[::-1][3])
    assert {"provis_received", "provis_given"} <= set(Residue._attr_registration.reg_attr_info)
    viewer.clear()
    assert protein[4].provis_received == pytest.approx(received[4])
