"""Profile, small maps, saving."""

from __future__ import annotations

import numpy as np
import pytest

from plugin.panel.qt import Qt, QtCore, QtWidgets
from plugin.panel.saving import FigureDialog, collect_panels, write_figure
from provis_core.actions import find_command
from provis_core.attention.head_id import HeadId
from provis_core.commands.reading import run_command
from provis_core.errors import InputError
from provis_core.structures.chain import SelectedChain

FIGURE, PANEL = find_command("figure"), find_command("panel")


def test_the_profile_lists_top_residues_and_a_click_centres_one(bench):
    bench.open()
    profile = bench.panel.profile
    received = bench.worker.answers["ACDEFG" * 5][1, 0].sum(axis=0)
    best = int(received.argmax())
    assert profile.top.item(0).text().startswith(bench.inspector.target.chain.residue_label(best))
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
        assert bench.inspector.state.colored_by == which
    bench.panel.actions_bar.clear.click()
    bench.settle()
    assert bench.inspector.state.colored_by == ""
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
    assert bench.inspector.state.head == HeadId(0, 1)
    bench.qtbot.keyClick(maps, Qt.Key.Key_Down)
    bench.settle()
    assert bench.inspector.state.head == HeadId(1, 1)
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
    (bench.app.session.settings.path.parent / "tiny" / "config.json").write_text(
        (bench.app.session.settings.path.parent / "tiny" / "config.json")
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
    grid, attention, profile = collect_panels(bench.panel, ("grid", "map", "profile"))
    assert grid.heads == (HeadId(1, 0),)
    seen = bench.panel.map.canvas.drawing.axes.get_xlim()
    assert attention.x == pytest.approx(seen, abs=0.5)  # whole residues
    assert attention.x == (4.5, 19.5)
    assert profile.view.n == 30
    path = tmp_path / f"figure{suffix}"
    write_figure(bench.panel, path, ("map",), "single")
    bench.settle()
    start = path.read_bytes()[:200]
    assert {".png": b"PNG", ".pdf": b"%PDF", ".svg": b"<svg"}[suffix] in start + path.read_bytes()[:600]
    assert bench.viewer.lines[-1] == f" ProVis: figure written to {path}"


@pytest.mark.parametrize("suffix", [".pdf", ".svg", ".png"])
def test_the_command_that_the_button_writes_makes_the_same_file(bench, tmp_path, suffix):
    bench.open()
    panel, inspector = bench.panel, bench.inspector
    model = f"model={inspector.entry.folder}"
    chain = inspector.target.chain
    plain = (("grid", "map", "profile"), "double")

    def check(name, which, size, *words, picks=()):
        path = tmp_path / f"{name}{suffix}"
        write_figure(panel, path, which, size)
        bench.settle()
        line = bench.viewer.lines[-2]
        assert line.startswith(f" provis_figure {path}, /toy//A, ")
        assert sorted(line.split(", ", 2)[2].split(", ")) == sorted(words)
        given = dict(word.split("=", 1) for word in line.split(", ")[4:])
        layer, head = line.split(", ")[2:4]
        seen = {"/toy//A": np.ones(30, bool), **dict(picks)}
        bench.viewer.read_chains = lambda selection: [
            SelectedChain(one, seen[selection][: one.n_residues]) for one in (chain,)
        ]
        written = tmp_path / f"again{suffix}"
        job = run_command(FIGURE, bench.app, written, "/toy//A", layer, head, **given, quiet=0)
        bench.settle()
        assert job.result() == written
        assert written.read_bytes() == path.read_bytes()

    check("plain", *plain, "2", "1", model)
    bench.inspector.choose.metric("sink")
    bench.settle()
    bench.inspector.choose.head(HeadId(0, 1), add=True)
    bench.settle()
    check("grid", ("grid",), "single", "1", "2", model, "what=grid", "width=single", "metric=sink",
          "others=2-1")  # fmt: skip
    panel.map.canvas.zoom(2.0, (10.0, 10.0))
    box = panel.map.scale
    box.setCurrentIndex(box.findData("log"))
    box.activated.emit(box.currentIndex())
    marks = np.zeros(30, bool)
    marks[[6, 8]] = True
    bench.viewer.marked[chain.label] = marks
    inspector.read_marks()
    bench.settle()
    part = "/toy//A/" + "+".join(map(str, range(6, 21)))
    ends = np.isin(np.arange(30), range(5, 20))
    check("map", ("map",), "single", "1", "2", model, "what=map", "width=single", "scale=log",
          f"rows={part}", f"columns={part}", "metric=sink", "others=2-1", "mark=/toy//A/7+9",
          picks=((part, ends), ("/toy//A/7+9", marks)))  # fmt: skip
    bench.inspector.choose.site("selection")
    bench.inspector.choose.metric("site")
    bench.settle()
    panel.map.canvas.reset_zoom()
    bench.settle()
    check("site", *plain, "1", "2", model, "scale=log", "metric=site", "others=2-1", "mark=/toy//A/7+9",
          "site=/toy//A/7+9", picks=(("/toy//A/7+9", marks),))  # fmt: skip


def test_what_comes_first_is_said_above_the_grid_and_what_counts_can_be_changed(bench):
    bench.open()
    words, counted, grid = bench.panel.grid.best, bench.panel.grid.counted, bench.inspector.readings.grid
    first = grid.best[0].label
    assert words.text().startswith(
        f"{first} comes first: arcs that are contacts 0 % (background 0 %), not beyond"
    )
    assert counted.value() == 0.3 and counted.isEnabled()
    bench.viewer.lines.clear()
    counted.setValue(0.1)
    bench.settle()
    assert bench.inspector.readings.grid.min_weight == 0.1
    assert bench.inspector.readings.grid.n.sum() > grid.n.sum()
    assert any("metric=contact" in line and line.endswith(", min_attn=0.1") for line in bench.viewer.lines)
    bench.inspector.choose.metric("separation")
    bench.settle()
    assert "beyond chance" not in words.text() and not counted.isEnabled()  # it is not made of such pairs
    assert bench.panel.map.words.text() == ""
    bench.panel.show_map_alone(True)  # then the grid is not seen
    bench.panel.map.alone.setChecked(True)
    bench.inspector.choose.head(HeadId(0, 1))
    bench.settle()
    assert bench.panel.map.words.text().startswith("1-2 ")
    assert bench.panel.map.words.text() == bench.panel.grid.words.text()


def test_metric_and_windows_are_chosen_by_command_too(bench):
    bench.app.open_panel = bench.opener
    run_command(PANEL, bench.app, "/toy//A", metric="entropy", layer=1, head=2)
    bench.settle()
    assert bench.inspector.state.metric == "entropy"
    assert bench.inspector.state.head == HeadId(0, 1)
    box = bench.panel.grid.metric
    assert box.currentData() == "entropy"
    n_lines = len(bench.viewer.lines)
    for name in ("separation", "special_tokens", "sink"):
        box.setCurrentIndex(box.findData(name))
        box.activated.emit(box.currentIndex())
        bench.settle()
    model = bench.inspector.entry.folder
    lines = [line for line in bench.viewer.lines[n_lines:] if "provis_panel" in line]
    assert lines == [
        f" provis_panel /toy//A, metric={name}, model={model}"
        for name in ("separation", "special_tokens", "sink")
    ]
    with pytest.raises(InputError, match="metric=beauty"):
        run_command(PANEL, bench.app, metric="beauty")
    assert bench.inspector.state.metric == "sink"
    n_scans = len(bench.worker.scans)
    run_command(PANEL, bench.app, "/toy//B", window=6)
    bench.settle()
    assert {scan[5] for scan in bench.worker.scans[n_scans:]} == {6}
    run_command(PANEL, bench.app)
    assert bench.inspector.state.window == bench.panel.controls.window_size.value() == 6
    run_command(PANEL, bench.app, window=0)
    bench.settle()
    assert bench.inspector.state.window == 0
    assert bench.inspector.readings.weights is not None


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
    rows = (tmp_path / "pairs.csv").read_text().splitlines()
    assert len(rows) == 1 + bench.inspector.readings.edges.n_edges
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
    bench.viewer.marked[bench.inspector.target.chain.label] = marks
    panel.sites.source.setCurrentIndex(panel.sites.source.findData("selection"))
    panel.sites.source.activated.emit(panel.sites.source.currentIndex())
    bench.settle()
    names = {panel.sites.table.model.index(row, 0).data() for row in range(4)}
    assert names == {"A/GLU4", "A/PHE5", "A/GLY6", "A/ALA13"}
    assert panel.map.view.strips[0].legend
    summary = bench.inspector.readings.site_summary
    assert panel.sites.summary.text().startswith(
        f"{100 * summary.share:.3g} % of the {summary.n_arcs} strong"
    )
    assert panel.sites.summary.text().endswith("for a test.") or "p all = " in panel.sites.summary.text()
    panel.sites.shown.click()
    assert bench.inspector.state.site_shown
    assert any("provis_sites" in line for line in bench.viewer.lines)
    panel.sites.shown.click()
    assert not bench.inspector.state.site_shown
    before = panel.sites.table.model.index(0, 1).data()
    bench.inspector.choose.head(HeadId(0, 0))
    bench.settle()
    assert panel.sites.table.model.index(0, 1).data() != before
