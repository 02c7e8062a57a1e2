import json
import threading

import pytest

from provis_core.errors import CacheError, InputError
from provis_core.session.settings import SETTINGS, Settings


def test_what_is_set_is_kept(tmp_path):
    path = tmp_path / "deep" / "settings.json"
    assert Settings(path).set("min_attn", "0.05") == 0.05
    again = Settings(path)
    assert again["min_attn"] == 0.05
    assert again.is_changed("min_attn")
    assert again.number("top") == SETTINGS["top"].default
    again.set("min_attn", "default")
    assert not Settings(path).is_changed("min_attn")
    assert set(path.parent.iterdir()) == {path, path.with_suffix(".lock")}  # nothing half written stays


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("min_atn", "0.1", "no setting 'min_atn'.*Did you mean min_attn"),
        ("top", "many", "top='many'.*whole number"),
        ("radius", "0", "radius=0.*at least 0.01"),
        ("radius", "nan", "radius=nan"),
    ],
)
def test_bad_values_are_refused_and_change_nothing(tmp_path, name, value, message):
    settings = Settings(tmp_path / "settings.json")
    with pytest.raises(InputError, match=message):
        settings.set(name, value)
    assert not (tmp_path / "settings.json").exists()


@pytest.mark.parametrize("text", ["{", "[1]", '{"top": "many"}', '{"top": null}', "\0"])
def test_a_damaged_file_is_named_and_defaults_are_used(tmp_path, text):
    path = tmp_path / "settings.json"
    path.write_text(text)
    settings = Settings(path)
    assert str(path) in settings.problem
    assert settings["top"] == 200


def test_settings_of_a_newer_version_are_ignored(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"from_the_future": 1, "top": 7}))
    settings = Settings(path)
    assert settings.problem == ""
    assert settings["top"] == 7


def test_a_folder_that_cannot_be_written_keeps_the_value_for_the_session(tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings = Settings(tmp_path / "file" / "settings.json")
    with pytest.raises(CacheError, match="holds for this session"):
        settings.set("top", "5")
    assert settings["top"] == 5


def test_two_programs_lose_nothing_of_each_other(tmp_path):
    path = tmp_path / "settings.json"
    one, two = Settings(path), Settings(path)
    one.set("top", "50")
    two.set("radius", "0.7")
    assert json.loads(path.read_text()) == {"top": 50, "radius": 0.7}


def test_many_programs_at_once_lose_nothing(tmp_path):
    path = tmp_path / "settings.json"
    values = {"top": "5", "radius": "0.7", "min_attn": "0.2", "threads": "2", "device": "cpu"}
    all_of_them = [Settings(path) for _ in values]
    threads = [
        threading.Thread(target=settings.set, args=item)
        for settings, item in zip(all_of_them, values.items(), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = Settings(path)
    assert {name: again.text(name) for name in values} == values


def test_one_bad_value_harms_no_other_and_stays_for_who_understands_it(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"top": "abc", "model": "esm2_8m", "radius": 0.7, "of_a_later_version": 1}')
    settings = Settings(path)
    assert "top='abc'" in settings.problem
    assert (settings["model"], settings["radius"], settings["top"]) == ("esm2_8m", 0.7, 200)
    settings.set("min_attn", "0.2")
    assert json.loads(path.read_text()) == {
        "top": "abc", "model": "esm2_8m", "radius": 0.7, "of_a_later_version": 1, "min_attn": 0.2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"top": 50}'.encode("utf-16"), "not UTF-8 text"),
        ('{"worker_python": "/home/Jörg/env"}'.encode("latin-1"), "not UTF-8 text"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_another_encoding_or_endless_nesting_is_damage_and_no_traceback(tmp_path, content, reason):
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings = Settings(path)
    assert reason in settings.problem
    settings.set("top", "5")
    assert json.loads(path.read_text()) == {"top": 5}
    assert path.with_suffix(".damaged.json").read_bytes() == content


def test_a_number_beyond_all_use_is_refused(tmp_path):
    with pytest.raises(InputError, match="at most 1e"):
        Settings(tmp_path / "settings.json").set("top", "1" + "0" * 310)
