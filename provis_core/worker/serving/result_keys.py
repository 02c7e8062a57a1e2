"""What results are called in the cache: a digest of all that the numbers depend on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any, Final

from ...attention.head_id import HeadId
from ...attention.head_scan import SCAN_FORMAT
from ..wire.host_messages import AttentionRequest, ScanRequest

__all__ = ["CACHE_FORMAT", "make_arcs_key", "make_key", "make_scan_key"]

CACHE_FORMAT: Final = 1
"""Part of every key: raise it when the same question gets other numbers."""


def make_key(sequence: str, fingerprint: str, head: HeadId, *, device: str, dtype: str) -> str:
    """Name of one result.

    Parameters
    ----------
    sequence : str
    fingerprint : str
        Of the checkpoint: other weights have another one.
    head : HeadId
    device, dtype : str
        As asked for; both change the last digits. The number of a device does not.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    return _digest([fingerprint, head.layer, head.head, device.partition(":")[0], dtype, sequence])


def make_scan_key(request: ScanRequest, fingerprint: str) -> str:
    """Name of one scan.

    Parameters
    ----------
    request : ScanRequest
        All of it counts, except for the job, the folder and the number of a device.
    fingerprint : str
        Of the checkpoint in the folder.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    values = asdict(request)
    del values["job"], values["checkpoint"]
    values["device"] = request.device.partition(":")[0]
    return _digest([request.kind, SCAN_FORMAT, fingerprint, values])


def make_arcs_key(request: AttentionRequest, fingerprint: str) -> str:
    """Name of the arcs of some heads.

    Parameters
    ----------
    request : AttentionRequest
        With a `min_weight`. All of it counts, except for the job, the names and the number of a device.
    fingerprint : str
        Of the checkpoint in the folder.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    values = asdict(request)
    del values["job"], values["checkpoint"], values["model"]
    values["device"] = request.device.partition(":")[0]
    return _digest(["arcs", fingerprint, values])


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps([CACHE_FORMAT, *parts]).encode("ascii")).hexdigest()
