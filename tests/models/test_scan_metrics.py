"""What every head metric must keep, and toy maps whose answer is known by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from provis_core.attention.head_scan import HeadMetric
from provis_core.errors import InputError
from provis_core.scoring import metrics
from provis_core.scoring.metrics import PairMetric, RowMetric, ScoreMetric, find_scanned_metric, known_metrics

RESIDUES = slice(1, 5)


@pytest.mark.parametrize("metric", known_metrics(), ids=lambda metric: metric.name)
def test_contract(metric):
    folder = Path(metrics.__file__).parent
    assert (folder / f"{metric.name}.py").is_file()
    assert metric.summary[0].islower()
    assert not metric.summary.endswith(".")
    assert metric.unit
    assert metric.label[0].islower()
    if isinstance(metric, ScoreMetric):
        return  # tests/core/test_metric_choices.py
    assert find_scanned_metric(f" {metric.name.upper()} ") is metric
    if isinstance(metric, PairMetric):
        values = metric.compute(4)
        assert (values.shape, values.dtype) == ((4, 4), np.float32)
        return
    assert isinstance(metric, RowMetric)
    torch = pytest.importorskip("torch", reason="torch is not installed")
    weights = torch.softmax(torch.randn((3, 4, 6), generator=torch.Generator().manual_seed(0)), dim=2)
    before = weights.clone()
    sums = metric.compute(weights, RESIDUES)
    torch.testing.assert_close(weights, before, rtol=0, atol=0)
    assert sums.shape == (3,)
    assert torch.isfinite(metric.compute(torch.eye(6)[None, 1:5], RESIDUES)).all()  # weights of 0
    halves = metric.compute(weights[:, :1], RESIDUES) + metric.compute(weights[:, 1:], RESIDUES)
    torch.testing.assert_close(halves, sums, rtol=1e-6, atol=1e-6)


def test_every_file_is_registered():
    files = {path.stem for path in Path(metrics.__file__).parent.glob("[!_]*.py")}
    assert {metric.name for metric in known_metrics()} == files
    with pytest.raises(InputError, match="Did you mean separation"):
        find_scanned_metric("seperation")


def test_listing_needs_no_torch():
    code = "import sys, provis_core.scoring.metrics as m; m.known_metrics(); print('torch' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, check=True)
    assert result.stdout.split() == [b"False"]


def test_toys():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    uniform = torch.full((1, 4, 6), 1 / 6)
    one = torch.zeros((1, 4, 6))
    one[:, :, 2] = 1
    entropy, special = find_scanned_metric("entropy"), find_scanned_metric("special_tokens")
    assert float(entropy.compute(uniform, RESIDUES)) == pytest.approx(4 * np.log(6), rel=1e-6)
    assert float(entropy.compute(one, RESIDUES)) == 0
    assert float(special.compute(uniform, RESIDUES)) == pytest.approx(4 * 2 / 6, rel=1e-6)
    assert float(special.compute(one, RESIDUES)) == 0
    assert find_scanned_metric("separation").compute(3).tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]


def test_a_mean_over_nothing_is_unknown():
    metric = HeadMetric(np.array([[3.0, 0.0]]), np.array([[4.0, 0.0]]), "share")
    np.testing.assert_array_equal(metric.values, [[0.75, np.nan]])
