"""The models that a worker keeps in memory between jobs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ..tasks import LoadedModel

__all__ = ["LoadModel", "WarmModels", "read_memory_limit"]


class LoadModel(Protocol):
    """Loads a model from a folder."""

    def __call__(
        self, folder: Path, device: str, dtype: str, name: str, on_stage: Callable[[str], None]
    ) -> LoadedModel: ...


class WarmModels:
    """Loaded models, the least recently used of which are dropped above a limit.

    Parameters
    ----------
    load : LoadModel
    limit : int
        Bytes of all models together. The one in use stays even if it is larger by itself.
    """

    def __init__(self, load: LoadModel, limit: int) -> None:
        self._load = load
        self._limit = limit
        self._models: dict[tuple[str, str, str, str], tuple[str, LoadedModel]] = {}  # oldest use first

    def get(
        self,
        folder: Path,
        fingerprint: str,
        device: str,
        dtype: str,
        name: str,
        *,
        on_stage: Callable[[str], None],
        on_notice: Callable[[str], None],
    ) -> LoadedModel:
        """A model, from memory or loaded.

        Parameters
        ----------
        folder : pathlib.Path
        fingerprint : str
            Another one means that the folder holds other weights now.
        device, dtype, name : str
        on_stage : callable
            Called with what is being done, where a model is loaded.
        on_notice : callable
            Called with a sentence about each model that is dropped.

        Returns
        -------
        LoadedModel
        """
        key = (str(folder), fingerprint, device, dtype)
        if key in self._models:
            self._models[key] = self._models.pop(key)
            return self._models[key][1]
        model = self._load(folder, device, dtype, name, on_stage)
        self._models[key] = (name, model)
        while len(self._models) > 1 and self._n_bytes > self._limit:
            dropped, _ = self._models.pop(next(iter(self._models)))
            on_notice(
                f"The model {dropped} was dropped from memory, because it and {name} together need more than "
                f"the {self._limit / 1e9:.1f} GB that models may keep. Its next use loads it again. Set "
                "PROVIS_MODEL_MEMORY_GB to keep more."
            )
        return model

    def drop(self, *, but: Path | None = None) -> int:
        """Drop models to free memory.

        Parameters
        ----------
        but : pathlib.Path, optional
            The folder whose model stays.

        Returns
        -------
        int
            How many were dropped.
        """
        dropped = [key for key in self._models if but is None or key[0] != str(but)]
        for key in dropped:
            del self._models[key]
        return len(dropped)

    @property
    def _n_bytes(self) -> int:
        return sum(model.n_bytes for _, model in self._models.values())


def read_memory_limit() -> int:
    """Bytes that models may keep: ``PROVIS_MODEL_MEMORY_GB``, else half of the computer's memory."""
    try:
        return int(float(os.environ["PROVIS_MODEL_MEMORY_GB"]) * 1e9)
    except (KeyError, ValueError, OverflowError):
        return _read_memory() // 2


def _read_memory() -> int:
    if sys.platform == "win32":
        import ctypes

        kilobytes = ctypes.c_ulonglong()
        if ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes)):
            return kilobytes.value * 1024
        return 8_000_000_000
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
