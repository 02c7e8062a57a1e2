"""The contacts of a chain, drawn on it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...annotations.annotation import Annotation
from ...annotations.annotators.contacts import (
    compute_chain_contacts,
    compute_contacts,
    compute_reference_coords,
)
from ...errors import InputError
from ...scenes.colors import CATEGORY_RGB, ROLES, compute_colors
from ...session.session import Session
from ...structures.chain import Chain
from ...structures.subject import Subject
from ...targets.properties import place_subject
from ...targets.scope import Scope
from ...targets.targets import Target
from ...viewers.viewer import Viewer
from ..overlay_options import ContactOptions, OverlayOptions
from .overlay_report import describe_contacts
from .overlays import ShownOverlay, draw_or_clear

__all__ = ["show_contacts"]

_WITHIN, _BETWEEN = ROLES["contact"], ROLES["between chains"]


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Contacts of one chain with itself or another one."""

    annotation: Annotation
    other: Chain | None
    pairs: npt.NDArray[np.int64]
    start: npt.NDArray[np.float32]
    end: npt.NDArray[np.float32]

    @property
    def distances(self) -> npt.NDArray[np.float32]:
        """Å, shape (n_pairs,)."""
        return np.asarray(np.linalg.norm(self.end - self.start, axis=1), dtype=np.float32)


def show_contacts(session: Session[Viewer], options: ContactOptions) -> list[ShownOverlay]:
    """Show the contacts of every chain of a selection.

    Parameters
    ----------
    session : Session
    options : ContactOptions
        The separation counts residues of the sequence that a model sees.

    Returns
    -------
    list of ShownOverlay
        One per chain.

    Raises
    ------
    ProvisError
        If an option is not usable, or there is no chain. Nothing has been changed then.
    """
    viewer, scope, between = session.viewer, Scope(options.selection), options.between
    options.check()
    viewer.check_names(options.name, options.sele)
    rgb = viewer.read_color(options.color) if options.color else None
    targets, skipped = scope.read(viewer)
    chains = [target.chain for target in targets]
    needs_more = options.atom != "CA" or _is_between(between)
    subjects = viewer.read_subjects(chains) if needs_more else [Subject(chain) for chain in chains]
    found: list[list[_Pairs]] = []
    seen: set[tuple[str, str, str]] = set()
    for target, subject in zip(targets, subjects, strict=True):
        groups = []
        if not _is_between(between) or between.strip().lower() in ("chains", "1"):
            groups.append(_find_within(target, subject, options))
        for other in _choose_partners(subject, between):
            if _key(other) not in seen:  # a contact of two chains that are both shown is drawn once
                groups.append(_find_between(target, subject, other, options))
        seen.add(_key(subject.chain))
        found.append(groups)
    for error in skipped:
        viewer.warn(str(error))
    for line in scope.describe_unknown(targets):
        session.warn_once(line)
    names = viewer.object_names([subject.chain for subject in subjects], "contacts", options.name)
    done = [
        _show(viewer, subject.chain, groups, name, rgb, options)
        for subject, groups, name in zip(subjects, found, names, strict=True)
    ]
    if options.sele:
        viewer.select_residues(options.sele, [(one.chain, one.residues) for one in done])
    for line in [] if options.quiet else [line for one in done for line in describe_contacts(one, options)]:
        viewer.write(line)
    return done


def _is_between(between: str) -> bool:
    return between.strip().lower() not in ("", "0", "none")


def _key(chain: Chain) -> tuple[str, str, str]:
    return (chain.object_name, chain.segment_id, chain.chain_id)


def _choose_partners(subject: Subject, between: str) -> list[Chain]:
    """The other chains that contacts are looked for with."""
    if not _is_between(between):
        return []
    partners = [one for one in subject.partners if _key(one) != _key(subject.chain)]
    if between.strip().lower() in ("chains", "only", "1"):
        wanted = partners
    else:
        ids = [word for word in re.split(r"[+,\s]+", between) if word]
        wanted = [one for one in partners if (one.chain_id or one.segment_id) in ids]
        known = {one.chain_id or one.segment_id for one in (*partners, subject.chain)}
        if unknown := [word for word in ids if word not in known]:
            raise InputError(
                f"«between={between}»: {subject.chain.object_name} has no protein chain {unknown[0]}",
                f"Its protein chains are {', '.join(sorted(known))}; chains and only are words for all",
                "Give the id of one of them; upper and lower case differ",
            )
    if not partners:
        raise InputError(
            f"«between={between}» for {subject.chain.label}, which is the only protein chain of its object",
            "Another protein chain in the same object is needed",
            "Leave out «between=», or put the chains into one object",
        )
    return wanted


def _find_within(target: Target, subject: Subject, options: ContactOptions) -> _Pairs:
    positions = place_subject(subject, target).positions
    found = compute_contacts(
        subject.chain,
        atom=options.atom,
        cutoff=options.cutoff,
        min_sep=options.min_sep,
        atoms=subject.atoms,
        positions=positions,
    )
    inside = target.selected.inside
    i, j = np.nonzero(np.triu(found.values))
    kept = inside[i] & inside[j]
    i, j = i[kept], j[kept]
    coords = compute_reference_coords(subject.chain, options.atom, subject.atoms)
    return _Pairs(found, None, np.stack([i, j], axis=1), coords[i], coords[j])


def _find_between(target: Target, subject: Subject, other: Chain, options: ContactOptions) -> _Pairs:
    found = compute_chain_contacts(
        subject.chain, other, atom=options.atom, cutoff=options.cutoff, atoms=subject.atoms
    )
    i, j = np.nonzero(found.values)
    kept = target.selected.inside[i]
    i, j = i[kept], j[kept]
    ours, theirs = (
        compute_reference_coords(chain, options.atom, subject.atoms) for chain in (subject.chain, other)
    )
    return _Pairs(found, other, np.stack([i, j], axis=1), ours[i], theirs[j])


def _show(
    viewer: Viewer,
    chain: Chain,
    groups: list[_Pairs],
    name: str,
    rgb: tuple[float, float, float] | None,
    options: ContactOptions,
) -> ShownOverlay:
    """Draw the contacts of one chain, or remove its earlier overlay where there is none any more."""
    shows = options.shows("dashes")
    pairs = np.concatenate([np.empty((0, 2), dtype=np.int64), *(group.pairs for group in groups)])
    start, end = (
        np.concatenate([np.empty((0, 3), dtype=np.float32), *(getattr(group, which) for group in groups)])
        for which in ("start", "end")
    )
    distances = np.concatenate([np.empty(0, dtype=np.float32), *(group.distances for group in groups)])
    group_of = np.repeat(np.arange(len(groups)), [len(group.pairs) for group in groups])
    order = np.argsort(distances, kind="stable")
    kept = np.sort(order[: options.top]) if options.top else np.arange(len(order))
    partners = tuple(groups[k].other for k in group_of[kept].tolist())
    is_within = np.array([other is None for other in partners], dtype=np.bool_)
    within, between = (np.array(rgb or CATEGORY_RGB[color]) for color in (_WITHIN, _BETWEEN))
    colors = np.where(is_within[:, None], within, between).astype(np.float32)
    counts = np.bincount(pairs[:, 0], minlength=chain.n_residues)
    own = pairs[[groups[k].other is None for k in group_of.tolist()]]
    counts = counts + np.bincount(own[:, 1], minlength=chain.n_residues)
    residues = np.flatnonzero(counts).tolist()
    result = ShownOverlay(
        chain=chain,
        name=name,
        annotations=tuple(group.annotation for group in groups),
        residues=tuple(residues),
        labels=tuple(chain.residue_label(index) for index in residues),
        pairs=pairs[kept],
        partners=partners,
        distances=distances[kept],
        n_found=len(pairs),
        legend=_explain(is_within, shows, counts, options),
    )
    paint = np.full((chain.n_residues, 3), np.nan, dtype=np.float32)
    high = float(counts.max(initial=1))
    paint[residues] = compute_colors(counts[residues].astype(np.float32), options.palette, 1, high)
    return draw_or_clear(viewer, result, shows, paint, (start[kept], end[kept], colors))


def _explain(
    is_within: npt.NDArray[np.bool_],
    shows: frozenset[str],
    counts: npt.NDArray[np.int64],
    options: OverlayOptions,
) -> tuple[tuple[str, str, int], ...]:
    legend = []
    if "dashes" in shows:
        for color, words, n in (
            (_WITHIN, "within the chain", int(np.count_nonzero(is_within))),
            (_BETWEEN, "between chains", int(np.count_nonzero(~is_within))),
        ):
            if n:
                legend.append((options.color or color, words, n))
    if "color" in shows:
        words = f"contacts of a residue, 1 to {int(counts.max(initial=1))}"
        legend.append((options.palette, words, int(np.count_nonzero(counts))))
    return tuple(legend)
