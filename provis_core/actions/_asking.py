"""What several commands have in common: who asks, whether they wait, and what they say at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from ..annotations.annotators import property_names
from ..commands.declaration import option

if TYPE_CHECKING:
    from ..session.fetching import ModelFetcher
    from ..session.session import Session
    from ..system.jobs import Job
    from ..targets.properties import Property
    from ..viewers.viewer import Viewer

__all__ = [
    "HEADS_HELP",
    "Asker",
    "HeadPlace",
    "NoOptions",
    "PropertyOptions",
    "Quiet",
    "Waiting",
    "Writing",
    "finish",
    "metric_names",
    "say",
]


class Asker(Protocol):
    """What a command is run on: `provis_core.app.App`."""

    session: Session[Viewer]
    fetcher: ModelFetcher
    open_panel: Callable[[str, bool], Any] | None

    @property
    def inspector(self) -> Any:
        """The state of the panel, made when it is first needed."""

    def find_drawn(self) -> Any:
        """The pairs that the panel has drawn, for ``provis_export``; None where there are none."""

    @property
    def has_inspector(self) -> bool:
        """Whether there has been a panel."""


@dataclass(frozen=True)
class NoOptions:
    """Of a command that takes none."""


@dataclass(frozen=True)
class Quiet:
    """Of a command that says what it did."""

    quiet: bool = option(True, "0 prints the report", shown="0 when typed")


@dataclass(frozen=True)
class Waiting(Quiet):
    """Of a command that takes its time."""

    wait: bool | None = option(
        None,
        "return at once, or when it is done",
        shown="0 when typed into the window of the viewer, 1 in scripts and without window",
    )


@dataclass(frozen=True)
class Writing:
    """Of a command that writes a file."""

    overwrite: bool = option(True, "0 refuses to replace a file that is there")

    def check_out(self, path: str) -> None:
        """Raise `InputError` unless a table can be written there; empty is nowhere."""
        if path:
            from ..exports.saving import check_out_path

            check_out_path(path, overwrite=self.overwrite)


@dataclass(frozen=True)
class PropertyOptions:
    """Which property, in a command that takes one."""

    by: str = option("", "the property, or a part of it as in site:ligand:HEM", values=property_names)
    site: str = option("", "residues that are the property, in place of «by=»", kind="selection")
    file: str = option("", "the file of «by=uniprot», table or helix, where one is needed", kind="file")
    given: Mapping[str, Any] = field(default_factory=dict)

    def choose_property(self, default: str) -> Property:
        """Return what is asked for: residues that were selected, or a property by its name.

        Raises
        ------
        InputError
            If there is none of that name, or both were given.
        """
        from ..targets.properties import Property

        by, given = self.by.strip(), dict(self.given)
        file = str(given.pop("file", self.file))
        wanted = Property(by if self.site else by or default, self.site, file, given)
        wanted.check()
        return wanted


def metric_names() -> Iterable[str]:
    """Return what the grid can show; its pictures are imported when that is asked for."""
    from ..figures.grids import known_choices
    from ..figures.relevance_grids import RELEVANCE_CHOICES

    return [choice.name for choice in (*known_choices(), *RELEVANCE_CHOICES)]


HEADS_HELP: Final = (
    "the mean of several: 12-4+11-6, a set that is known of the model (contact), or one of a file that a "
    "survey wrote (heads.json:contact)"
)


@dataclass(frozen=True)
class HeadPlace:
    """Which head."""

    layer: int | None = option(
        None, "counted from 1; 12-4 is layer 12 and head 4", shown="the model's own", is_bare=True
    )
    head: int | None = option(None, "counted from 1", shown="the model's own", is_bare=True)
    heads: str = option("", f"in place of a head, {HEADS_HELP}", values=("contact",), shown="one head")


def finish(app: Asker, job: Job, options: Waiting, stop: Callable[[], object] | None = None) -> Any:
    """Wait for a job and give its value, or give the job at once; `stop` is for who gives up waiting."""
    viewer = app.session.viewer
    waits = options.wait if options.wait is not None else not viewer.is_interactive(typed=not options.quiet)
    if not waits:
        return job
    job.is_awaited = True
    try:
        app.session.wait(job)
    except KeyboardInterrupt:
        (stop or app.session.cancel)()
        raise
    return job.result()


def say(app: Asker, lines: Sequence[str]) -> list[str]:
    """Show some lines to the user; returns them in the viewer's words."""
    viewer = app.session.viewer
    for line in lines:
        viewer.write(f" {line}")  # with its marks: ChimeraX makes links of them
    return [viewer.dialect.render(line) for line in lines]
