"""What is known about the residues of the chain, and which of them the user calls the site."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..annotations.annotation import Annotation
from ..annotations.annotators import compute_annotations
from ..errors import InputError, ProvisError
from ..structures.subject import Subject
from ..targets.properties import Found
from ..targets.sites import Known, SiteChoice, compute_knowledge, compute_sites
from ..targets.targets import Target
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
        self.reset(None, SiteChoice())

    def reset(self, subject: Subject | None, choice: SiteChoice) -> None:
        """Forget everything, and find out about another chain and its site; None for no chain."""
        self.subject, self._choice = subject, choice
        self.found: dict[str, Annotation] = {}
        self.missing: dict[str, ProvisError] = {}
        self.sites: tuple[Annotation, ...] = ()
        self._last: tuple[tuple[Any, ...], Annotation] | None = None  # that `find` computed
        if subject is None:
            return
        work = partial(compute_knowledge, subject, choice)
        take = partial(self._take, subject, choice)
        self._loader.compute("known", f"annotations of {subject.chain.label}", work, take)

    def compute_sites(self, choice: SiteChoice) -> tuple[Annotation, ...]:
        """The residues of a site, and its parts.

        Raises
        ------
        ProvisError
            If it cannot be taken from there, or there is no chain.
        """
        if self.subject is None:
            raise InputError("There is no chain to choose a site of", "", "Open a structure first")
        return compute_sites(choice, self.subject)

    def take_sites(self, choice: SiteChoice, sites: tuple[Annotation, ...]) -> None:
        """Know a site from now on, as `compute_sites` gave it."""
        self._choice = choice
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
            self._check_site()
            return self.found.get("site")
        wanted = (self.subject, name, options)
        if self._last is None or self._last[0] != wanted:
            self._last = wanted, compute_annotations(name, self.subject, **options)[0]
        return self._last[1]

    def find_site(self, target: Target) -> Found | None:
        """The site of the chain with all of its parts, as it is held; None where it is on its way.

        Raises
        ------
        ProvisError
            If it cannot be told.
        """
        self._check_site()
        return Found(target, self.subject, self.sites) if self.subject is not None and self.sites else None

    def _check_site(self) -> None:
        if "site" in self.missing:
            raise self.missing["site"]

    def _set_sites(self, sites: tuple[Annotation, ...]) -> None:
        self.sites = sites
        self.found["site"] = sites[0]
        self.missing.pop("site", None)

    def _take(self, subject: Subject, choice: SiteChoice, known: Known) -> None:
        if subject is not self.subject:  # it has moved meanwhile, and that is under way
            return
        found, missing, sites = known
        if choice is not self._choice:  # another one was made meanwhile
            sites = self.sites
            missing.pop("site", None)
        self.found, self.missing = found, missing
        if sites:
            self._set_sites(sites)
        self._on_change()
