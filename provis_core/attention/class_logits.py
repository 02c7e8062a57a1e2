"""What the classifiers of a checkpoint say of a sequence, and of the baseline that stands beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..system.array_files import read_arrays

__all__ = ["ClassLogits"]


@dataclass(frozen=True, eq=False)
class ClassLogits:
    """Logits of all classes.

    Attributes
    ----------
    sequence, baseline : str
    logits : mapping of str to numpy.ndarray, dtype float32
        By the name of the classifier: shape (2, n_classes), or (2, n_positions, n_classes) where residues are
        classified; the sequence first, then the baseline.
    """

    sequence: str
    baseline: str
    logits: Mapping[str, npt.NDArray[np.float32]]

    @property
    def n_bytes(self) -> int:
        """Memory of the arrays."""
        return sum(one.nbytes for one in self.logits.values())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one ``.npz`` file, without pickle."""
        told = json.dumps([self.sequence, self.baseline, list(self.logits)])
        arrays = {f"logits_{k}": one for k, one in enumerate(self.logits.values())}
        with open(path, "wb") as file:  # noqa: PTH123 (numpy would add a suffix to a path)
            np.savez(file, told=np.array(told), **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ClassLogits:
        """Read what `save` wrote.

        Raises
        ------
        CacheError
            If the file is damaged or something else.
        """

        def read(file: Any) -> ClassLogits:
            sequence, baseline, names = json.loads(str(file["told"]))
            return cls(sequence, baseline, {name: file[f"logits_{k}"] for k, name in enumerate(names)})

        return read_arrays(path, read, "Logits that ProVis wrote are needed")
