"""Writes the wheel that ChimeraX installs. Python's own library is all that is needed."""

from __future__ import annotations

import ast
import base64
import hashlib
import io
import zipfile

__all__ = ["OLDEST", "make_wheel", "wheel_name"]

PACKAGE = "chimerax/provis"
OLDEST = "1.7"
_LEFT_OUT = ("viewers/pymol_", "entry.py", "__init__.py", "first_figure.pml")
_BUTTON = "LM attention"
_SYNOPSIS = "Attention of protein language models on the structure"
_HELP = {"commands": "user/commands/provis.html", "tools": "user/tools/provis.html"}

_TOOL_HELP = """<p>The panel shows all attention heads of a protein language model, one of them in detail,
and its strong pairs as cylinders on the structure. <b>F1</b> in the panel opens its help; each click is
logged as the command that does the same: <a href="../commands/provis.html">provis</a>.</p>
"""
_SHORT_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{title}</title></head><body><h3>{title}</h3>
<p>Type <b>usage provis attn</b> for the arguments of a command.</p>
{entries}</body></html>
"""


def wheel_name(version: str) -> str:
    """Return the name of the file."""
    return f"chimerax_provis-{version}-py3-none-any.whl"


def make_wheel(files: dict[str, bytes], version: str, page: str = "", readme: str = "") -> bytes:
    """Return the wheel; the same files give the same bytes.

    Parameters
    ----------
    files : dict of str to bytes
        The plugin's files by their names in its folder, with the core in ``_vendor/provis_core``.
    version : str
    page : str
        The help page of the commands; a short one is made by default.
    readme : str
        What the Toolshed shows.

    Returns
    -------
    bytes
    """
    commands = find_commands(files)
    entries = "".join(f'<h4 id="{name}">provis {name}</h4><p>{about}.</p>\n' for name, about in commands)
    content = {f"{PACKAGE}/{name}": data for name, data in files.items() if not name.startswith(_LEFT_OUT)}
    content[f"{PACKAGE}/__init__.py"] = b"from .chimerax_bundle import bundle_api as bundle_api\n"
    tool_page = _SHORT_PAGE.format(title="Protein LM Attention", entries=_TOOL_HELP)
    short_page = _SHORT_PAGE.format(title="Command: provis", entries=entries)
    content[f"{PACKAGE}/docs/{_HELP['commands']}"] = (page or short_page).encode()
    content[f"{PACKAGE}/docs/{_HELP['tools']}"] = tool_page.encode()
    content[f"{PACKAGE}/icons/provis.png"] = files["chimerax_bundle/icons/provis.png"]
    info = f"chimerax_provis-{version}.dist-info"
    content[f"{info}/METADATA"] = _metadata(version, commands, readme).encode()
    wheel_says = ("Wheel-Version: 1.0", "Generator: provis", "Root-Is-Purelib: true", "Tag: py3-none-any", "")
    content[f"{info}/WHEEL"] = "\n".join(wheel_says).encode()
    content[f"{info}/top_level.txt"] = b"chimerax\n"
    if "LICENSE" in files:
        content[f"{info}/LICENSE"] = files["LICENSE"]
    rows = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in sorted(content.items())]
    content[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in sorted(content.items(), key=lambda one: (one[0].startswith(info), one[0])):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = 0o100644 << 16
            wheel.writestr(entry, data)
    return packed.getvalue()


def find_commands(files: dict[str, bytes]) -> list[tuple[str, str]]:
    """Names and summaries of the declared commands, as they stand in the files: nothing is imported.

    Returns
    -------
    list of (str, str)
        In the order of their names.
    """
    found = []
    for name, data in files.items():
        is_action = name.startswith("_vendor/provis_core/actions/") and name.endswith(".py")
        for node in ast.walk(ast.parse(data)) if is_action else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Command" and node.args[1:]:
                first, second = node.args[:2]
                assert isinstance(first, ast.Constant) and isinstance(second, ast.Constant)
                found.append((str(first.value), str(second.value)))
    return sorted(found)


def _metadata(version: str, commands: list[tuple[str, str]], readme: str) -> str:
    category = "Sequence"
    classifiers = [
        "Framework :: ChimeraX",
        f"ChimeraX :: Bundle :: {category},Structure Analysis :: 1,1 :: chimerax.provis ::  :: ",
        f"ChimeraX :: Tool :: Protein LM Attention :: {category} :: {_SYNOPSIS}",
        *(f"ChimeraX :: Command :: provis {name} :: {category} :: {about}" for name, about in commands),
        'ChimeraX :: Provider :: Provis attention :: toolbar :: tab:"Molecule Analysis" :: '
        'section:"Sequence" :: '
        f'icon:"provis.png" :: display_name:"{_BUTTON}" :: description:"{_SYNOPSIS}"',
        "License :: OSI Approved :: BSD License",
    ]
    head = [
        "Metadata-Version: 2.1",
        "Name: ChimeraX-Provis",
        f"Version: {version}",
        f"Summary: {_SYNOPSIS}",
        "Author: The ProVis authors",
        "License: BSD-3-Clause",
        *(f"Classifier: {one}" for one in classifiers),
        f"Requires-Dist: ChimeraX-Core (>={OLDEST})",
        "Description-Content-Type: text/markdown",
    ]
    return "\n".join([*head, "", readme])


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
