"""Colours by the profile of a chain that is read in windows: the panel and its command do the same."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.actions.profile import ProfileOptions
from provis_core.actions.work.profile import color_by_profile
from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError
from provis_core.structures.linking import LINKER

from .inspecting import EIGHT, TWENTY, make_maps, wait


@pytest.mark.parametrize("link", [False, True])
def test_the_command_of_the_panel_colours_the_same(inspector, viewer, worker, session, link):
    worker.answers = _with_both(worker.answers) if link else worker.answers
    inspector.choose.options(window=10)
    inspector.choose.link(link)
    inspector.choose.profile("received")
    wait(session)
    line = viewer.lines[-1]
    where = "/toy//A or /toy//B" if link else "/toy//A"
    assert line.startswith(f" provis_profile {where}, 2, 1, ")
    assert ("window=10" in line, "link=1" in line) == (True, link)
    panel = {name: rgb.copy() for name, rgb in viewer.residue_colors.items()}
    assert all(np.isfinite(rgb).all() for rgb in panel.values())
    assert len(panel) == 1 + link
    inspector.choose.profile("")
    assert viewer.residue_colors == {}
    n_maps = len(worker.requests)
    model = str(inspector.entry.folder)
    job = color_by_profile(
        session,
        ProfileOptions(selection="toy" if link else "", model=model, layer=2, head=1, window=10, link=link),
    )
    wait(session)
    assert job.value
    assert len(worker.requests) == n_maps
    assert worker.scans[-1][5] == 10
    for name, rgb in panel.items():
        np.testing.assert_array_equal(viewer.residue_colors[name], rgb)


def _with_both(answers):
    both = TWENTY + LINKER + EIGHT
    return {**answers, both: make_maps(len(both), 2)}


def test_what_residues_give_is_not_known(inspector, viewer, session):
    inspector.choose.options(window=10)
    wait(session)
    with pytest.raises(InputError, match="«which=given» together with «window=10»"):
        inspector.choose.profile("given")
    assert inspector.state.colored_by == ""
    with pytest.raises(InputError, match="«which=given» together with «window=10»"):
        color_by_profile(session, ProfileOptions(window=10, which="given"))
    with pytest.raises(InputError, match="window=-1"):
        color_by_profile(session, ProfileOptions(window=-1))
    inspector.choose.options(window=0)
    wait(session)
    inspector.choose.profile("given")
    inspector.choose.options(window=10)
    wait(session)
    assert not any("provis_profile" in line and "window" in line for line in viewer.lines)


def test_another_head(inspector, viewer, session):
    inspector.choose.options(window=10)
    inspector.choose.head(HeadId(0, 1))
    inspector.choose.profile("received")
    wait(session)
    assert " provis_profile /toy//A, 1, 2, " in viewer.lines[-1]


@pytest.mark.parametrize("which", ["received", "given"])
def test_a_chain_too_long_for_a_whole_map(inspector, viewer, worker, session, monkeypatch, which):
    monkeypatch.setattr("provis_core.scenes.draw_options._WHOLE_MAP", 10)
    n_maps, model = len(worker.requests), str(inspector.entry.folder)
    viewer.residue_colors.clear()
    job = color_by_profile(session, ProfileOptions(model=model, layer=2, head=1, which=which))
    if which == "given":
        session.wait(job)
        assert "toy chain A" in str(job.error or viewer.warnings)
        assert "only strong pairs are kept" in str(job.error or viewer.warnings)
        assert viewer.residue_colors.keys() <= {"toy chain B"}  # 8 residues
        return
    session.wait(job)
    assert len(worker.requests) == n_maps  # a scan tells it
    received = make_maps(20)[1, 0].sum(axis=0)
    shown = viewer.residue_colors["toy chain A"]
    assert np.isfinite(shown).all()
    assert job.value[0].profile.received == pytest.approx(received, abs=1e-5)


def test_a_demonstration_model_is_named_as_one(inspector, viewer, session):
    facts = '{"name": "toy", "status": "placeholder", "note": "for tests"}'
    (inspector.entry.folder / "provis.json").write_text(facts)
    color_by_profile(session, ProfileOptions(model=str(inspector.entry.folder), layer=2, head=1))
    wait(session)
    assert f" ProVis: {inspector.entry.name}: placeholder: for tests" in viewer.lines


def test_the_viewer_is_told_the_numbers_of_both(inspector, viewer, session):
    model = str(inspector.entry.folder)
    color_by_profile(session, ProfileOptions(model=model, layer=2, head=1, which="given"))
    wait(session)
    numbers = dict(viewer.residue_values)["toy chain A"]
    weights = make_maps(20)[1, 0]
    assert numbers["received"] == pytest.approx(weights.sum(axis=0), abs=1e-5)
    assert numbers["given"] == pytest.approx(weights.sum(axis=1), abs=1e-5)
