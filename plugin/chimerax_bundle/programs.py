"""The ChimeraX programs of a machine: where they are, how old, and what is said to them from outside.

Python's own library is all that is needed: `install_plugin.py` loads this file by its path.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["OLDEST", "InstalledChimerax", "find_programs", "install_line", "run_line", "uninstall_line"]

OLDEST = "1.7"  # the first with Python 3.11
_VERSION = re.compile(r"ChimeraX version: (\S+)")
_PATIENCE = 120  # seconds: a first start looks through all bundles


class InstalledChimerax:
    """One ChimeraX.

    Parameters
    ----------
    path : str or Path
        What starts it.

    Attributes
    ----------
    version : str
        As it says; empty where it does not answer.
    has_provis : bool
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        said = self._ask("toolshed list")
        found = _VERSION.search(said)
        self.version = found[1] if found else ""
        self.has_provis = bool(re.search(r"^(ChimeraX-)?Provis \(", said, re.MULTILINE))

    def __str__(self) -> str:
        about = " with ProVis" if self.has_provis else ""
        trouble = f"\n    {self.trouble}" if self.trouble else ""
        return f"ChimeraX {self.version or '?'}{about} {self.path}{trouble}"

    @property
    def trouble(self) -> str:
        """Why ProVis cannot run in it; empty where it can."""
        if not self.version:
            return "it does not answer as a ChimeraX"
        if _numbers(self.version) < _numbers(OLDEST):
            return f"too old: ProVis needs ChimeraX {OLDEST} or newer"
        return ""

    def _ask(self, line: str) -> str:
        command = run_line(self.path, line)
        try:
            done = subprocess.run(
                command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.decode("utf-8", "replace")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def run_line(program: str | Path, line: str) -> list[str]:
    """Return the command that has ChimeraX do one line, without a window."""
    return [str(program), "--nogui", "--exit", "--cmd", line]


def install_line(wheel: Path) -> str:
    """Return what is typed in ChimeraX to install the wheel."""
    name = str(wheel)
    return f'toolshed install "{name}"' if " " in name else f"toolshed install {name}"


def uninstall_line() -> str:
    """Return what is typed in ChimeraX to take ProVis away."""
    return "toolshed uninstall ChimeraX-Provis"


def find_programs() -> list[str]:
    """Return what starts each ChimeraX in the usual places, the newest first."""
    places = {"darwin": _MAC, "win32": _WINDOWS}.get(sys.platform, _LINUX)
    named = [Path(found) for name in ("chimerax", "ChimeraX") if (found := shutil.which(name))]
    listed = [path for place in places for path in _match(Path(os.path.expandvars(place)).expanduser())]
    seen: dict[Path, Path] = {}
    for path in [*named, *listed]:
        seen.setdefault(path.resolve(), path)
    return [str(path) for path in seen.values()]


_MAC = [f"{folder}/ChimeraX*.app/Contents/bin/ChimeraX" for folder in ("/Applications", "~/Applications")]
_WINDOWS = [
    rf"{folder}\ChimeraX*\bin\ChimeraX-console.exe"
    for folder in ("%ProgramFiles%", r"%LOCALAPPDATA%\Programs")
]
_FLATPAKS = ("/var/lib/flatpak", "~/.local/share/flatpak")
_LINUX = [
    "/usr/bin/chimerax*",
    "/usr/lib/ucsf-chimerax*/bin/ChimeraX",
    "/usr/libexec/UCSF-ChimeraX*/bin/ChimeraX",
    "/opt/UCSF/ChimeraX*/bin/ChimeraX",
    *(f"{folder}/exports/bin/edu.ucsf.rbvi.ChimeraX" for folder in _FLATPAKS),
]


def _match(pattern: Path) -> list[Path]:
    """What is there, the newest version first."""
    if not pattern.anchor:  # a variable that Windows has and this place has not
        return []
    root = Path(pattern.anchor)
    found = root.glob(str(pattern.relative_to(root)))
    return sorted(found, key=lambda path: [int(one) for one in re.findall(r"\d+", str(path))], reverse=True)
