"""The files of results: one head's weights, the arcs of some heads, a scan of all.

Each ends in a seal: a digest of its content and of its name, so that neither a damaged file nor one that
belongs elsewhere passes for a result. numpy takes no notice of it. Arcs and scans of version 0.1.0 have none;
they are whole if the checksums of their zip archive are right. Maps of 0.1.0, of which nothing can tell
whether they are whole, are computed anew.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import numpy as np
import numpy.typing as npt

from ...attention.arcs import Arcs
from ...attention.head_scan import HeadScan
from ...errors import CacheError
from ...system.array_files import read_alone
from ...system.whole_files import write_whole

__all__ = [
    "Result",
    "Savable",
    "Weights",
    "check_seal",
    "load_arcs",
    "load_scan",
    "load_weights",
    "write_result",
]

_SEAL: Final = b"\nProVis result 1\n"
_SEAL_SIZE: Final = hashlib.sha256().digest_size + len(_SEAL)
_BLOCK: Final = 1024 * 1024
_ZIP_END, _ZIP_END_SIZE = b"PK\x05\x06", 22

Weights = npt.NDArray[np.float32]


class Savable(Protocol):
    """A result that writes itself, like `Arcs` and `HeadScan`."""

    @property
    def n_bytes(self) -> int:
        """Memory of its arrays."""

    def save(self, path: Path) -> None:
        """Write one ``.npz`` file."""


Result = Weights | Savable
"""What a request to a model gives."""


def load_weights(path: str | Path, n_positions: int) -> Weights:
    """Open one result without reading it.

    Parameters
    ----------
    path : str or pathlib.Path
    n_positions : int
        Length of the sequence.

    Returns
    -------
    numpy.ndarray, shape (n_positions, n_positions), dtype float32
        Memory-mapped, read-only.

    Raises
    ------
    CacheError
        If the file is missing, damaged or of another shape.
    """
    try:
        weights = read_alone(lambda: np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        problem = str(error)
    else:
        expected = ((n_positions, n_positions), np.dtype(np.float32))
        if (weights.shape, weights.dtype) == expected and weights.flags.c_contiguous:
            return weights  # type: ignore[no-any-return]
        problem = f"it holds {weights.dtype} {weights.shape}"
    raise CacheError(
        f"The result {path} cannot be used ({problem})",
        f"A whole file of float32 ({n_positions}, {n_positions}) is needed",
        "Run the command again, which computes it anew",
    )


def load_arcs(path: str | Path, n_positions: int) -> Arcs:
    """Read the arcs of some heads.

    Parameters
    ----------
    path : str or pathlib.Path
    n_positions : int
        Length of the sequence.

    Returns
    -------
    Arcs

    Raises
    ------
    CacheError
        If the file is missing, damaged or of a sequence of another length.
    """
    arcs = Arcs.load(path)
    if arcs.n_positions != n_positions:
        raise CacheError(
            f"The result {path} is about {arcs.n_positions} residues",
            f"One about {n_positions} residues is needed",
            "Run the command again, which computes it anew",
        )
    return arcs


def load_scan(path: str | Path, sequence: str | None = None) -> HeadScan:
    """Read one scan.

    Parameters
    ----------
    path : str or pathlib.Path
    sequence : str, optional
        What it must be about.

    Returns
    -------
    HeadScan

    Raises
    ------
    CacheError
        If the file is missing or damaged, its parts do not fit together, or it is about another sequence.
    """
    scan = HeadScan.load(path)
    shape, n_positions = (scan.n_layers, scan.n_heads), scan.n_positions
    parts = [*(part for metric in scan.metrics.values() for part in (metric.sums, metric.counts))]
    fits = all(part.shape == shape for part in parts) and scan.arcs.n_positions == n_positions
    fits = fits and scan.received.shape == (*shape, n_positions) and scan.windows.shape[1:] == (2,)
    for top in (scan.top_pairs, scan.plain_pairs):
        if top is not None:
            fits = fits and top.i.shape == top.j.shape == top.score.shape and top.score.shape[:2] == shape
    fits = fits and sequence in (None, scan.sequence)
    if not fits:
        raise CacheError(
            f"The parts of the scan {path} do not fit together, or it is about another sequence",
            "A whole scan that ProVis wrote is needed",
            "Run the command again, which computes it anew",
        )
    return scan


def write_result(path: Path, result: Result) -> None:
    """Write a file that appears only when it is complete, sealed and on the disk.

    Parameters
    ----------
    path : pathlib.Path
    result : Result

    Raises
    ------
    OSError
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(path, private=True) as temporary:
        if isinstance(result, np.ndarray):
            with temporary.open("wb") as file:
                np.save(file, np.ascontiguousarray(result, dtype=np.float32), allow_pickle=False)
        else:
            result.save(temporary)
        with temporary.open("r+b") as file:
            file.seek(0, os.SEEK_END)
            size = file.tell()
            file.write(_compute_digest(file, size, path) + _SEAL)


def _compute_digest(file: BinaryIO, size: int, path: Path) -> bytes:
    """Digest of the first bytes of a file and of its name in the cache; the file then stands behind them."""
    digest = hashlib.sha256(f"{path.parent.name}{path.name}".encode())
    file.seek(0)
    while size > 0 and (block := file.read(min(size, _BLOCK))):
        digest.update(block)
        size -= len(block)
    return digest.digest()


def check_seal(path: str | Path) -> None:
    """Raise `CacheError` unless a file is as it was written, and where.

    Parameters
    ----------
    path : str or pathlib.Path
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END) - _SEAL_SIZE
            file.seek(max(0, size))
            seal = file.read()
            whole = seal.endswith(_SEAL) and seal[: -len(_SEAL)] == _compute_digest(file, size, path)
        problem = "its content is not what was written"
    except OSError as error:
        whole, seal, problem = False, b"", error.strerror or str(error)
    is_old = path.suffix == ".npz" and seal[-_ZIP_END_SIZE:].startswith(_ZIP_END)
    if not whole and not is_old:
        raise CacheError(
            f"The result {path} cannot be used ({problem})",
            "A whole file that ProVis wrote is needed",
            "Run the command again, which computes it anew",
        )
