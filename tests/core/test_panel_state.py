"""The panel's state as a value: what of it is kept, and what earlier versions kept."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from provis_core.attention.arcs import MIN_ATTN
from provis_core.inspection.box import Box
from provis_core.inspection.state import PanelState

from .inspecting import wait

OF_0_1_0 = {
    "format": 1,
    "chains": ["/toy//A", "/toy//B"],
    "chain": 1,
    "gaps": "observed",
    "metric": "separation",
    "heads": ["1-2", "2-2"],
    "head": "1-2",
    "options": {
        "min_attn": 0.12,
        "top": 40,
        "max_pairs": 5000,
        "min_sep": 3,
        "direction": "directed",
        "palette": "cividis",
        "radius": 0.4,
        "name": "",
        "sele": "",
        "window": 10,
        "color_by": "weight",
        "atom": "cb",
        "cutoff": 8.0,
        "distance": 4.0,
        "file": "",
        "transparency": 0.25,
        "labels": 2,
    },
    "sites": {"source": "selection", "options": {}, "residues": [1, 4], "chain": ["toy", "", "B"]},
    "site_shown": True,
    "colored_by": "received",
    "box": [[1, 3], [2, 6]],
}
"""What ProVis 0.1.0 kept in a session, but for the model."""


def test_a_state_of_format_1_is_read(inspector, viewer):
    kept = {**OF_0_1_0, "model": str(inspector.entry.folder)}
    viewer.kept["panel"] = json.dumps(kept)
    inspector.read_marks()
    wait(inspector.session)
    assert viewer.warnings == []
    state = inspector.state
    assert inspector.target.chain.chain_id == "B"
    assert (state.chains, state.chain, state.link) == (("/toy//A", "/toy//B"), "/toy//B", False)
    assert (state.heads, state.head) == (((0, 1), (1, 1)), (0, 1))
    assert (state.gaps, state.metric, state.colored_by) == ("observed", "separation", "received")
    assert {**asdict(state.options), "window": state.window} == OF_0_1_0["options"]
    assert inspector.readings.sites.residues.tolist() == [1, 4]
    assert state.box == Box(slice(1, 3), slice(2, 6))
    assert sorted(viewer.scenes) == ["provis_toy_B_1-2", "provis_toy_B_2-2"]
    assert "provis_toy_B_selection" in viewer.overlays
    written = json.loads(viewer.kept["panel"])
    assert written == {
        **{name: value for name, value in kept.items() if name != "sites"},
        "format": 2,
        "chain": "/toy//B",
        "window": 10,
        "counted": MIN_ATTN,  # what it was before it could be chosen
        "options": {name: value for name, value in kept["options"].items() if name != "window"},
        "site": kept["sites"],
    }
    inspector.watch.from_json(written)
    assert inspector.state == state


WRONG = (None, 5, -1, 10**30, 1.5, float("nan"), "x", "", [], [[0, 1], [0, 1]], {"a": 5}, True)


def _places(value, path=()):
    """Paths of all values in JSON, of the whole first."""
    yield path
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(item, (*path, key))


def _replace(value, path, wrong):
    if not path:
        return wrong
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    changed = {key: _replace(item, path[1:], wrong) if key == path[0] else item for key, item in pairs}
    return changed if isinstance(value, dict) else list(changed.values())


@pytest.mark.parametrize("source", ["selection", "ligand"])
def test_a_state_with_a_wrong_value_is_refused_or_used(inspector, viewer, source):
    """Whatever stands in a session: no error but in words, and what is taken up can be kept again."""
    viewer.kept["panel"] = json.dumps({**OF_0_1_0, "model": str(inspector.entry.folder)})
    inspector.read_marks()
    wait(inspector.session)
    good = json.loads(viewer.kept["panel"])
    if source == "ligand":
        good["site"] = {"source": "ligand", "options": {"radius": 4.0}, "residues": [], "chain": ["", "", ""]}
    n_refused = 0
    for path in _places(good):
        for wrong in WRONG:
            viewer.warnings.clear()
            viewer.kept["panel"] = json.dumps(_replace(good, path, wrong))
            inspector.read_marks()
            wait(inspector.session)
            said = " ".join([*viewer.warnings, *inspector.loader.problems.values()])
            assert "bug" not in said, (path, wrong)
            n_refused += "cannot be used" in said
            assert PanelState.from_json(inspector.state.to_json(), inspector.state.options) == inspector.state
    assert n_refused > 300
