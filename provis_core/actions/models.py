"""The commands about models: which there are, which one is used, and how to get one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ..commands.declaration import Command, option
from ._asking import Asker, NoOptions, Waiting, finish, say

__all__ = ["FETCH", "MODEL", "MODELS", "FetchOptions", "ModelName"]


@dataclass(frozen=True)
class ModelName:
    """Which model."""

    name: str = option(
        "",
        "a name that «models» shows, or a folder with a model in Hugging Face layout",
        kind="model",
        is_bare=True,
    )


def _fetchable() -> list[str]:
    from ..checkpoints.registry import list_registry

    return [entry.name for entry in list_registry() if entry.is_fetchable and not entry.is_on_disk]


@dataclass(frozen=True)
class FetchOptions(Waiting):
    """Which model, and whether to stop."""

    name: str = option(
        "",
        "a model that «models» shows, or owner/repository on the hub",
        kind="model",
        values=_fetchable,
        is_bare=True,
    )
    stop: bool = option(False, "1 stops the fetch; what has come is kept")


def _fetch(app: Asker, options: FetchOptions) -> Any:
    fetcher, name = app.fetcher, options.name
    if options.stop:
        return say(app, [f"stopping {one}" for one in fetcher.stop(name)] or fetcher.describe())
    if not name:
        return say(app, fetcher.describe())
    return finish(app, fetcher.fetch(name), options, stop=lambda: fetcher.stop(name))


def _choose(app: Asker, options: ModelName) -> str:
    from .work.models import choose_model

    if options.name:
        choose_model(app.session, options.name)
    current = app.session.settings.text("model")
    app.session.viewer.write(f" ProVis: model {current}")
    return current


def _list(app: Asker, _: NoOptions) -> list[str]:
    from .work.models import describe_known_models

    return say(app, describe_known_models(app.session))


MODELS: Final = Command(
    "models",
    "lists the models",
    NoOptions,
    run=_list,
    about="lists the models: those on this computer, then those that «fetch» can get, with layers x heads, "
    "the "
    "length of what they were trained on, size and licence. A star marks the one that «attn» uses. For the "
    "models of Vig et al. (arXiv 2006.15222) the best heads that they published are named. What nobody could "
    'read in a source is "unverified".',
    see_also=("fetch", "model", "attn"),
)

MODEL: Final = Command(
    "model",
    "chooses the model",
    ModelName,
    run=_choose,
    about="chooses the model that «attn» uses. The choice is kept for the next time that the viewer starts.",
    places=("name",),
    examples=("«model provis_mini»", "«model ~/models/esm2_t12_35M_UR50D»"),
    see_also=("models", "set"),
)

FETCH: Final = Command(
    "fetch",
    "gets a model from the Hugging Face hub",
    FetchOptions,
    run=_fetch,
    about="gets a model from the Hugging Face hub, in the background. Only what the model needs is fetched, "
    "and "
    "every file is compared with its checksum. A fetch that was interrupted goes on where it stopped. "
    "Mirror, "
    "proxy and account are those of the hub's own client: HF_ENDPOINT, HTTPS_PROXY, HF_TOKEN. Without a "
    "name it "
    "says what is being fetched.",
    places=("name", "stop", "wait", "quiet"),
    examples=("«fetch esm2_8m»", "«attn chain A, model=esm2_8m»"),
    see_also=("models", "model"),
)
