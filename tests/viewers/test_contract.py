"""What every viewer must have, whichever program it stands for."""

from __future__ import annotations

import inspect

import pytest

from provis_core.viewers.viewer import Viewer
from tests.core.fakes import FakeViewer

METHODS = [name for name, member in vars(Viewer).items() if inspect.isfunction(member) and name[0] != "_"]


@pytest.fixture(params=["in memory", "PyMOL"])
def viewer(request: pytest.FixtureRequest) -> type:
    """The class of a viewer."""
    if request.param == "in memory":
        return FakeViewer
    from plugin.viewers.pymol_viewer import PymolViewer

    return PymolViewer


@pytest.mark.parametrize("name", METHODS)
def test_a_viewer_has_each_method_with_these_arguments(viewer: type, name: str) -> None:
    wanted = inspect.signature(getattr(Viewer, name)).parameters.values()
    got = inspect.signature(getattr(viewer, name)).parameters.values()
    assert [(p.name, p.kind, p.default) for p in got] == [(p.name, p.kind, p.default) for p in wanted]


def test_a_viewer_has_a_name(viewer: type) -> None:
    assert isinstance(viewer.name, str)
