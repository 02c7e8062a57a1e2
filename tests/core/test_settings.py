import json

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
    assert list(path.parent.iterdir()) == [path]  # nothing half written stays


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
