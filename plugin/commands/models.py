"""Models: list, fetch and choose them."""

from __future__ import annotations

from pathlib import Path

from provis_core.actions.models import choose_model, describe_known_models
from provis_core.app import App
from provis_core.system.jobs import Job

from ._running import parse_wait, show

__all__ = ["provis_fetch", "provis_model", "provis_models"]


def provis_models(app: App) -> list[str]:
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
    return show(app, describe_known_models(app.session))


def provis_fetch(
    app: App, name: str = "", stop: int = 0, wait: str = "", quiet: int = 1
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
    fetcher = app.fetcher
    if stop:
        return show(app, [f"stopping {one}" for one in fetcher.stop(name)] or fetcher.describe())
    if not name:
        return show(app, fetcher.describe())
    waits = parse_wait(wait, default=not app.session.viewer.is_interactive(typed=not quiet))
    job = fetcher.fetch(name)
    if not waits:
        return job
    job.is_awaited = True
    try:
        app.session.wait(job)
    except KeyboardInterrupt:
        fetcher.stop(name)
        raise
    folder: Path = job.result()
    return folder


def provis_model(app: App, name: str = "") -> str:
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
        choose_model(app.session, name)
    current = app.session.settings.text("model")
    app.session.viewer.write(f" ProVis: model {current}")
    return current
