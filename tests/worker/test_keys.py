"""Results that are on disk stay valid: their names are those that version 0.1.0 (89d0317) gave them."""

from __future__ import annotations

import pytest

from provis_core.worker.tasks.attention import AttentionRequest
from provis_core.worker.tasks.scan import ScanRequest

FINGERPRINT = "0123456789abcdef0123"
SEQUENCE = "MKVLAT"
ODD = {"device": "cuda:1", "dtype": "float16"}
METRICS = ("entropy", "separation", "special_tokens")

STORED = {
    "97386b95929a520756e54293b5a10066bbf4544c3da981ac51b744181a392a6c": AttentionRequest(
        SEQUENCE, "/m", "m", (11, 3)
    ),
    "6b81a6fdbdd4f62cc90da63fd9b033104b586d507e41649b700011e4e30dd306": AttentionRequest(
        SEQUENCE, "/n", "n", (0, 0), **ODD
    ),
    "5c4707678861c0188ffefc7a6ca7ede97edf9fddd38825972b7d8b13229225a0": AttentionRequest(
        "", "/m", "m", (3, 12), device="cpu"
    ),
    "ff677deeb6f778457c8aefefcac7e086cf2030f3f9eaf7356a4b8ee2d4794f01": AttentionRequest(
        SEQUENCE, "/m", "m", (11, 3), min_weight=0.05
    ),
    "aeeaeebb0c24bf8e830511833d47edcd3b6b326cbac7f7d6897165bf9b11d158": AttentionRequest(
        SEQUENCE, "/n", "n", (11, 3), min_weight=0.01, window=1000, **ODD
    ),
    "e6c3092c78ee862ffce84a5a51cc627233030d789b71d72e1cdbe84527bbe99b": ScanRequest(SEQUENCE, "/m", "m"),
    "a2b98def395acfa983d0862528ca9c2a700e0b7f64d514e455151e13a6f05b08": ScanRequest(
        SEQUENCE, "/m", "m", ("entropy",), 0.1, False, 1000, 250, **ODD
    ),
    "47ddcb36830c2efc6975c1490651ced3ac9a3bca12adb0c00adb8e2e1be5986c": ScanRequest(
        SEQUENCE, "/elsewhere", "provis_mini", METRICS
    ),
}


@pytest.mark.parametrize("key", STORED, ids=lambda key: key[:6])
def test_keys_are_those_that_are_on_disk(key: str) -> None:
    assert STORED[key].key(FINGERPRINT) == key
