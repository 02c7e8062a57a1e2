"""The files of results: one head's weights, the arcs of some heads, a scan of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...attention.arcs import Arcs
from ...attention.head_scan import HeadScan
from ...errors import CacheError
from ...system.array_files import read_alone
from ...system.whole_files import write_whole

__all__ = ["Weights", "load_arcs", "load_scan", "load_weights", "write_result"]

Weights = npt.NDArray[np.float32]


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


def load_scan(path: str | Path) -> HeadScan:
    """Read one scan.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    HeadScan

    Raises
    ------
    CacheError
        If the file is missing or damaged, or its parts do not fit together.
    """
    scan = HeadScan.load(path)
    shape, n_positions = (scan.n_layers, scan.n_heads), scan.n_positions
    parts = [*(part for metric in scan.metrics.values() for part in (metric.sums, metric.counts))]
    fits = all(part.shape == shape for part in parts) and scan.arcs.n_positions == n_positions
    fits = fits and scan.received.shape == (*shape, n_positions) and scan.windows.shape[1:] == (2,)
    for top in (scan.top_pairs, scan.plain_pairs):
        if top is not None:
            fits = fits and top.i.shape == top.j.shape == top.score.shape and top.score.shape[:2] == shape
    if not fits:
        raise CacheError(
            f"The parts of the scan {path} do not fit together",
            "A whole scan that ProVis wrote is needed",
            "Run the command again, which computes it anew",
        )
    return scan


def write_result(path: Path, result: Weights | HeadScan | Arcs) -> None:
    """Write a file that appears only when it is complete.

    Parameters
    ----------
    path : pathlib.Path
    result : numpy.ndarray, HeadScan or Arcs

    Raises
    ------
    OSError
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(path, private=True) as temporary:
        if isinstance(result, HeadScan | Arcs):
            result.save(temporary)
        else:
            with temporary.open("wb") as file:
                np.save(file, result, allow_pickle=False)
