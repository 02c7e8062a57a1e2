"""Profile, small maps, saving."""

from __future__ import annotations

import numpy as np
import pytest

from plugin.panel.qt import Qt, QtCore, QtWidgets
from plugin.panel.saving import FigureDialog, collect_panels, write_figure
from provis_core.attention import HeadId
from provis_core.errors import InputError


def test_the_profile_lists_top_residues_and_a_click_centres_one(bench):
    bench.open()
    profile = bench.panel.profile
    received = bench.worker.answers["ACDEFG" * 5][1, 0].sum(axis=0)
    best = int(received.argmax())
    assert profile.top.item(0).text().startswith(bench.inspector.part.chain.residue_label(best))
    profile.top.itemClicked.emit(profile.top.item(0))
    assert bench.viewer.lines[-1] == f" center /toy//A/{best + 1}"
    canvas = profile.canvas
    x, y = canvas.to_widget(canvas.drawing.axes, 7, 0.1)
    bench.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QtCore.QPoint(round(x), round(y)))
    assert bench.viewer.lines[-1] == " center /toy//A/8"


def test_the_profile_colours_the_structure(bench):
    bench.open()
    box = bench.panel.profile.color
    for which in ("received", "given"):
        box.setCurrentIndex(box.findData(which))
        box.activated.emit(box.currentIndex())
        bench.settle()
        assert bench.inspector.colored_by == which
    bench.panel.actions_bar.clear.click()
    bench.settle()
    assert bench.inspector.colored_by == ""
    assert box.currentData() == ""


def test_small_maps_show_the_pairs_of_each_head_and_a_click_draws_it(bench):
    bench.open()
    bench.panel.heads.setCurrentWidget(bench.panel.thumbnails)
    bench.settle()
    maps = bench.panel.thumbnails
    answer = bench.worker.answers["ACDEFG" * 5]
    for head in ((0, 0), (0, 1), (1, 1)):
        dots = maps._images[head[0]][head[1]]
        np.testing.assert_array_equal(dots > 0, answer[head] >= np.float32(0.05))
    place = maps.tile_rect(HeadId(0, 1)).center()
    bench.qtbot.mouseClick(maps.viewport(), Qt.MouseButton.LeftButton, pos=place)
    bench.settle()
    assert bench.inspector.head == HeadId(0, 1)
    bench.qtbot.keyClick(maps, Qt.Key.Key_Down)
    bench.settle()
    assert bench.inspector.head == HeadId(1, 1)
    picture = maps.grab().toImage()
    inside = maps.tile_rect(HeadId(0, 0)).adjusted(2, 2, -2, -2)
    colors = {
        picture.pixel(x, y)
        for x in range(inside.left(), inside.right(), 3)
        for y in range(inside.top(), inside.bottom(), 3)
    }
    assert len(colors) > 3


def test_only_maps_that_are_seen_are_made_into_images(bench):
    bench.worker.answers["ACDEFG" * 5] = np.repeat(
        np.repeat(bench.worker.answers["ACDEFG" * 5], 12, 0), 20, 1
    )
    (bench.explorer.settings.path.parent / "tiny" / "config.json").write_text(
        (bench.explorer.settings.path.parent / "tiny" / "config.json")
        .read_text()
        .replace('"num_hidden_layers": 2', '"num_hidden_layers": 24')
        .replace('"num_attention_heads": 2', '"num_attention_heads": 40')
        .replace('"hidden_size": 8', '"hidden_size": 80')
    )
    bench.open()
    maps = bench.panel.thumbnails
    bench.panel.heads.setCurrentWidget(maps)
    bench.settle()
    bench.qtbot.waitUntil(lambda: len(maps._tiles) > 0)
    assert len(maps._images) == 24
    assert 0 < len(maps._tiles) < 24 * 40 / 2
    assert maps.verticalScrollBar().maximum() > 0
    before = len(maps._tiles)
    maps.verticalScrollBar().setValue(maps.verticalScrollBar().maximum())
    maps.horizontalScrollBar().setValue(maps.horizontalScrollBar().maximum())
    bench.qtbot.waitUntil(lambda: HeadId(23, 39) in maps._tiles)
    assert len(maps._tiles) > before


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_the_saved_figure_has_what_is_seen(bench, tmp_path, suffix):
    bench.open()
    bench.panel.map.canvas.zoom(2.0, (10.0, 10.0))
    bench.settle()
    (grid, attention), (profile,) = collect_panels(bench.panel, ("grid", "map", "profile"))
    assert grid.heads == (HeadId(1, 0),)
    assert attention.x == pytest.approx(bench.panel.map.canvas.drawing.axes.get_xlim())
    assert attention.x[1] - attention.x[0] == pytest.approx(15)
    assert profile.view.n == 30
    path = tmp_path / f"figure{suffix}"
    assert write_figure(bench.panel, path, ("map",), "single") == path
    start = path.read_bytes()[:200]
    assert {".png": b"PNG", ".pdf": b"%PDF", ".svg": b"<svg"}[suffix] in start + path.read_bytes()[:600]
    assert bench.viewer.lines[-1] == f" ProVis: figure written to {path}"


def test_a_figure_that_cannot_be_saved_is_told(bench, tmp_path):
    bench.open()
    with pytest.raises(InputError, match=r"\.png, \.pdf, \.svg"):
        write_figure(bench.panel, tmp_path / "figure.bmp", ("map",), "single")

    def answer() -> None:
        dialog = bench.panel.findChild(FigureDialog)
        dialog.path.setText(str(tmp_path / "nowhere" / "figure.png"))
        dialog.accept()

    QtCore.QTimer.singleShot(50, answer)
    bench.panel.actions_bar.save.click()
    assert "cannot be written" in bench.panel.message.text()


def test_export_and_copy(bench, tmp_path, monkeypatch):
    bench.open()
    path = str(tmp_path / "pairs.csv")
    monkeypatch.setattr(QtWidgets.QFileDialog, "getSaveFileName", lambda *_: (path, ""))
    bench.panel.actions_bar.export.click()
    rows = [line for line in (tmp_path / "pairs.csv").read_text().splitlines() if not line.startswith("#")]
    assert len(rows) == 1 + bench.inspector.edges.n_edges
    bench.panel.actions_bar.copy.click()
    assert QtWidgets.QApplication.clipboard().text() == bench.inspector.command()


def test_the_site_is_listed_tested_and_shown(bench):
    bench.open()
    panel = bench.panel
    panel.details.setCurrentWidget(panel.sites)
    assert panel.sites.table.model.rowCount() == 0
    assert not panel.sites.shown.isEnabled()
    marks = np.zeros(30, bool)
    marks[[3, 4, 5, 12]] = True
    bench.viewer.marked[bench.inspector.part.chain.label] = marks
    panel.sites.source.setCurrentIndex(panel.sites.source.findData("selection"))
    panel.sites.source.activated.emit(panel.sites.source.currentIndex())
    bench.settle()
    names = {panel.sites.table.model.index(row, 0).data() for row in range(4)}
    assert names == {"A/GLU4", "A/PHE5", "A/GLY6", "A/ALA13"}
    assert panel.map.view.strips[0].legend
    summary = bench.inspector.site_summary
    assert panel.sites.summary.text().startswith(
        f"{100 * summary.share:.3g} % of the {summary.n_arcs} strong"
    )
    panel.sites.shown.click()
    assert bench.inspector.is_site_shown
    assert any("provis_sites" in line for line in bench.viewer.lines)
    panel.sites.shown.click()
    assert not bench.inspector.is_site_shown
    before = panel.sites.table.model.index(0, 1).data()
    bench.inspector.choose_head(HeadId(0, 0))
    bench.settle()
    assert panel.sites.table.model.index(0, 1).data() != before
