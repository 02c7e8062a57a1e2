"""What is read for a state of the panel: its chains, the chosen one with all its atoms, and the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..actions.work.head_request import choose_head
from ..attention.head_id import check_head
from ..checkpoints.config import CheckpointConfig, read_config
from ..checkpoints.registry import ModelEntry, find_model
from ..errors import ProvisError
from ..figures.grids import DEFAULT_METRIC, RANKED
from ..scenes.draw_options import DrawOptions
from ..structures.subject import Subject
from ..targets.properties import read_target_subject
from ..targets.scope import Scope
from ..targets.sites import SiteChoice
from ..targets.targets import Target, make_targets, read_chain_again, remake_target, split_selected
from ..viewers.viewer import Viewer
from .state import BAD, ChainName, PanelState, describe_bad_state

__all__ = [
    "KnownModel",
    "Sight",
    "link_targets",
    "look_again",
    "look_at",
    "name_chains",
    "read_kept",
    "read_model",
    "remake_targets",
]

KnownModel = tuple[ModelEntry, CheckpointConfig]
"""A model, and what it is: its numbers of layers and heads."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What was read for a state.

    Attributes
    ----------
    targets : tuple of Target
        Of `PanelState.chains`, in their order.
    target : Target or None
        Of `PanelState.chain`.
    subject : Subject or None
        It with its atoms and records.
    model : KnownModel or None
        None until it is first asked for.
    """

    targets: tuple[Target, ...] = ()
    target: Target | None = None
    subject: Subject | None = None
    model: KnownModel | None = None


def read_model(name: str) -> KnownModel:
    """A model by its name or folder.

    Raises
    ------
    ProvisError
        If it is not there or cannot be read.
    """
    entry = find_model(name)
    return entry, read_config(entry.folder)


def look_at(
    viewer: Viewer,
    state: PanelState,
    sight: Sight,
    targets: Iterable[Target],
    target: Target | None,
    model: KnownModel,
) -> tuple[PanelState, Sight]:
    """The state in which one of some chains, or none, is looked at with a model.

    Parameters
    ----------
    viewer : Viewer
    state : PanelState
        That of before. Its site and box stay where they fit the chain, its heads where the model is the same.
    sight : Sight
        What was read for that.
    targets : iterable of Target
        Chains to choose from.
    target : Target or None
        One of them.
    model : KnownModel

    Raises
    ------
    ProvisError
        If the chain is gone.
    """
    targets = tuple(targets)
    subject = read_target_subject(viewer, target) if target is not None else None
    names = name_chains(viewer, targets)
    is_same = target is not None and sight.target is not None and target.chain is sight.target.chain
    new = replace(
        state,
        chains=names,
        chain=names[targets.index(target)] if target is not None else "",
        metric=DEFAULT_METRIC if state.metric == RANKED.name else state.metric,
        site=state.site if target is None or state.site.fits(target.chain) else SiteChoice(),
        box=state.box if is_same else None,
    )
    entry, config = model
    if not state.model or sight.model is None or config.folder != sight.model[1].folder:
        head = choose_head(entry, None, None)
        new = replace(new, model=entry.address, heads=(head,), head=head)
    return new, Sight(targets, target, subject, model)


def look_again(viewer: Viewer, sight: Sight) -> Sight | None:
    """The chain as it is now; None where nothing has moved and the same state of it is shown.

    Raises
    ------
    StructureError
        If it is gone.
    """
    old = sight.target
    if old is None:
        return None
    now = read_chain_again(viewer, old.chain)
    same = now.state == old.chain.state
    if same and np.array_equal(now.ca_coords, old.chain.ca_coords, equal_nan=True):
        return None
    target = replace(old, selected=replace(old.selected, chain=now))
    targets = tuple(target if one is old else one for one in sight.targets)
    return replace(sight, targets=targets, target=target, subject=read_target_subject(viewer, target))


def read_kept(viewer: Viewer, values: Mapping[str, Any], fallback: DrawOptions) -> tuple[PanelState, Sight]:
    """A state that was kept as JSON, and what is read for it.

    Parameters
    ----------
    viewer : Viewer
    values : mapping
        As `PanelState.to_json` gave it.
    fallback : DrawOptions
        For options that are missing.

    Raises
    ------
    ProvisError
        If it cannot be used, as where the chain is not there.
    """
    try:
        state = PanelState.from_json(values, fallback)
        entry, config = read_model(state.model)
        for head in state.heads:
            check_head(head, config.n_layers, config.n_heads, entry.name)
        targets = _read_named(viewer, state.chains, state.gaps)
        names = name_chains(viewer, targets)
        place = (names if state.chain in names else state.chains).index(state.chain)
        target = targets[place]
        state.site.check(target.chain)
        subject = read_target_subject(viewer, target)
    except BAD as error:
        raise describe_bad_state(error) from error
    state = replace(
        state,
        chains=names,
        chain=names[place],
        site=state.site if state.site.fits(target.chain) else SiteChoice(),
        box=state.box.cut(target.chain.n_residues) if state.box is not None else None,
    )
    return state, Sight(targets, target, subject, (entry, config))


def name_chains(viewer: Viewer, targets: Iterable[Target]) -> tuple[ChainName, ...]:
    """How a state names chains, or linked ones."""
    return tuple(
        tuple(viewer.name_residues(own.chain, own.residues) for own in split_selected(one.selected))
        if one.chain.members
        else viewer.name_residues(one.chain, one.selected.residues)
        for one in targets
    )


def remake_targets(targets: Sequence[Target], here: Target, gaps: str) -> tuple[list[Target], Target]:
    """Some chains as the model sees them with other `gaps`; those that cannot be had so are left out.

    Raises
    ------
    ProvisError
        If `here`, one of them, cannot.
    """
    now, others = remake_target(here, gaps), []
    for one in targets:
        with suppress(ProvisError):
            others.append(now if one.chain is here.chain else remake_target(one, gaps))
    return others, now


def link_targets(
    targets: Sequence[Target], here: Target, gaps: str, *, link: bool
) -> tuple[list[Target], Target]:
    """The chains that are offered, and the one that is looked at, once its chains are linked, or no longer.

    Parameters
    ----------
    targets : sequence of Target
        That are offered now.
    here : Target
        The one of them that is looked at.
    gaps : str
    link : bool
        Whether those of the object of `here` are read as one sequence; it is offered beside the single ones.

    Raises
    ------
    ProvisError
        If there is one chain only.
    """
    singles = [one for one in targets if not one.chain.members]
    if link:
        own = [one.selected for one in singles if one.chain.object_name == here.chain.object_name]
        (joined,), _ = make_targets(own, gaps, link=True)
        return [joined, *singles], joined
    singles = singles or make_targets(split_selected(here.selected), gaps)[0]
    first = here.chain.members[0]
    return singles, next((one for one in singles if one.chain.label == first.label), singles[0])


def _read_named(viewer: Viewer, names: Sequence[ChainName], gaps: str) -> tuple[Target, ...]:
    """The chains of a state, in its order: linked ones come before the others."""
    linked = [_join(one) for one in names if not isinstance(one, str)]
    targets = [Scope(one, gaps=gaps, link=True).read(viewer)[0][0] for one in linked]
    singles = [one for one in names if isinstance(one, str)]
    return (*targets, *(Scope(_join(singles), gaps=gaps).read(viewer)[0] if singles else ()))


def _join(names: Sequence[str]) -> str:
    return " or ".join(f"({name})" for name in names)
