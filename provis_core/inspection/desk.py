"""What `choices` and `watch` work on: the `Inspector`, as those see it that it is made of. Types only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from ..checkpoints.config import CheckpointConfig
from ..checkpoints.registry import ModelEntry
from ..session.session import Session
from ..targets.targets import Target
from ..viewers.viewer import Viewer
from .knowledge import Knowledge
from .loading import Loader
from .readings import Readings
from .sight import KnownModel, Sight
from .stage import Stage
from .state import PanelState
from .supply import HeadSupply
from .topics import Topic

__all__ = ["Desk"]


class _Linking(Protocol):
    def link(self, link: bool) -> None: ...


class _Watching(Protocol):
    is_restored: bool

    def look_again(self) -> bool: ...


class Desk(Protocol):
    """Attributes and methods are those of `Inspector`."""

    session: Session[Viewer]
    state: PanelState
    sight: Sight
    known: Knowledge
    loader: Loader
    readings: Readings
    stage: Stage
    supply: HeadSupply

    @property
    def choose(self) -> _Linking: ...

    @property
    def watch(self) -> _Watching: ...

    @property
    def target(self) -> Target | None: ...

    @property
    def chains(self) -> tuple[Target, ...]: ...

    @property
    def entry(self) -> ModelEntry: ...

    @property
    def config(self) -> CheckpointConfig: ...

    def tell(self, *topics: Topic) -> None: ...

    def listen(self, topic: Topic, callback: Callable[[], object]) -> Callable[[], None]: ...

    def need_target(self) -> Target: ...

    def become(self, new: PanelState, sight: Sight | None = None) -> None: ...

    def look_at(
        self,
        targets: Iterable[Target],
        target: Target | None,
        model: KnownModel | None = None,
        **changes: Any,
    ) -> None: ...

    def offer(self, targets: Iterable[Target]) -> None: ...

    def read_marks(self) -> None: ...
