"""Every user command, once: a typed function on the explorer, documented in PyMOL's own sections.

A viewer's adapter turns each function of `COMMANDS` into a command of its own: it drops the first
parameter, converts what the user typed with `plugin.arguments`, and shows errors its own way.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from provis_core import __version__
from provis_core.drawing import DrawnChain, DrawOptions
from provis_core.errors import InputError, ProvisError
from provis_core.explorer import AttentionExplorer, parse_wait
from provis_core.fetch_jobs import ModelFetcher
from provis_core.jobs import Job
from provis_core.paths import cache_dir, config_dir, core_dir
from provis_core.settings import SETTINGS
from provis_core.worker.environment import find_worker_python
from provis_core.worker.protocol import DoctorReport

__all__ = ["COMMANDS", "Command"]

Command = Callable[..., Any]


def provis_attn(
    explorer: AttentionExplorer,
    selection: str = "",
    layer: int | None = None,
    head: int | None = None,
    model: str = "",
    min_attn: float | None = None,
    top: int | None = None,
    min_sep: int = 1,
    direction: str = "max",
    palette: str = "",
    radius: float | None = None,
    name: str = "",
    sele: str = "",
    wait: str = "",
    quiet: int = 1,
    window: int = 0,
) -> list[DrawnChain] | Job:
    """
    DESCRIPTION

        "provis_attn" draws the attention of one head of a protein language
        model as cylinders between the CA atoms of residues. The model sees
        the whole sequence of each chain that the selection touches, every
        chain by itself; pairs with both residues in the selection are drawn.

    USAGE

        provis_attn [ selection [, layer [, head [, model [, min_attn [, top
            [, min_sep [, direction [, palette [, radius [, name [, sele
            [, wait [, quiet [, window ]]]]]]]]]]]]]]]

    ARGUMENTS

        selection = string: atom selection {default: all protein chains of
        the enabled objects}

        layer = integer: layer, counted from 1 {default: the model's own}

        head = integer: head, counted from 1 {default: the model's own}

        model = string: a name that provis_models shows, or a folder
        {default: the one that provis_model chose}

        min_attn = float: smallest attention weight that is drawn, 0 to 1
        {default: 0.1}

        top = integer: draw at most this many of the strongest pairs of each
        chain, 0 for all {default: 200}

        min_sep = integer: smallest separation in the sequence {default: 1}

        direction = max, mean or directed: draw a pair with the larger or
        the mean of its two weights, or both directions; "directed" has a
        grey end that attends (query) and a coloured end that is attended
        to (key) {default: max}

        palette = string: colours from weak to strong
        {default: blue_orange, which shows on black and on white}

        radius = float: radius in Angstrom of the strongest {default: 0.4}

        name = string: name of the new object
        {default: provis_<object>_<chain>_<layer>-<head>}

        sele = string: also select the residues at the ends of the cylinders
        under this name {default: no selection}

        wait = 0 or 1: return at once, or when it is drawn {default: 0 when
        typed into the graphical PyMOL, 1 in scripts and without window}

        quiet = 0 or 1: 0 prints the report {default: 0 when typed}

        window = integer: for chains that are longer than the model can
        take: show it this many residues at a time, in windows that overlap
        by half; pairs that are never in one window are absent
        {default: 0, the whole chain}

    EXAMPLE

        fetch 1hpv, async=0
        provis_attn chain A, layer=12, head=4
        provis_attn chain A and resi 20-40, 12, 4, min_attn=0.05, sele=ends
        show sticks, ends

    SEE ALSO

        provis_clear, provis_cancel, provis_wait, provis_models, provis_set
    """
    settings = explorer.settings
    options = DrawOptions(
        min_attn=settings.number("min_attn") if min_attn is None else min_attn,
        top=int(settings.number("top")) if top is None else top,
        min_sep=min_sep,
        direction=direction,
        max_pairs=int(settings.number("max_pairs")),
        palette=palette or settings.text("palette"),
        radius=settings.number("radius") if radius is None else radius,
        name=name,
        sele=sele,
        window=window,
    )
    waits = parse_wait(wait, default=not explorer.viewer.is_interactive(typed=not quiet))
    job = explorer.draw(selection, layer, head, model, options, quiet=bool(quiet))
    return _finish(explorer, job, waits=waits)


def provis_clear(explorer: AttentionExplorer, name: str = "", quiet: int = 1) -> list[str]:
    """
    DESCRIPTION

        "provis_clear" removes what ProVis has drawn. Your own objects,
        selections and settings stay.

    USAGE

        provis_clear [ name [, quiet ]]

    ARGUMENTS

        name = string: object to remove, "*" stands for any letters
        {default: all that ProVis drew}

    EXAMPLE

        provis_clear
        provis_clear *_12-4

    SEE ALSO

        provis_attn
    """
    removed = explorer.clear(name)
    if not quiet:
        text = ", ".join(removed) if removed else "nothing: ProVis has drawn no such object"
        explorer.viewer.write(f" ProVis: removed {text}")
    return removed


def provis_cancel(explorer: AttentionExplorer, quiet: int = 1) -> list[str]:
    """
    DESCRIPTION

        "provis_cancel" stops what ProVis is computing, within a second.
        Nothing is drawn; what was drawn before stays.

    USAGE

        provis_cancel

    SEE ALSO

        provis_status, provis_wait
    """
    stopped = explorer.cancel()
    if not quiet:
        lines = [f"stopping {label}" for label in stopped] or ["nothing is running"]
        for line in lines:
            explorer.viewer.write(f" ProVis: {line}")
    return stopped


def provis_wait(explorer: AttentionExplorer, timeout: float = 0.0) -> bool:
    """
    DESCRIPTION

        "provis_wait" returns when all that ProVis computes has been drawn.
        The window stays alive meanwhile.

    USAGE

        provis_wait [ timeout ]

    ARGUMENTS

        timeout = float: give up after this many seconds {default: 0, never}

    EXAMPLE

        provis_attn chain A, wait=0
        provis_attn chain B, wait=0
        provis_wait
        ray

    SEE ALSO

        provis_attn, provis_cancel
    """
    jobs = [job for job in explorer.jobs if not job.is_awaited]
    for job in jobs:
        job.is_awaited = True  # so that its error is told here, and once
    errors: list[ProvisError] = []
    try:
        in_time = explorer.wait(timeout=timeout)
    finally:
        for job in jobs:
            job.is_awaited = job.is_done
    if not in_time:
        errors.append(
            InputError(
                f"After {timeout:g} s ProVis is not done: {explorer.jobs[0].label}",
                "",
                "It goes on; give provis_wait again with more time, or stop it with provis_cancel",
            )
        )
    errors += [job.error for job in jobs if job.error is not None]
    for error in errors[1:]:
        explorer.viewer.warn(str(error))
    if errors:
        raise errors[0]
    return True


def provis_status(explorer: AttentionExplorer) -> list[str]:
    """
    DESCRIPTION

        "provis_status" says what ProVis is doing: the worker, what it
        computes, and the models that are being fetched.

    USAGE

        provis_status

    SEE ALSO

        provis_doctor, provis_cancel
    """
    fetcher = _fetcher(explorer)
    return _show(explorer, [*explorer.describe_status(), *(fetcher.describe() if fetcher.is_busy else [])])


def provis_models(explorer: AttentionExplorer) -> list[str]:
    """
    DESCRIPTION

        "provis_models" lists the models: those on this computer, then those
        that provis_fetch can get, with layers x heads, the length of what
        they were trained on, size and licence. A star marks the one that
        provis_attn uses. For the models of Vig et al. (arXiv 2006.15222)
        the best heads that they published are named. What nobody could
        read in a source is "unverified".

    USAGE

        provis_models

    SEE ALSO

        provis_fetch, provis_model, provis_attn
    """
    return _show(explorer, explorer.describe_models())


def provis_fetch(
    explorer: AttentionExplorer, name: str = "", stop: int = 0, wait: str = "", quiet: int = 1
) -> Path | Job | list[str]:
    """
    DESCRIPTION

        "provis_fetch" gets a model from the Hugging Face hub, in the
        background. Only what the model needs is fetched, and every file is
        compared with its checksum. A fetch that was interrupted goes on
        where it stopped. Mirror, proxy and account are those of the hub's
        own client: HF_ENDPOINT, HTTPS_PROXY, HF_TOKEN. Without a name it
        says what is being fetched.

    USAGE

        provis_fetch [ name [, stop [, wait ]]]

    ARGUMENTS

        name = string: a model that provis_models shows, or
        owner/repository on the hub

        stop = 0 or 1: 1 stops the fetch; what has come is kept {default: 0}

        wait = 0 or 1: return at once, or when it is there {default: 0 when
        typed into the graphical PyMOL, 1 in scripts and without window}

    EXAMPLE

        provis_fetch esm2_8m
        provis_attn chain A, model=esm2_8m

    SEE ALSO

        provis_models, provis_model
    """
    fetcher = _fetcher(explorer)
    if stop:
        return _show(explorer, [f"stopping {one}" for one in fetcher.stop(name)] or fetcher.describe())
    if not name:
        return _show(explorer, fetcher.describe())
    waits = parse_wait(wait, default=not explorer.viewer.is_interactive(typed=not quiet))
    job = fetcher.fetch(name)
    if not waits:
        return job
    job.is_awaited = True
    try:
        fetcher.wait(job)
    except KeyboardInterrupt:
        fetcher.stop(name)
        raise
    folder: Path = job.result()
    return folder


@functools.cache
def _fetcher(explorer: AttentionExplorer) -> ModelFetcher:
    """The fetches of a session."""
    return ModelFetcher(
        explorer.viewer, lambda: find_worker_python(explorer.settings.text("worker_python") or None)
    )


def provis_model(explorer: AttentionExplorer, name: str = "") -> str:
    """
    DESCRIPTION

        "provis_model" chooses the model that provis_attn uses. The choice is
        kept for the next time that PyMOL starts.

    USAGE

        provis_model name

    ARGUMENTS

        name = string: a name that provis_models shows, or a folder with a
        model in Hugging Face layout

    EXAMPLE

        provis_model provis_mini
        provis_model ~/models/esm2_t12_35M_UR50D

    SEE ALSO

        provis_models, provis_set
    """
    if name:
        explorer.choose_model(name)
    current = explorer.settings.text("model")
    explorer.viewer.write(f" ProVis: model {current}")
    return current


def provis_set(explorer: AttentionExplorer, name: str = "", value: str = "") -> list[str]:
    """
    DESCRIPTION

        "provis_set" changes a preference and keeps it for the next time that
        PyMOL starts. Without a value it shows it, without a name it shows
        them all.

    USAGE

        provis_set [ name [, value ]]

    ARGUMENTS

        name = string: the preference

        value = string: its new value; "default" goes back to the default

    EXAMPLE

        provis_set
        provis_set min_attn, 0.05
        provis_set device, cpu

    SEE ALSO

        provis_model, provis_doctor
    """
    if value:
        explorer.change_setting(name, value)
    names = [name] if name else list(SETTINGS)
    lines = [f"{one} = {explorer.settings.text(one) or '(empty)'}" for one in names]
    if not name:
        lines = [f"{line:32s} {SETTINGS[one].help}" for line, one in zip(lines, names, strict=True)]
    return _show(explorer, lines)


def provis_doctor(explorer: AttentionExplorer, wait: str = "", quiet: int = 1) -> DoctorReport | Job | None:
    """
    DESCRIPTION

        "provis_doctor" says what is installed, which Python runs the models,
        with which torch and on which devices, which models are on disk, and
        what is wrong with any of it.

    USAGE

        provis_doctor

    SEE ALSO

        provis_status, provis_models
    """
    viewer = explorer.viewer
    lines = [
        f"ProVis {__version__} in {viewer.name}, Python {sys.version.split()[0]}",
        f"code: {core_dir()}",
        f"settings: {config_dir()}",
        f"results: {cache_dir()}",
        *explorer.describe_models(),
    ]
    try:
        python = find_worker_python(explorer.settings.text("worker_python") or None)
    except ProvisError as error:
        _show(explorer, [*lines, f"PROBLEM: {error}"])
        return None
    _show(explorer, [*lines, f"worker's Python: {python}", "asking the worker ..."])
    waits = parse_wait(wait, default=not viewer.is_interactive(typed=not quiet))
    report: DoctorReport | Job = _finish(explorer, explorer.examine(), waits=waits)
    return report


COMMANDS: dict[str, Command] = {
    function.__name__: function
    for function in (
        provis_attn,
        provis_clear,
        provis_cancel,
        provis_wait,
        provis_status,
        provis_models,
        provis_fetch,
        provis_model,
        provis_set,
        provis_doctor,
    )
}


def _finish(explorer: AttentionExplorer, job: Job, *, waits: bool) -> Any:
    if not waits:
        return job
    job.is_awaited = True
    try:
        explorer.wait(job)
    except KeyboardInterrupt:
        explorer.cancel()
        raise
    return job.result()


def _show(explorer: AttentionExplorer, lines: list[str]) -> list[str]:
    for line in lines:
        explorer.viewer.write(f" {line}")
    return lines
