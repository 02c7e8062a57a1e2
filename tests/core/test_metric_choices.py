"""What the head grid offers: made of the metrics and of the annotators, and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.annotations import annotators
from provis_core.figures.grids import DEFAULT_METRIC, known_choices
from provis_core.scoring import metrics

from .inspecting import wait

METRIC = """
import numpy as np
from provis_core.scoring.metrics import HeadValues, ScoreMetric

def compute(scan, scores):
    values = np.arange(4.0).reshape(2, 2)
    return HeadValues(values, np.full((2, 2), len(scan.sequence)), "letters", 1.5, is_ranked=True)

METRIC = ScoreMetric("loudness", "how loud a head is", "loudness of a head", "dB", compute)
"""

ANNOTATOR = """
from provis_core.annotations.annotation import Annotator
from provis_core.annotations.annotators.per_residue import compute_membership

def annotate(subject):
    return (compute_membership(subject.chain, (2, 3), name="golden", source="a test"),)

ANNOTATOR = Annotator("golden", "golden residues", annotate, arcs={"golden": "arcs to gold"})
"""


@pytest.fixture
def more(tmp_path, monkeypatch):
    """One more file in each of the two folders."""
    for package, name, text in ((metrics, "loudness", METRIC), (annotators, "golden", ANNOTATOR)):
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / f"{name}.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    caches = (metrics.known_metrics, annotators.known_annotators)
    for cache in caches:
        cache.cache_clear()
    yield
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def test_all_are_offered_under_their_own_words():
    offered = {choice.name: (choice.label, choice.unit, choice.annotation) for choice in known_choices()}
    expected = {
        "contact": ("arcs that are contacts", "%", "contact"),
        "site": ("arcs to the binding site", "%", "site"),
        "ptm": ("arcs to modified residues", "%", "ptm"),
        "helix": ("arcs to helix", "%", "helix"),
        "strand": ("arcs to strand", "%", "strand"),
        "precision": ("contact precision at L", "%", "contact"),
        "separation": ("mean sequence separation", "residues", ""),
        "entropy": ("entropy of attention", "nats", ""),
        "special_tokens": ("attention to special tokens", "%", ""),
        "sink": ("attention to sinks", "%", ""),
    }
    assert offered.items() >= expected.items()
    assert known_choices()[0].name == DEFAULT_METRIC


def test_a_new_file_is_seen_without_another_edit(more, inspector, viewer):
    labels = {one.name: one.label for one in inspector.readings.metrics}
    assert (labels["loudness"], labels["golden"]) == ("how loud a head is", "arcs to gold")
    inspector.choose.metric("loudness")
    wait(inspector.session)
    grid = inspector.readings.grid
    np.testing.assert_array_equal(grid.values, [[0, 1], [2, 3]])
    assert (grid.axis_label, grid.reference) == ("how loud a head is (dB)", 1.5)
    assert grid.best[0] == (1, 1)
    assert grid.n[0, 0] == 20
    inspector.choose.metric("golden")
    wait(inspector.session)
    arcs, grid = inspector.readings.scan.arcs, inspector.readings.grid
    assert grid.axis_label == "arcs to gold (%)"
    for layer, head in np.ndindex(2, 2):
        _, key, _ = arcs.select((layer, head), 0.3)
        assert grid.n[layer, head] == len(key)
        if len(key):
            assert grid.values[layer, head] == pytest.approx(100 * np.isin(key, (2, 3)).mean())
    assert viewer.lines[-1].startswith(" provis_heads /toy//A, by=golden")
    assert inspector.state.to_json()["metric"] == "golden"
