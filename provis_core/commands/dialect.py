"""How commands and options are called where the user types them.

Messages and help texts of the core name them in marks: ``«min_attn=0.1»`` is an option with a value,
``«min_attn=»`` the option, ``«doctor»`` a command, ``«fetch esm2_8m, stop=1»`` a whole line. Whoever shows a
text renders it: ``viewer.dialect.render(text)``. A selection in a mark is some chains, as in ``chain A+B``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["CHIMERAX", "PYMOL", "SHELL", "Dialect", "Words"]

Words = Sequence[tuple[str, Any]]
"""Arguments of a line: names and values; the name is empty for what stands in its place."""

_MARK: Final = re.compile("«([^«»]+)»")
_NAMED: Final = re.compile(r"([a-z]\w*)=(.*)", re.DOTALL)
_SPECIFIER: Final = re.compile(r"#|/[^/]*$")  # a path has another slash
_CHAINS: Final = re.compile(r"chain ([\w+]+)")


class Dialect:
    """PyMOL's way, and what the others change of it."""

    def render(self, text: str) -> str:
        """Return a text of the core in the words of this place."""
        return _MARK.sub(lambda mark: self._render_mark(mark[1]), text) if "«" in text else text

    def _render_mark(self, body: str) -> str:
        if named := _NAMED.fullmatch(body):
            return self.option(named[1], named[2])
        name, _, rest = body.partition(" ")
        words = []
        for word in rest.split(", ") if rest else ():
            named = _NAMED.fullmatch(word)
            words.append((named[1], named[2]) if named else ("", word))
        return self.line(name, words)

    def command(self, name: str) -> str:
        """Return what is typed for a command."""
        return f"provis_{name}"

    def option(self, name: str, value: Any = "") -> str:
        """Return an option with its value; the option alone where the value is empty."""
        return f"{name}={self.value(value)}"

    def value(self, value: Any) -> str:
        """Return a value as it is typed."""
        if isinstance(value, bool):
            return str(int(value))
        return f"{value:.6g}" if isinstance(value, float) else str(value)

    def line(self, name: str, words: Words) -> str:
        """Return a line that can be typed.

        Parameters
        ----------
        name : str
            Of the command.
        words : sequence of (str, object)
            Names and values of the arguments; an empty name for what stands in its place.
        """
        given = []
        for option, value in words:
            text = self.value(value)
            text = f'"{text}"' if "," in text and not _is_quoted(text) else text  # a comma ends an argument
            given.append(f"{option}={text}" if option else text)
        return f"{self.command(name)} {', '.join(given)}".rstrip()

    # -- what the program itself is told ----------------------------------------------------------------

    def selection(self, name: str, residues: str) -> str:
        """Return the line that gives residues, in the words of the program, a name."""
        return f"select {name}, {residues}"

    def loading(self, entry: str) -> str:
        """Return the line that gets an entry of the PDB."""
        return f"fetch {entry.lower()}"

    def deselection(self, names: Sequence[str]) -> str:
        """Return the line that takes such names away."""
        return f"delete {' '.join(names)}"

    def coloring(self, name: str, rgb: Sequence[float]) -> str:
        """Return the line that colours what has a name; red, green and blue are in [0, 1]."""
        return f"color 0x{_hexadecimal(rgb)}, {name}"


def _hexadecimal(rgb: Sequence[float]) -> str:
    return "".join(f"{round(255 * value):02x}" for value in rgb)


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"


class ShellDialect(Dialect):
    """The program ``provis``."""

    _COMMANDS: Final[Mapping[str, str]] = {
        "cancel": "Ctrl-C",
        "export": "provis attn",
        "fetch": "provis models fetch",
        "install": "python3 install_plugin.py env",
    }
    _SWITCHES: Final = frozenset({"link", "quiet", "selenomethionine", "between"})

    def command(self, name: str) -> str:
        """Return what is typed for a command."""
        return self._COMMANDS.get(name, f"provis {name}")

    def option(self, name: str, value: Any = "") -> str:
        """Return an option with its value; the option alone where the value is empty."""
        chains = _CHAINS.fullmatch(value) if name == "selection" else None
        if chains:
            return f"--chain {chains[1].replace('+', ',')}"
        text, flag = self.value(value), f"--{name.replace('_', '-')}"
        if name in self._SWITCHES and text in ("", "1"):
            return flag
        return f"{flag} {text if _is_quoted(text) else shlex.quote(text)}" if text else flag

    def line(self, name: str, words: Words) -> str:
        """Return a line that can be typed; see `Dialect.line`."""
        given = []
        for option, value in words:
            is_chain = not option and _CHAINS.fullmatch(str(value))
            option = "selection" if is_chain else option  # noqa: PLW2901
            given.append(self.option(option, value) if option else shlex.quote(self.value(value)))
        return " ".join([self.command(name), *given])


class ChimeraxDialect(Dialect):
    """ChimeraX: words parted by blanks, names with capitals inside (``minAttn``)."""

    def command(self, name: str) -> str:
        """Return what is typed for a command."""
        return f"provis {name}"

    @staticmethod
    def name(option: str) -> str:
        """Return what is typed for the name of an option."""
        first, *others = option.split("_")
        return first + "".join(word.capitalize() for word in others)

    def option(self, name: str, value: Any = "") -> str:
        """Return an option with its value; the option alone where the value is empty."""
        text = self.value(value)
        return f"{self.name(name)} {text}".rstrip()

    def value(self, value: Any) -> str:
        """Return a value as it is typed."""
        if isinstance(value, bool):
            return "true" if value else "false"
        text = super().value(value)
        if chains := _CHAINS.fullmatch(text):
            return f"/{chains[1].replace('+', ',')}"
        if _SPECIFIER.match(text) or _is_quoted(text):  # a selection in ChimeraX's own words
            return text
        return f'"{text}"' if re.search(r"[\s;]", text) else text

    def line(self, name: str, words: Words) -> str:
        """Return a line that can be typed; see `Dialect.line`."""
        given = [self.option(option, value) if option else self.value(value) for option, value in words]
        return " ".join([self.command(name), *given])

    def selection(self, name: str, residues: str) -> str:
        """Return the line that gives residues a name; see `Dialect.selection`."""
        return f"name {name} {residues}"

    def loading(self, entry: str) -> str:
        """Return the line that gets an entry of the PDB."""
        return f"open {entry.lower()}"

    def deselection(self, names: Sequence[str]) -> str:
        """Return the line that takes such names away."""
        return "; ".join(f"name delete {name}" for name in names)

    def coloring(self, name: str, rgb: Sequence[float]) -> str:
        """Return the line that colours what has a name; see `Dialect.coloring`."""
        return f"color {name} #{_hexadecimal(rgb)}"


PYMOL: Final = Dialect()
SHELL: Final = ShellDialect()
CHIMERAX: Final = ChimeraxDialect()
