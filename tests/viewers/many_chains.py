"""Assemblies of many short chains, like capsids."""

from __future__ import annotations

import itertools
import string

from .structures import at, change, keep, protein, read_1hpv, to_mmcif

__all__ = ["build_assembly"]


def build_assembly(n_chains: int, n_residues: int) -> str:
    """An mmCIF file with the first residues of 1HPV as often as wanted, on a grid."""
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits
    names = ["".join(name) for length in (1, 2, 3) for name in itertools.product(letters, repeat=length)]
    lines = keep(protein(read_1hpv()), at(*range(1, n_residues + 1)))
    asyms = [f"X{k}" for k in range(n_chains)]
    parts = [
        (asym, 1, change(lines, shift=(30.0 * (k % 40), 30.0 * (k // 40), 0))) for k, asym in enumerate(asyms)
    ]
    return to_mmcif(parts, {}, chains=dict(zip(asyms, names, strict=False)))
