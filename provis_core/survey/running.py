"""A run over all blocks, or over those of a shard; what is there is not done again."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CacheError, InputError
from ..proteins.reading import read_blocks
from ..system.whole_files import locked, remove_abandoned, write_whole
from .blocks import BlockFile, count_block, write_block
from .plan import Plan

if TYPE_CHECKING:
    from ..models.base import Model

__all__ = ["SurveyProgress", "count_blocks", "find_open_blocks", "merge_folders", "open_folder"]


@dataclass(frozen=True)
class SurveyProgress:
    """How far a run is.

    Attributes
    ----------
    blocks, all_blocks : int
        Blocks that are done, those of former runs among them, and all of this run.
    proteins, residues : int
        Counted in this run.
    seconds, seconds_left : float
        Of this run; NaN while nothing is known.
    """

    blocks: int
    all_blocks: int
    proteins: int
    residues: int
    seconds: float
    seconds_left: float


def open_folder(folder: Path, plan: Plan) -> None:
    """Prepare the folder of a run.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it is missing; one with other files is used as it is.
    plan : Plan

    Raises
    ------
    InputError
        If it holds another run, or cannot be written.
    """
    try:
        (folder / "blocks").mkdir(parents=True, exist_ok=True)
        for path in (folder / "blocks").iterdir():
            remove_abandoned(path)
        with locked(folder / "blocks" / ".lock", wait=True):
            if Plan.is_in(folder):
                plan.check_same(Plan.load(folder), str(folder))
            else:
                plan.save(folder)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror or error})",
            "A folder is needed",
            "Choose another one",
        ) from error


def find_open_blocks(folder: Path, plan: Plan, shard: tuple[int, int] = (1, 1)) -> list[int]:
    """Blocks of a shard that are not done, or damaged.

    Parameters
    ----------
    folder : pathlib.Path
    plan : Plan
    shard : tuple of int
        Which of how many, counted from 1.

    Returns
    -------
    list of int

    Raises
    ------
    InputError
        If there is no such shard.
    """
    which, n_shards = shard
    if not 1 <= which <= n_shards:
        raise InputError(
            f"«shard={which}/{n_shards}»", "A shard i/N with i from 1 to N is needed", "Try «shard=1/4»"
        )
    mine = range(which - 1, plan.n_blocks, n_shards)
    paths = plan.block_paths(folder)
    return [number for number in mine if not _is_done(paths[number])]


def _is_done(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        BlockFile(path)
    except CacheError:  # a disk that lost what was written; it is counted again
        return False
    return True


def count_blocks(
    model: Model,
    plan: Plan,
    folder: Path,
    numbers: Sequence[int],
    on_progress: Callable[[SurveyProgress], object] = str,
    n_done: int = 0,
) -> None:
    """Count blocks, one after the other; each is on the disk before the next one begins.

    Parameters
    ----------
    model : Model
    plan : Plan
    folder : pathlib.Path
        As from `open_folder`.
    numbers : sequence of int
    on_progress : callable
        Called after each protein. What it raises ends the run.
    n_done : int
        Blocks of former runs, for the progress.
    """
    wanted = set(numbers)
    if not wanted:
        return
    paths = plan.block_paths(folder)
    began, proteins, residues, finished = time.monotonic(), 0, 0, 0

    def tell(n_residues: int) -> None:
        nonlocal proteins, residues
        proteins, residues = proteins + bool(n_residues), residues + n_residues
        seconds = time.monotonic() - began
        share = max(finished, proteins / plan.protocol.block) / len(wanted)
        left = max(0.0, seconds / share * (1 - share)) if finished else float("nan")  # a block is read first
        on_progress(
            SurveyProgress(n_done + finished, n_done + len(wanted), proteins, residues, seconds, left)
        )

    blocks = read_blocks(plan.files, plan.protocol.block, wanted.__contains__, stop=max(wanted))
    for number, items in blocks:
        write_block(paths[number], count_block(model, items, plan.protocol, plan.clusters, tell))
        finished += 1
        tell(0)


def merge_folders(folders: Sequence[Path], out: Path) -> Plan:
    """Bring the blocks of several folders together.

    Parameters
    ----------
    folders : sequence of pathlib.Path
        Of shards of one run, in any order; the same block may be in several.
    out : pathlib.Path
        May be one of them.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If they are of different runs.
    """
    if not folders:
        raise InputError("No folder was given", "Folders of shards are needed", "Name them before -o")
    plan = Plan.load(folders[0])
    open_folder(out, plan)
    kept = plan.block_paths(out)
    for folder in folders:
        Plan.load(folder).check_same(plan, str(folder))
        for path, place in zip(plan.block_paths(folder), kept, strict=True):
            if path.is_file() and not _is_done(place):
                with write_whole(place) as temporary, contextlib.suppress(shutil.SameFileError):
                    shutil.copyfile(path, temporary)
    return plan
