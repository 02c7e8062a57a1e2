"""Tiny wheels under the names of the worker's libraries, so that an environment can be made offline."""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from pathlib import Path

CODE = {
    "torch": (
        "class cuda:\n    is_available = staticmethod(lambda: False)\nclass backends:\n    mps = None\n"
    )
}


def write_wheel(
    folder: Path, name: str, version: str, tag: str = "py3-none-any", program: str | None = None
) -> Path:
    """Write a wheel with one package that knows its version, and perhaps a program of its name.

    Parameters
    ----------
    folder : pathlib.Path
    name, version : str
        Of the distribution.
    tag : str
        Python, ABI and platform.
    program : str, optional
        Text of the program.

    Returns
    -------
    pathlib.Path
    """
    path = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f'__version__ = "{version}"\n' + CODE.get(name, ""),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if program is not None:
        files[f"{name}-{version}.data/scripts/{name}"] = program
    record = [f"{file},sha256={_digest(text)},{len(text)}" for file, text in files.items()]
    with zipfile.ZipFile(path, "w") as packed:
        for file, text in files.items():
            entry = zipfile.ZipInfo(file)
            entry.external_attr = (0o100755 if "/scripts/" in file else 0o100644) << 16
            packed.writestr(entry, text)
        packed.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]) + "\n")
    return path


def write_worker_wheels(folder: Path, constraints: Path, names: list[str]) -> None:
    """Write wheels of `names` in the versions of a constraints file."""
    pins = dict(re.findall(r"^([\w-]+)==([\d.]+)", constraints.read_text(), re.MULTILINE))
    for name in names:
        write_wheel(folder, name, pins[name])


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
