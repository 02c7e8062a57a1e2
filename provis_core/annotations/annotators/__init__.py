"""What is known about the residues of a chain. One file per annotation; a file that defines ``ANNOTATOR`` is
registered by being here. Files that begin with an underscore are helpers.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...commands.declaration import Option
from ...errors import InputError, near_name
from ...structures.subject import Subject
from ..annotation import Annotation, Annotator
from ._linked import annotate_members
from .binding_sites import PARTNER_KINDS

__all__ = [
    "annotate_members",
    "compute_annotations",
    "find_annotator",
    "known_annotators",
    "name_property",
    "offered_properties",
    "property_names",
    "property_options",
    "type_options",
]

_NEEDS = {
    "atoms": "all atoms of the structure",
    "records": "the structure file it came from",
    "path": "the structure file it came from",
    "secondary_structure": "the viewer's secondary structure",
    "partners": "the other chains of the structure",
}


@functools.cache
def known_annotators() -> tuple[Annotator, ...]:
    """All annotators, by name.

    Returns
    -------
    tuple of Annotator
    """
    names = sorted(
        module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
    )
    found = [importlib.import_module(f"{__name__}.{name}").ANNOTATOR for name in names]
    return tuple(sorted(found, key=lambda annotator: annotator.name))


def property_names() -> list[str]:
    """Return the names that ``by=`` understands, without their parts."""
    return [name for item in known_annotators() for name in (item.parts or (item.name,))]


@functools.cache
def property_options() -> tuple[Option, ...]:
    """Return the options of all annotators, each name once, as the commands that take a property have them.

    Their defaults are empty: that of the annotator holds, which a property names.
    """
    found: dict[str, Option] = {}
    for annotator in known_annotators():
        names = f"of «by={(annotator.parts or (annotator.name,))[0]}»"
        for one in annotator.options:
            told = f"{one.help}, {names}" + (f" {{default: {one.default_text}}}" if one.default_text else "")
            if (before := found.get(one.name)) is not None:
                told = f"{before.help}; {told}"
            found[one.name] = replace(one, default="", help=told, shown="", kind=one.kind)
    return tuple(found.values())


def offered_properties() -> dict[str, str]:
    """Properties that the panel offers to score heads on, by name: what the share of arcs is called."""
    return {name: label for annotator in known_annotators() for name, label in annotator.arcs.items()}


def find_annotator(name: str) -> Annotator:
    """Find the annotator of a property.

    Parameters
    ----------
    name : str
        In any case: ``"contact"``, ``"helix"``, or with parts after colons: ``"site:ligand:HEM"``.

    Returns
    -------
    Annotator

    Raises
    ------
    InputError
        If there is none; a near name is suggested.
    """
    known = {key: annotator for annotator in known_annotators() for key in (annotator.name, *annotator.parts)}
    wanted = name_property(name).lower().split(":")[0]
    if wanted in known:
        return known[wanted]
    near = near_name(wanted, [*known, *PARTNER_KINDS])
    raise InputError(
        f"«by={name}»",
        f"One of {', '.join(known)} is needed",
        f"Did you mean «by={near}»?" if near else f"What is near a ligand {name} is «by=site:ligand:{name}»",
    )


def name_property(name: str) -> str:
    """Return the full name of a property: ``ligand:HEM`` is ``site:ligand:HEM``."""
    name = name.strip()
    return f"site:{name}" if name.lower().split(":")[0] in PARTNER_KINDS else name


def compute_annotations(name: str, subject: Subject, **options: Any) -> tuple[Annotation, ...]:
    """Annotate a chain, or several linked ones.

    Parameters
    ----------
    name : str
        As in `find_annotator`. With a part, only the annotations of that name, and those below it, are given.
    subject : Subject
    **options
        Those of the annotator, also as text, as a command line has them.

    Returns
    -------
    tuple of Annotation
        At least one; the broadest first.

    Raises
    ------
    InputError
        If there is no such annotator, option or part, a value is of the wrong type, or something that it
        needs is not at hand.
    StructureError
        If the structure does not have what is asked for.
    """
    annotator = find_annotator(name)
    typed = type_options(annotator, options)
    if subject.members and annotator.name != "contact":  # which is also between the chains
        return annotate_members(subject, lambda member: compute_annotations(name, member, **typed))
    for need in annotator.needs:
        if not getattr(subject, need):
            raise InputError(
                f"{annotator.name} cannot be told from {subject.chain.label} alone",
                f"It needs {_NEEDS[need]}",
                "Load the structure from a file, or name the file",
            )
    found = annotator.compute(subject, **typed)
    wanted = name_property(name).lower()
    if wanted == annotator.name:
        return found
    picked = tuple(item for item in found if f"{item.name.lower()}:".startswith(f"{wanted}:"))
    if not picked:
        shown = ", ".join(item.name for item in found[:20]) + (", ..." if len(found) > 20 else "")
        raise InputError(
            f"{subject.chain.label} has no {name}", f"What it has is: {shown or 'nothing'}", annotator.hint
        )
    return picked


def type_options(annotator: Annotator, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of an annotator in their types.

    Parameters
    ----------
    annotator : Annotator
    options : mapping of str to object
        Those that were given, also as text.

    Returns
    -------
    dict of str to object
        Those that were given.

    Raises
    ------
    InputError
        If there is no such option, or a value is of the wrong type.
    """
    defaults = annotator.defaults
    older = {alias: one.name for one in annotator.options for alias in one.aliases}
    options = {older.get(name, name): value for name, value in options.items()}
    for option in options:
        if option not in defaults:
            known = ", ".join(f"«{key}={value}»" for key, value in defaults.items()) or "none"
            near = near_name(option, defaults)
            raise InputError(
                f"{annotator.name} has no option {option!r}",
                f"Its options and their defaults are: {known}",
                f"Did you mean «{near}=»?" if near else "Leave it out",
            )
    return {key: _as_type(key, value, defaults[key]) for key, value in options.items()}


def _as_type(name: str, value: Any, default: Any) -> Any:
    """A value in the type of the option's default."""
    if isinstance(default, bool):
        known = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }
        if (text := str(value).strip().lower()) in known:
            return known[text]
        need = "1 or 0 is needed"
    elif isinstance(default, (int, float)):
        need = f"A {'whole ' if isinstance(default, int) else ''}number is needed"
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if np.isfinite(number) and (isinstance(default, float) or number == int(number)):
            return type(default)(number)
    else:
        return str(value)
    raise InputError(
        f"«{name}={value}»",
        need,
        f"Try «{name}={default:d}»" if isinstance(default, bool) else f"Try «{name}={default:g}»",
    )
