"""Chains that the panel offers follow the viewer's objects: those that come, go, and take another name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from ..errors import ProvisError
from ..structures.chain import Chain
from ..targets.scope import Scope
from ..targets.sites import SiteChoice
from ..targets.targets import Target, make_targets
from ..viewers.viewer import Viewer
from .sight import Sight

__all__ = ["find_offered", "follow_objects", "follow_renamed", "rename_site"]


def find_offered(viewer: Viewer, targets: Iterable[Target]) -> dict[str, str]:
    """Those of `Viewer.list_objects` that some chains are of."""
    names = {member.object_name for one in targets for member in one.chain.singles}
    return {name: selection for name, selection in viewer.list_objects().items() if name in names}


def follow_objects(
    viewer: Viewer, sight: Sight, gaps: str, before: Mapping[str, str], now: Mapping[str, str]
) -> tuple[list[Target], list[Target]]:
    """Read the chains of objects that have come.

    Parameters
    ----------
    viewer : Viewer
    sight : Sight
        What is looked at.
    gaps : str
        What the model is asked to see.
    before, now : mapping of str to str
        Objects as `Viewer.list_objects` gave them.

    Returns
    -------
    stayed : list of Target
        Of those that were offered: what is looked at, and the chains of objects that are still shown.
    came : list of Target
        Of objects that were not shown before; an object without a protein has none.
    """
    stayed = [
        one
        for one in sight.targets
        if one is sight.target or all(member.object_name in now for member in one.chain.singles)
    ]
    came: list[Target] = []
    for name in now:
        if name not in before:
            with suppress(ProvisError):
                came += Scope(now[name], gaps=gaps).read(viewer)[0]
    offered = {_describe(one.chain) for one in stayed}
    return stayed, [one for one in came if _describe(one.chain) not in offered]


def follow_renamed(
    here: Target, stayed: list[Target], came: list[Target], gaps: str
) -> tuple[list[Target], Target] | None:
    """Find what is looked at under the name that it has now, among all that are offered; None if it is gone.

    Parameters
    ----------
    here : Target
        The chain, or linked ones, of which at least one is no longer there.
    stayed, came : list of Target
        As from `follow_objects`.
    gaps : str
    """
    singles = [one for one in (*came, *stayed) if one is not here and not one.chain.members]
    found = []
    for member in here.chain.singles:
        same = [one for one in singles if _is_like(one.chain, member)]
        if not same:
            return None
        found.append(same[0])
    if not here.chain.members:
        now = replace(found[0], selected=replace(found[0].selected, inside=here.selected.inside))
    else:
        now = make_targets([one.selected for one in found], gaps, link=True)[0][0]
    others = [one for one in came if _describe(one.chain) != _describe(now.chain)]
    return [*(now if one is here else one for one in stayed), *others], now


def rename_site(site: SiteChoice, chain: Chain) -> SiteChoice:
    """A site that is about one chain, as it is about that chain under its new name."""
    if site.chain == ("", "", ""):
        return site
    return replace(site, chain=(chain.object_name, chain.segment_id, chain.chain_id))


def _describe(chain: Chain) -> tuple[str, str, str]:
    return chain.object_name, chain.segment_id, chain.chain_id


def _is_like(chain: Chain, other: Chain) -> bool:
    """Whether two chains are the same but for the name of their object."""
    names = (chain.segment_id, chain.chain_id, chain.residue_ids, chain.residue_names)
    return names == (other.segment_id, other.chain_id, other.residue_ids, other.residue_names)
