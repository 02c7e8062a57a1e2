"""Every viewer has each method of each role with the same arguments."""

from __future__ import annotations

import inspect

import pytest

from provis_core.viewers.file_viewer import FileViewer
from provis_core.viewers.viewer import Console, Link, Painter, Program, Reader, Viewer
from tests.core.fakes import FakeViewer

from .conftest import VIEWERS

ROLES = {Program: (Reader, Console), Viewer: (Reader, Console, Painter, Link)}


def methods(kind: type) -> list[tuple[type, str]]:
    return [
        (role, name)
        for role in ROLES[kind]
        for name, member in vars(role).items()
        if inspect.isfunction(member) and name[0] != "_"
    ]


def same_arguments(role: type, name: str, viewer: type) -> None:
    wanted = inspect.signature(getattr(role, name)).parameters.values()
    got = inspect.signature(getattr(viewer, name)).parameters.values()
    assert [(p.name, p.kind, p.default) for p in got] == [(p.name, p.kind, p.default) for p in wanted]


@pytest.fixture(params=VIEWERS)
def viewer(request: pytest.FixtureRequest) -> type:
    """The class of a viewer."""
    if request.param == "in memory":
        return FakeViewer
    if request.param == "ChimeraX":
        from plugin.viewers.chimerax_viewer import ChimeraxViewer

        return ChimeraxViewer
    from plugin.viewers.pymol_viewer import PymolViewer

    return PymolViewer


def test_there_are_methods_to_look_at() -> None:
    assert len(methods(Program)) > 6 and len(methods(Viewer)) > 20
    for kind, roles in ROLES.items():
        assert set(roles) <= set(kind.__mro__)


@pytest.mark.parametrize(("role", "name"), methods(Viewer), ids=lambda one: getattr(one, "__name__", one))
def test_a_viewer_has_each_method_with_these_arguments(viewer: type, role: type, name: str) -> None:
    same_arguments(role, name, viewer)


@pytest.mark.parametrize(("role", "name"), methods(Program), ids=lambda one: getattr(one, "__name__", one))
def test_a_file_has_what_is_read_and_said(role: type, name: str) -> None:
    same_arguments(role, name, FileViewer)


def test_a_viewer_has_a_name(viewer: type) -> None:
    assert isinstance(viewer.name, str) and isinstance(FileViewer.name, str)
