"""Results that are on disk stay valid: the names of maps are those that version 0.1.0 (89d0317) gave them.

Those of scans are of the third format (`SCAN_FORMAT`): scans of 0.1.0 have too few pairs of long range, and
are made anew.
"""

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
    "acd69a9e1b16eacf68271dd5d06bd736520b650ea75e392d37c1ae56f9a72e9b": ScanRequest(SEQUENCE, "/m", "m"),
    "484c5980b739428b6d2b6ff29fb6d979845bcd663d935bb07985f46334d54af5": ScanRequest(
        SEQUENCE, "/m", "m", ("entropy",), 0.1, False, 1000, 250, **ODD
    ),
    "787d34b75ddb79ffc6ab5458b4791011e2616e1ed0eb3382d4bb101b7d5f1b7b": ScanRequest(
        SEQUENCE, "/elsewhere", "provis_mini", METRICS
    ),
}


@pytest.mark.parametrize("key", STORED, ids=lambda key: key[:6])
def test_keys_are_those_that_are_on_disk(key: str) -> None:
    assert STORED[key].key(FINGERPRINT) == key
