"""Where everything of one viewer comes together: its session, its panel's state, its fetches."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .session.session import Session, make_worker
from .session.settings import Settings
from .viewers.viewer import Viewer
from .worker.host.interface import Worker

if TYPE_CHECKING:
    from .actions.work.export import DrawnPairs
    from .actions.work.heads import RankedChain
    from .inspection.inspector import Inspector
    from .session.fetching import ModelFetcher

__all__ = ["App"]


class App:
    """ProVis in one viewer: the only place that knows the session, the panel and the fetches.

    Parameters
    ----------
    viewer : Viewer
    settings : Settings
    make_worker, clock
        As `provis_core.session.session.Session` takes them.

    Attributes
    ----------
    session : Session
        What a use case is given.
    open_panel : callable or None
        Opens the window of the panel; given by who knows windows.
    """

    def __init__(
        self,
        viewer: Viewer,
        settings: Settings,
        make_worker: Callable[[Settings], Worker] = make_worker,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session: Session[Viewer] = Session(viewer, settings, make_worker, clock)
        self.open_panel: Callable[[str, bool], Any] | None = None
        self.session.events.listen("ranking", self._show_ranking)
        self.session.events.listen("cancel", self._stop_panel)

    @cached_property
    def fetcher(self) -> ModelFetcher:
        """Its fetches, made when they are first needed."""
        from .session.fetching import ModelFetcher

        return ModelFetcher(self.session)

    @cached_property
    def inspector(self) -> Inspector:
        """The state of the panel, made when it is first needed."""
        from .inspection.inspector import Inspector

        self.session.expect_work()
        return Inspector(self.session)

    @property
    def has_inspector(self) -> bool:
        """Whether there has been a panel."""
        return "inspector" in self.__dict__

    def find_drawn(self) -> DrawnPairs | None:
        """Return the pairs that the panel has drawn; see `provis_core.inspection.saving`."""
        from .inspection.saving import find_drawn

        return find_drawn(self.inspector) if self.has_inspector else None

    def close(self) -> None:
        """Stop everything; the viewer is ending."""
        if self.has_inspector:
            self.inspector.end()
        self.session.close_worker()

    def _show_ranking(self, ranked: RankedChain) -> None:
        if self.has_inspector and ranked.table is not None:
            self.inspector.choose.ranking(ranked.target, ranked.entry, ranked.table)

    def _stop_panel(self) -> None:
        if self.has_inspector:
            self.inspector.stop()
