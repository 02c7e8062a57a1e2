"""Blocks of a survey on a Dask cluster: one process per worker, each with the model.

Workers need the inputs and the model under the same paths. A block that a worker did not bring, because it
was killed, is given to another one; what is brought is written here, whole, as without a cluster.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..errors import InputError, InstallError, WorkerDiedError
from ..proteins.reading import read_blocks
from ..system.whole_files import write_whole
from .blocks import count_block
from .plan import Plan
from .running import SurveyProgress
from .slurm import make_slurm_cluster, watch_jobs

if TYPE_CHECKING:
    from ..models.base import Model

__all__ = ["ModelPlace", "count_on_cluster", "open_cluster"]

_RETRIES: Final = 5


@dataclass(frozen=True)
class ModelPlace:
    """How a worker loads the model.

    Attributes
    ----------
    folder, name : str
    device, dtype : str
        As `load_model` takes them; ``auto`` shares out the GPUs of a machine among its workers.
    """

    folder: str
    name: str
    device: str = "auto"
    dtype: str = "auto"


@contextlib.contextmanager
def open_cluster(scheduler: str, n_workers: int) -> Iterator[Any]:
    """A client of a cluster; one that is made here ends with the block.

    Parameters
    ----------
    scheduler : str
        The address of a scheduler that runs (``tcp://host:8786``), ``local`` for processes of this machine,
        or ``slurm`` for jobs as Dask's own configuration describes them (``jobqueue.slurm``).
    n_workers : int
        Processes or jobs, where they are made here.

    Yields
    ------
    distributed.Client

    Raises
    ------
    InstallError
        If Dask is missing.
    InputError
        If there is no such scheduler.
    """
    distributed = _import("distributed")
    made: Any = None
    if scheduler == "local":
        made = distributed.LocalCluster(
            n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=None
        )
    elif scheduler == "slurm":
        made = make_slurm_cluster(_import("dask_jobqueue"), n_workers)
    with contextlib.ExitStack() as stack:
        if made is not None:
            stack.callback(made.close)
        try:
            client: Any = distributed.Client(scheduler if made is None else made, timeout="30s")
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"No Dask scheduler answers at {scheduler} ({error})",
                "An address such as tcp://host:8786, local, or slurm is needed",
                "Start one with dask scheduler, and workers with dask worker",
            ) from error
        stack.callback(client.close)
        yield client


def count_on_cluster(
    client: Any,
    plan: Plan,
    folder: Path,
    numbers: Sequence[int],
    place: ModelPlace,
    on_progress: Callable[[SurveyProgress], object] = str,
    n_done: int = 0,
    on_wait: Callable[[str], object] = str,
) -> None:
    """Count blocks on a cluster, as `provis_core.survey.running.count_blocks` here.

    Parameters
    ----------
    client : distributed.Client
    plan : Plan
    folder : pathlib.Path
        Where blocks are written, by this process.
    numbers : sequence of int
    place : ModelPlace
    on_progress : callable
        Called after each block.
    n_done : int
        Blocks of former runs, for the progress.
    on_wait : callable
        Called with what is waited for, in words, where jobs stand in a queue.

    Raises
    ------
    ProvisError
        As a worker raised it.
    WorkerDiedError
        If a block could not be counted by any worker, or no job is left that could work.
    """
    distributed = _import("distributed")
    paths = plan.block_paths(folder)
    # a task: it waits for the first worker, however long a queue is, and is made anew where a worker is lost
    shared = client.submit(dict, plan.to_json(), pure=False, retries=_RETRIES)
    futures = {
        client.submit(_count_there, shared, number, place, pure=False, retries=_RETRIES): number
        for number in numbers
    }

    def cancel() -> None:
        client.cancel(list(futures))

    began, proteins, residues = time.monotonic(), 0, 0
    with contextlib.ExitStack() as stack:
        stack.callback(cancel)
        watch = stack.enter_context(watch_jobs(client, cancel, on_wait))
        for done, future in enumerate(distributed.as_completed(futures), 1):
            watch.check()
            content, n_proteins, n_residues = _take(future, futures[future])
            with write_whole(paths[futures[future]]) as temporary:
                temporary.write_bytes(content)
            proteins, residues = proteins + n_proteins, residues + n_residues
            seconds = time.monotonic() - began
            left = seconds / done * (len(futures) - done)
            on_progress(
                SurveyProgress(n_done + done, n_done + len(futures), proteins, residues, seconds, left)
            )


def _take(future: Any, number: int) -> tuple[bytes, int, int]:
    try:
        found: tuple[bytes, int, int] = future.result()
    except _import("distributed").KilledWorker as error:
        raise WorkerDiedError(
            f"Block {number} ended every worker that it was given to ({error})",
            "A worker that lives is needed: most often its memory was not enough",
            "Leave long proteins out with --max-residues, or give workers more memory; the rest is kept",
        ) from error
    return found


def _count_there(plan: dict[str, Any], number: int, place: ModelPlace) -> tuple[bytes, int, int]:
    """Count one block on a worker: the file, and how many proteins and residues it has."""
    asked = Plan.from_json(plan)
    model = _load(place, _choose_device(place.device))
    sizes: list[int] = []
    wanted = read_blocks(asked.files, asked.protocol.block, number.__eq__, stop=number)
    for _, items in wanted:
        arrays = count_block(model, items, asked.protocol, asked.clusters, sizes.append)
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        return file.getvalue(), len(sizes), sum(sizes)
    raise InputError(
        f"There is no block {number} in the inputs of this machine",
        "The same files are needed on every worker",
        "Put them on a disk that all machines share",
    )


@functools.lru_cache(maxsize=1)
def _load(place: ModelPlace, device: str) -> Model:
    """The model of this worker, loaded once."""
    from ..models import load_model

    return load_model(Path(place.folder), device, place.dtype, place.name)


def _choose_device(device: str) -> str:
    """One GPU for each worker of a machine, in turn, where nothing was asked for."""
    import torch

    n_gpus = torch.cuda.device_count() if device == "auto" and torch.cuda.is_available() else 0
    if n_gpus < 2:
        return device
    from distributed import get_worker

    name = str(get_worker().name)
    return f"cuda:{int(name) % n_gpus}" if name.isdigit() else device


def _import(package: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise InstallError(
            f"{package} cannot be imported ({error})",
            "Dask runs a survey on several processes or machines",
            "Install it: pip install provis-attn[cluster]",
        ) from error
