"""Check of ``SHA256SUMS``, as ``sha256sum --check`` makes it."""

from __future__ import annotations

import hashlib
from pathlib import Path


def verify_checksums(directory: Path) -> list[str]:
    """Names of files that are missing or differ from ``SHA256SUMS``; empty when all is well."""
    wrong = []
    for line in (directory / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        path = directory / name
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            wrong.append(name)
    return wrong
