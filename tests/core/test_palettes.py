"""The default palette: every step shows on PyMOL's black and on a figure's white, to any eye."""

import numpy as np
import pytest

from provis_core.scenes.colors import compute_colors, palette_names
from provis_core.scenes.scene import QUERY_END_RGB

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
NORMAL = np.eye(3)
PROTAN = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTAN = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
TRITAN = [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]


def luminance(rgb, eye=NORMAL):
    """Relative luminance of WCAG 2."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.clip(linear @ np.array(eye).T, 0, 1) @ [0.2126, 0.7152, 0.0722]


@pytest.fixture
def steps():
    values = np.linspace(0, 1, 33, dtype=np.float32)
    return compute_colors(values, palette_names()[0], 0, 1).astype(float)


def test_contrast_on_black_and_on_white(steps):
    light = luminance(np.vstack([steps, QUERY_END_RGB]))
    assert ((light + 0.05) / 0.05).min() >= 4
    assert (1.05 / (light + 0.05)).min() >= 2


@pytest.mark.parametrize("eye", [NORMAL, PROTAN, DEUTAN, TRITAN])
def test_lightness_rises_with_every_step(steps, eye):
    lightness = 116 * np.cbrt(luminance(steps, eye)) - 16
    assert np.diff(lightness).min() > 0.2
