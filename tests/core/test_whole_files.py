"""A file is whole or not there, whatever ends its writing."""

from __future__ import annotations

import errno
import os
import sys

import pytest

from provis_core.errors import CacheError
from provis_core.session.settings import Settings
from provis_core.system.whole_files import write_whole


def test_it_appears_at_the_end_in_place_of_the_old_one(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with write_whole(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.parent == tmp_path
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("end", [OSError("No space left"), ValueError("a bug"), KeyboardInterrupt()])
def test_what_ends_in_the_middle_leaves_the_old_one_and_nothing_else(tmp_path, end):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(type(end)), write_whole(path) as temporary:
        temporary.write_text("ne")
        raise end
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError), write_whole(tmp_path / "absent" / "table.csv"):
        pytest.fail("it began")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_it_has_the_rights_of_an_ordinary_file_or_of_a_private_one(tmp_path):
    before = os.umask(0o027)
    try:
        for name, private in (("ordinary", False), ("private", True)):
            with write_whole(tmp_path / name, private=private) as temporary:
                temporary.write_text("x")
        (tmp_path / "other").touch()
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"ordinary": 0o640, "other": 0o640, "private": 0o600}


def test_settings_that_cannot_be_kept_leave_nothing_behind(tmp_path):
    path = tmp_path / "settings.json"
    path.mkdir()  # a file cannot take its place
    settings = Settings(path)
    with pytest.raises(CacheError, match="could not be kept"):
        settings.set("min_attn", "0.2")
    assert {one.name for one in tmp_path.iterdir()} == {"settings.json", "settings.lock"}


@pytest.mark.skipif(sys.platform == "win32", reason="folders are not synced there")
def test_it_is_on_the_disk_before_it_takes_its_name_and_the_folder_after(tmp_path, monkeypatch):
    """The order of the calls to the system, since a power cut cannot be had."""
    path, calls = tmp_path / "table.csv", []
    fsync = os.fsync

    def note_sync(descriptor):
        size = os.fstat(descriptor).st_size if not path.exists() else None
        calls.append(("sync", size))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note_sync)
    with write_whole(path) as temporary:
        temporary.write_bytes(b"x" * 5000)
        assert calls == []
    assert calls == [("sync", 5000), ("sync", None)]


def test_a_disk_that_is_full_when_it_is_synced_leaves_nothing(tmp_path, monkeypatch):
    """Some disks, and quotas, tell only then that there was no room."""
    path = tmp_path / "table.csv"
    path.write_text("old")

    def fail(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"), write_whole(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
