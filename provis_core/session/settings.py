"""The user's kept preferences: one small JSON file, read at start and written by ``provis_set``.

Every setting is declared once, in `SETTINGS`, with its type, its default and one line of help.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import CacheError, InputError, near_name
from ..scenes.colors import palette_names
from ..system.given_files import load_json
from ..system.paths import config_dir
from ..system.whole_files import locked, write_whole

__all__ = ["SETTINGS", "Setting", "Settings"]

Value = str | int | float


@dataclass(frozen=True)
class Setting:
    """One preference.

    Attributes
    ----------
    name : str
    default : str, int or float
        Its type is the type of the setting.
    help : str
        One line.
    choices : tuple of str
        Allowed values of a str; any where empty.
    low, high : float
        Smallest and largest allowed value of a number.
    """

    name: str
    default: Value
    help: str
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = math.inf

    def parse(self, text: str) -> Value:
        """Read a value as the user typed it.

        Raises
        ------
        InputError
            If it is not of the setting's type or out of its range.
        """
        value: Value
        try:
            value = type(self.default)(text.strip())
        except ValueError:
            kind = "whole number" if isinstance(self.default, int) else "number"
            raise InputError(
                f"{self.name}={text!r}",
                f"A {kind} is needed",
                f"For example: «set {self.name}, {self.default}»",
            ) from None
        if not isinstance(value, str) and not self.low <= value <= self.high:
            limit = f"at most {self.high:g}" if value > self.high else f"at least {self.low:g}"
            raise InputError(
                f"{self.name}={text}",
                f"A number of {limit} is needed",
                f"For example: «set {self.name}, {self.default}»",
            )
        if self.choices and value not in self.choices:
            near = near_name(str(value), self.choices) or self.choices[0]
            raise InputError(
                f"{self.name}={text}",
                f"One of {', '.join(self.choices)} is needed",
                f"For example: «set {self.name}, {near}»",
            )
        return value


_MANY: Final = 10**9

SETTINGS: Final[dict[str, Setting]] = {
    setting.name: setting
    for setting in (
        Setting("model", "provis_mini", "model that commands use: a name from «models» or a folder"),
        Setting("min_attn", 0.1, "smallest attention weight that is drawn", high=1),
        Setting("top", 200, "number of strongest pairs drawn per chain; 0 for all", high=_MANY),
        Setting(
            "min_sep",
            1,
            "smallest separation in the sequence that is drawn; 6 leaves out neighbours",
            low=1,
            high=_MANY,
        ),
        Setting(
            "max_pairs",
            20000,
            "largest number of pairs one drawing may have, also with «top=0»",
            low=1,
            high=_MANY,
        ),
        Setting("palette", "blue_orange", "colours of the weights", choices=palette_names()),
        Setting("radius", 0.4, "radius in Å of the strongest pair", low=0.01, high=10),
        Setting("worker_python", "", "Python that runs the models; empty to find it"),
        Setting("device", "auto", "auto, cpu, cuda, cuda:1, mps: where the model runs"),
        Setting("threads", 0, "CPU threads of the worker; 0 for all cores but one", high=4096),
        Setting("model_memory_gb", 0.0, "memory for models kept ready, in GB; 0 for half of the machine's"),
        Setting("cache_limit_gb", 2.0, "largest size of the result cache, in GB"),
    )
}


class Settings:
    """Preferences on disk.

    Parameters
    ----------
    path : pathlib.Path, optional
        The JSON file; ``settings.json`` in the user's folder by default. It need not exist.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_dir() / "settings.json"
        self._values: dict[str, Value] = {}
        self.problem = ""
        self._read()

    def _read(self) -> None:
        """Read the file; what cannot be read is reported in `problem` and replaced by defaults."""
        try:
            values = load_json(self.path)
        except FileNotFoundError:
            return
        except OSError as error:
            self.problem = f"{self.path} cannot be read ({error.strerror}): defaults are used."
            return
        except ValueError as error:
            self.problem = f"{self.path} is damaged ({error}): defaults are used."
            return
        wrong = []
        for name, value in values.items():
            try:
                if name in SETTINGS:
                    self._values[name] = SETTINGS[name].parse(str(value))
            except InputError as error:
                wrong.append(str(error))
        if wrong:
            self.problem = f"{self.path} is damaged ({'; '.join(wrong)}): defaults are used where it is."

    def __getitem__(self, name: str) -> Value:
        return self._values.get(name, find_setting(name).default)

    def text(self, name: str) -> str:
        """Value of a setting as the user would type it."""
        return str(self[name])

    def number(self, name: str) -> float:
        """Value of a numeric setting."""
        return float(self[name])

    def is_changed(self, name: str) -> bool:
        """Whether the user has set it."""
        return name in self._values

    def set(self, name: str, text: str) -> Value:
        """Change a setting and keep it.

        Parameters
        ----------
        name : str
        text : str
            Value as typed; ``"default"`` goes back to the default.

        Returns
        -------
        str, int or float
            The value that is now in force.

        Raises
        ------
        InputError
            If there is no such setting or the value is not usable.
        CacheError
            If the file cannot be written; the value is then in force for this session only.
        """
        setting = find_setting(name)
        if text.strip().lower() == "default":
            self._values.pop(setting.name, None)
        else:
            self._values[setting.name] = setting.parse(text)
        self._keep(setting.name)
        return self[setting.name]

    def _keep(self, name: str) -> None:
        """Put one value into the file; the others stay as they stand there, whoever has written them."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.path.with_suffix(".lock"), wait=True):
                try:
                    kept = load_json(self.path)
                except FileNotFoundError:
                    kept = {}
                except ValueError:  # damaged as a whole, and said so: what it held stays beside it
                    self.path.replace(self.path.with_suffix(".damaged.json"))
                    kept = dict(self._values)
                kept.pop(name, None)
                if name in self._values:
                    kept[name] = self._values[name]
                with write_whole(self.path) as temporary:
                    temporary.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise CacheError(
                f"The setting holds for this session but could not be kept: {self.path} ({error.strerror})",
                "A folder that can be written is needed",
                "Free some space or make the folder writable, or set PROVIS_HOME to another folder",
            ) from error


def find_setting(name: str) -> Setting:
    """Look a setting up by name.

    Raises
    ------
    InputError
        If there is none; a near name is suggested.
    """
    if name not in SETTINGS:
        near = near_name(name, SETTINGS)
        raise InputError(
            f"There is no setting {name!r}",
            f"One of {', '.join(SETTINGS)} is needed",
            f"Did you mean {near}?" if near else "Type «set» without arguments to see them all",
        )
    return SETTINGS[name]
