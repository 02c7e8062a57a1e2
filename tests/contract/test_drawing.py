"""What every viewer must draw and take off again, in any order, also in a session that was opened anew."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from provis_core.errors import InputError
from provis_core.structures.chain import Chain
from provis_core.structures.linking import join_chains

from .drawn import make_overlay, make_scene
from .worlds import World

RGB = {"one": (1.0, 0.5, 0.0), "two": (0.0, 0.5, 1.0), "three": (0.25, 0.75, 0.25)}
RESIDUES = {"one": [2, 3, 4, 5], "two": [4, 5, 6, 7], "three": [5, 12]}


def chains_of(world: World) -> list[Chain]:
    return [one.chain for one in world.viewer.read_chains("")]


def test_names_of_drawings_are_apart_and_the_same_at_each_call(world: World) -> None:
    chains = chains_of(world)
    names = world.viewer.object_names(chains, "12-4")
    assert len({name.lower() for name in names}) == 2
    assert names == world.viewer.object_names(chains, "12-4")
    assert set(names).isdisjoint(world.viewer.object_names(chains, "12-5"))
    world.viewer.draw_scene(make_scene(names[0], chains[0]))
    assert names == world.viewer.object_names(chains, "12-4")
    assert not set(names) & {"toy"}


def test_a_name_that_the_user_has_is_refused(world: World) -> None:
    world.viewer.check_names("attention", "ends")
    with pytest.raises(InputError):
        world.viewer.check_names("", "toy")


def test_drawings_come_and_go(world: World) -> None:
    before = world.names()
    for chain, name in zip(chains_of(world), ("provis_a", "provis_b"), strict=True):
        world.viewer.draw_scene(make_scene(name, chain))
        world.viewer.draw_scene(make_scene(name, chain, transparency=0.5))  # again, in its own place
    assert {"provis_a", "provis_b"} <= world.names()
    assert world.viewer.clear("provis_a") == ["provis_a"]
    assert "provis_a" not in world.names()
    assert world.viewer.clear("*_B") == ["provis_b"]  # any letters, and either case
    assert world.viewer.clear() == []
    assert world.names() == before


def test_of_drawings_of_a_chain_in_the_same_colours_the_last_one_is_seen(world: World) -> None:
    (one, other), draw = chains_of(world), world.viewer.draw_scene
    assert draw(make_scene("provis_a", one, look="viridis")) == []
    assert draw(make_scene("provis_b", other, look="viridis")) == []  # another chain
    assert draw(make_scene("provis_c", one, look="magma")) == []  # other colours
    assert draw(make_scene("provis_mine", one)) == []  # a name of the user's
    assert draw(make_scene("provis_d", one, look="viridis")) == ["provis_a"]
    assert draw(make_scene("provis_d", one, look="viridis")) == []  # while a slider moves
    assert "provis_a" in world.names()  # hidden, not deleted
    assert draw(make_scene("provis_a", one, look="viridis")) == ["provis_d"]
    both = join_chains([one, other])
    assert sorted(draw(make_scene("provis_both", both, look="viridis"))) == ["provis_a", "provis_b"]


def test_a_drawing_that_does_not_fit_is_named(world: World) -> None:
    chain, _ = chains_of(world)
    world.viewer.draw_scene(make_scene("provis_a", chain))
    assert world.viewer.stale_drawings() == []
    world.move()
    assert world.viewer.stale_drawings() == ([] if world.follows_moves else ["provis_a"])
    world.viewer.draw_scene(make_scene("provis_a", world.viewer.read_again(chain)))
    assert world.viewer.stale_drawings() == []


@pytest.mark.parametrize("order", list(itertools.permutations(RGB)), ids="-".join)
def test_overlays_come_off_in_any_order(world: World, order: tuple[str, ...]) -> None:
    before = world.look()
    chain, _ = chains_of(world)
    seen = {}
    for name, rgb in RGB.items():
        world.viewer.show_overlay(make_overlay(f"provis_{name}", chain, RESIDUES[name], rgb))
        seen[name] = world.look()
    assert len({str(sorted(look.items())) for look in [before, *seen.values()]}) == 4
    left = dict(RESIDUES)
    for name in order:
        removed = world.viewer.clear(f"provis_{name}")  # with its labels, where they are objects
        assert removed[0] == f"provis_{name}" and all(one.startswith(removed[0]) for one in removed)
        del left[name]
        now = world.look()
        for k, residue in enumerate(chain.residue_ids):
            key = "A", residue.resi
            above = [other for other, residues in left.items() if k in residues]
            if above:  # the one that was put on last is seen
                alone = seen[above[-1]][key]
                assert now[key] == alone
            else:
                assert now[key] == before[key]
    assert world.look() == before


def test_overlays_come_off_in_a_session_that_was_opened_anew(world: World) -> None:
    before, names = world.look(), world.names()
    chain, other = chains_of(world)
    world.viewer.show_overlay(make_overlay("provis_one", chain, RESIDUES["one"], RGB["one"]))
    world.viewer.show_overlay(make_overlay("provis_two", other, RESIDUES["two"], RGB["two"]))
    world.viewer.draw_scene(make_scene("provis_a", chain))
    seen = world.look()
    world.reopen()
    assert world.look() == seen != before
    assert world.viewer.stale_drawings() == []
    removed = world.viewer.clear()
    assert {"provis_one", "provis_two", "provis_a"} <= set(removed)
    assert world.look() == before
    assert world.names() == names


def test_colours_of_residues_are_given_back(world: World) -> None:
    before = world.look()
    first, second = chains_of(world)
    joined = join_chains([first, second])
    rgb = np.full((joined.n_residues, 3), 0.25, dtype=np.float32)
    rgb[::2] = np.nan  # keep the user's colour
    names = world.viewer.color_residues(joined, rgb)
    assert len(names) == 2
    now = world.look()
    ids = [(one.chain_id, residue.resi) for one in (first, second) for residue in one.residue_ids]
    assert all((now[one] == before[one]) == (k % 2 == 0) for k, one in enumerate(ids))
    assert set(world.viewer.clear()) == {*names}
    assert world.look() == before


def test_colours_have_names(world: World) -> None:
    assert len(world.viewer.read_color("orange")) == 3
    with pytest.raises(InputError):
        world.viewer.read_color("no such colour")
