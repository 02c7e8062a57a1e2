"""What is known about the residues of the chain, and which of them the user calls the site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..annotations.annotation import Annotation
from ..annotations.annotators import compute_annotations
from ..errors import InputError, ProvisError
from ..structures.subject import Subject
from ..targets.sites import SITE_SOURCES, Known, SiteChoice, compute_knowledge, compute_sites
from .loading import Loader

__all__ = ["Knowledge"]


class Knowledge:
    """Annotations of one chain, computed on a thread.

    Parameters
    ----------
    loader : Loader
    on_change : callable
        Called when annotations have come.

    Attributes
    ----------
    subject : Subject or None
    choice : SiteChoice
        What the site is taken from.
    found : dict of str to Annotation
        ``contact``, ``ptm``, ``helix``, ``strand``, ``site``: those that can be told.
    missing : dict of str to ProvisError
        Why others cannot.
    sites : tuple of Annotation
        All residues of the site, then its parts; empty where there is none.
    """

    def __init__(self, loader: Loader, on_change: Callable[[], object]) -> None:
        self._loader = loader
        self._on_change = on_change
        self.choice = SiteChoice()
        self.reset(None)

    def reset(self, subject: Subject | None) -> None:
        """Forget everything, and find out what there is about another chain; None for no chain.

        A site of selected residues, or of a file, stays only with its chain.
        """
        self.subject = subject
        self.found: dict[str, Annotation] = {}
        self.missing: dict[str, ProvisError] = {}
        self.sites: tuple[Annotation, ...] = ()
        self._last: tuple[tuple[Any, ...], Annotation] | None = None  # that `find` computed
        if subject is None:
            return
        if not self.choice.fits(subject.chain):
            self.choice = SiteChoice()
        work = partial(compute_knowledge, subject, self.choice)
        take = partial(self._take, subject, self.choice)
        self._loader.compute("known", f"annotations of {subject.chain.label}", work, take)

    def choose(self, choice: SiteChoice) -> None:
        """Take the site from somewhere else.

        Raises
        ------
        ProvisError
            If it cannot be taken from there, or there is no chain. The site stays as it was.
        """
        if self.subject is None:
            raise InputError("There is no chain to choose a site of", "", "Open a structure first")
        sites = compute_sites(choice, self.subject)
        self.choice = choice
        self._set_sites(sites)
        self._on_change()

    def find(self, name: str, **options: Any) -> Annotation | None:
        """A property of the residues with options of its annotator, or the site; None where it is on its way.

        Raises
        ------
        ProvisError
            If it cannot be told.
        """
        if self.subject is None:
            return None
        if name == "site":
            if "site" in self.missing:
                raise self.missing["site"]
            return self.found.get("site")
        wanted = (self.subject, name, options)
        if self._last is None or self._last[0] != wanted:
            self._last = wanted, compute_annotations(name, self.subject, **options)[0]
        return self._last[1]

    def to_state(self) -> dict[str, Any]:
        """The choice of the site as JSON values."""
        choice = self.choice
        return {
            "source": choice.source,
            "options": dict(choice.options),
            "residues": list(choice.residues),
            "chain": list(choice.chain),
        }

    @staticmethod
    def read_state(state: Mapping[str, Any]) -> SiteChoice:
        """The opposite of `to_state`."""
        if state["source"] not in SITE_SOURCES:
            raise InputError(f"The site is from {state['source']!r}", "", "")
        residues = tuple(int(index) for index in state["residues"])
        object_name, segment, chain = map(str, state["chain"])
        return SiteChoice(state["source"], dict(state["options"]), residues, (object_name, segment, chain))

    def _set_sites(self, sites: tuple[Annotation, ...]) -> None:
        self.sites = sites
        self.found["site"] = sites[0]
        self.missing.pop("site", None)

    def _take(self, subject: Subject, choice: SiteChoice, known: Known) -> None:
        if subject is not self.subject:  # it has moved meanwhile, and that is under way
            return
        found, missing, sites = known
        if choice is not self.choice:  # another one was made meanwhile
            sites = self.sites
            missing.pop("site", None)
        self.found, self.missing = found, missing
        if sites:
            self._set_sites(sites)
        self._on_change()
