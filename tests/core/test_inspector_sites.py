"""The panel's state with a viewer and a worker in memory: sites, their colours, the grid of heads."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from provis_core.actions.sites import SiteOptions
from provis_core.actions.work.sites import show_sites
from provis_core.annotations.annotators.contacts import compute_contacts
from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError
from provis_core.inspection.knowledge import Knowledge
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.linking import LINKER
from provis_core.structures.subject import Subject
from provis_core.targets.sites import SiteChoice

from .fakes import FakeViewer, make_chain
from .inspecting import EIGHT, TWENTY, make_app, make_hairpin, make_maps, wait

NAME = "provis_toy_A_2-1"


@pytest.fixture
def viewer():
    """Shows a hairpin."""
    return FakeViewer(make_hairpin())


def test_a_selection_as_a_site(inspector, viewer, worker):
    assert inspector.readings.sites is None
    assert "site" in inspector.readings.missing
    assert "site" not in [choice.name for choice in inspector.readings.metrics]
    with pytest.raises(InputError, match="No residue of toy chain A is selected"):
        inspector.choose.site("selection")
    marked = np.zeros(20, dtype=bool)
    marked[[3, 5, 8]] = True
    viewer.marked["toy chain A"] = marked
    told = []
    inspector.listen("sites", lambda: told.append(inspector.state.site.source))
    inspector.choose.site("selection")
    assert told[0] == "selection"
    viewer.marked.clear()
    wait(inspector.session)
    np.testing.assert_array_equal(inspector.readings.sites.values, marked)
    received = worker.answers[TWENTY][1, 0].sum(axis=0)
    rows = inspector.readings.site_rows
    assert [row.residue for row in rows] == sorted([3, 5, 8], key=lambda index: -received[index])
    for row in rows:
        assert row.label == inspector.target.chain.residue_label(row.residue)
        assert row.received == pytest.approx(received[row.residue], rel=1e-5)
        assert row.enrichment == pytest.approx(received[row.residue] / received.mean(), rel=1e-5)
        assert row.p_value == (received >= received[row.residue]).mean()
    table = compute_head_scores(
        inspector.readings.scan, inspector.target.sequence_map, inspector.readings.sites
    )
    summary = inspector.readings.site_summary
    assert summary.share == pytest.approx(table.share[1, 0])
    assert summary.p_value == pytest.approx(table.p[1, 0], nan_ok=True)
    assert summary.background == pytest.approx(3 / 20)
    np.testing.assert_array_equal(
        inspector.readings.pair_rows.site,
        marked[inspector.readings.pair_rows.query].astype(int) + marked[inspector.readings.pair_rows.key],
    )
    inspector.choose.metric("site")
    wait(inspector.session)
    np.testing.assert_allclose(inspector.readings.grid.values, 100 * table.share)


def test_a_table_as_a_site_and_one_that_is_bad(inspector, tmp_path):
    path = tmp_path / "site.csv"
    path.write_text("resi\n4\n6\n")
    inspector.choose.site("file", path=str(path))
    assert inspector.readings.sites.residues.tolist() == [3, 5]
    path.write_text("resi\nfour\n")
    with pytest.raises(InputError):
        inspector.choose.site("file", path=str(path))
    assert inspector.readings.sites.residues.tolist() == [3, 5]
    inspector.choose.model(str(inspector.entry.folder))
    wait(inspector.session)
    assert inspector.state.site.source == "file"  # chosen, though it can be read no more
    assert "site" in inspector.readings.missing


def test_colours_by_the_site_follow_it(inspector, viewer):
    with pytest.raises(InputError):
        inspector.choose.options(color_by="site")  # nobody knows the ligands
    assert inspector.state.options.color_by == "weight"
    marked = np.zeros(20, dtype=bool)
    marked[:10] = True
    viewer.marked["toy chain A"] = marked
    inspector.choose.site("selection")
    inspector.choose.options(color_by="site")
    first = viewer.scenes[NAME].end_rgb
    assert "orange an end is in site" in inspector.stage.cylinders.legend
    viewer.marked["toy chain A"] = ~marked
    inspector.choose.site("selection")
    second = viewer.scenes[NAME].end_rgb
    edges = inspector.readings.edges
    expected = (edges.query < 10) & (edges.key < 10), (edges.query >= 10) & (edges.key >= 10)
    changed = (first != second).any(axis=1)
    np.testing.assert_array_equal(changed, expected[0] | expected[1])


def test_colours_by_contact_are_those_of_the_command(inspector, viewer):
    inspector.choose.options(color_by="contact", cutoff=6.0)
    contact = compute_contacts(inspector.target.chain, cutoff=6.0)
    edges = inspector.readings.edges
    hits = contact.values[edges.query, edges.key]
    assert f"orange contact ({hits.sum()})" in inspector.stage.cylinders.legend
    assert inspector.command().endswith("color_by=contact, cutoff=6")


def _mark(viewer, *residues):
    viewer.marked["toy chain A"] = np.isin(np.arange(20), residues)


def test_the_site_is_shown_as_long_as_it_is_wanted(inspector, viewer, tmp_path):
    with pytest.raises(InputError):
        inspector.choose.site_shown(True)  # nobody knows the ligands
    assert not inspector.state.site_shown
    path, other = tmp_path / "site, mine.csv", tmp_path / "other.csv"
    path.write_text("resi\n4\n6\n")
    other.write_text("resi\n9\n")
    inspector.choose.site("file", path=str(path))
    assert viewer.overlays == {}
    told = []
    inspector.listen("sites", lambda: told.append(inspector.state.site_shown))
    inspector.choose.site_shown(True)
    assert told == [True]
    (overlay,) = viewer.overlays.values()
    assert np.flatnonzero(overlay.sticks).tolist() == [3, 5]
    assert viewer.lines[-1] == f' provis_sites /toy//A, by=table, file="{path}"'
    inspector.choose.site("file", path=str(other))
    (overlay,) = viewer.overlays.values()
    assert np.flatnonzero(overlay.sticks).tolist() == [8]
    assert viewer.lines[-1] == f" provis_sites /toy//A, by=table, file={other}"
    _mark(viewer, 3)
    inspector.choose.site("selection")
    assert len(viewer.overlays) == 1  # of another name, in place of the earlier one
    assert overlay.name not in viewer.overlays
    assert viewer.lines[-1] == " provis_sites /toy//A, site=/toy//A/4"
    (name,) = viewer.overlays
    inspector.choose.head(HeadId(0, 0))
    assert list(viewer.overlays) == [name]
    inspector.choose.site_shown(False)
    assert viewer.overlays == {}
    assert viewer.lines[-1] == f" provis_clear {name}"
    inspector.choose.site_shown(True)
    told.clear()
    inspector.clear()
    assert viewer.overlays == {}
    assert told == [False]  # the box is not ticked any more
    assert viewer.lines[-1] == f" provis_clear {name}"


def test_metrics_and_sites_write_the_command_that_ranks_all_heads(inspector, viewer, tiny_config_folder):
    model = f"model={tiny_config_folder.resolve()}"
    inspector.choose.metric("contact")
    assert viewer.lines[-1] == f" provis_heads /toy//A, by=contact, {model}"
    assert viewer.lines[-2] == f" provis_panel /toy//A, metric=contact, {model}"
    n_lines = len(viewer.lines)
    inspector.choose.metric("separation")  # provis_heads has no such property
    assert viewer.lines[n_lines:] == [f" provis_panel /toy//A, metric=separation, {model}"]
    _mark(viewer, 3, 5)
    inspector.choose.site("selection")
    assert viewer.lines[-1] == f" provis_heads /toy//A, {model}, site=/toy//A/4+6"
    inspector.choose.metric("site")
    assert viewer.lines[-1] == f" provis_heads /toy//A, {model}, site=/toy//A/4+6"


@pytest.mark.parametrize("name", ["contact", "precision", "separation", "special_tokens", "sink"])
def test_metrics_are_those_of_the_head_table(inspector, name):
    inspector.choose.metric(name)
    wait(inspector.session)
    scan, part, grid = inspector.readings.scan, inspector.target, inspector.readings.grid
    table = compute_head_scores(scan, part.sequence_map, compute_contacts(part.chain), shifts=False)
    expected = {
        "contact": 100 * table.share,
        "precision": 100 * table.precision["L"],
        "separation": scan.metrics["separation"].values,
        "special_tokens": 100 * scan.metrics["special_tokens"].values,
        "sink": 100 * table.sink_share,
    }[name]
    np.testing.assert_allclose(grid.values, expected)
    assert grid.values.shape == (2, 2)
    assert "toy chain A" in grid.title


def test_a_metric_that_the_scan_does_not_have_is_told(inspector):
    inspector.choose.metric("entropy")  # the toy scan has none
    wait(inspector.session)
    assert inspector.readings.grid is None
    assert "has no entropy" in inspector.status.problem
    inspector.choose.metric("contact")
    wait(inspector.session)
    assert inspector.readings.grid is not None


def test_heads_are_scored_on_a_thread_and_once(inspector, viewer, monkeypatch):
    threads = []

    def score(*given, **options):
        threads.append(threading.current_thread())
        return compute_head_scores(*given, **options)

    for module in ("provis_core.figures.grids", "provis_core.inspection.readings"):
        monkeypatch.setattr(f"{module}.compute_head_scores", score)
    inspector.restart()
    inspector.choose.head(HeadId(0, 0))
    wait(inspector.session)
    assert inspector.readings.grid.p_all is not None
    assert len(threads) == 1  # the contacts
    inspector.choose.metric("precision")
    inspector.readings.make_grid()  # as where annotations come meanwhile
    wait(inspector.session)
    assert len(threads) == 2
    inspector.choose.metric("contact")  # which is remembered
    inspector.choose.metric("precision")
    wait(inspector.session)
    assert len(threads) == 2
    _mark(viewer, 3, 5)
    inspector.choose.site("selection")
    inspector.choose.metric("site")
    wait(inspector.session)
    assert len(threads) > 2
    assert threading.current_thread() not in threads


def test_contacts_of_where_a_chain_was_do_not_replace_those_of_where_it_is():
    tasks = []
    knowledge = Knowledge(
        SimpleNamespace(compute=lambda kind, label, work, take: tasks.append((work, take))), lambda: None
    )
    before = make_hairpin()
    now = replace(before, ca_coords=3 * before.ca_coords)
    for chain in (before, now):
        knowledge.reset(Subject(chain), SiteChoice())
    for work, take in reversed(tasks):  # threads end in any order
        take(work())
    np.testing.assert_array_equal(knowledge.found["contact"].values, compute_contacts(now).values)
    assert compute_contacts(before).values.sum() > compute_contacts(now).values.sum()


def _count_reads(viewer, monkeypatch):
    """A list that grows with each read of the viewer."""
    reads = []
    for name in ("read_chains", "read_again", "read_subjects"):
        read = getattr(viewer, name)
        monkeypatch.setattr(
            viewer, name, lambda *given, name=name, read=read: (reads.append(name), read(*given))[1]
        )
    return reads


def test_a_site_that_the_panel_holds_is_shown_without_reading_the_viewer(
    inspector, viewer, worker, tmp_path, monkeypatch
):
    path = tmp_path / "site.csv"
    path.write_text("resi\n4\n6\n")
    reads = _count_reads(viewer, monkeypatch)
    inspector.choose.site("file", path=str(path))
    inspector.choose.site_shown(True)
    path.write_text("resi\n9\n")
    inspector.choose.site("file", path=str(path))  # while it is shown
    wait(inspector.session)
    assert reads == []
    (overlay,) = viewer.overlays.values()
    assert np.flatnonzero(overlay.sticks).tolist() == [8]
    typed = show_sites(inspector.session, SiteOptions(selection="/toy//A", by="table", file=str(path)))
    assert [one.name for one in typed] == [overlay.name]
    np.testing.assert_array_equal(viewer.overlays[overlay.name].rgb, overlay.rgb)
    assert reads[:2] == ["read_chains", "read_subjects"]  # so they are counted


def test_of_linked_chains_each_is_shown_by_itself(tmp_path, worker, tiny_config_folder, monkeypatch):
    viewer = FakeViewer(make_chain(TWENTY), make_chain(EIGHT, "B"))
    worker.answers[TWENTY + LINKER + EIGHT] = make_maps(len(TWENTY + LINKER + EIGHT))
    app = make_app(tmp_path, viewer, worker, tiny_config_folder)
    inspector = app.inspector
    inspector.open("toy", link=True)
    wait(app.session)
    viewer.marked = {"toy chain A": np.isin(np.arange(20), [3, 5]), "toy chain B": np.arange(8) == 1}
    inspector.choose.site("selection")
    reads = _count_reads(viewer, monkeypatch)
    inspector.choose.site_shown(True)
    assert reads == []
    shown = {one.chain.label: np.flatnonzero(one.sticks).tolist() for one in viewer.overlays.values()}
    assert shown == {"toy chain A": [3, 5], "toy chain B": [1]}
    inspector.choose.site_shown(False)
    assert viewer.overlays == {}
    app.close()
