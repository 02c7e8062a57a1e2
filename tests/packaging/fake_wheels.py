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


def write_wheel(folder: Path, name: str, version: str, tag: str = "py3-none-any") -> Path:
    """Write a wheel with one package that knows its version.

    Parameters
    ----------
    folder : pathlib.Path
    name, version : str
        Of the distribution.
    tag : str
        Python, ABI and platform.

    Returns
    -------
    pathlib.Path
    """
    path = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    module = name
    files = {
        f"{module}/__init__.py": f'__version__ = "{version}"\n' + CODE.get(name, ""),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = [f"{file},sha256={_digest(text)},{len(text)}" for file, text in files.items()]
    with zipfile.ZipFile(path, "w") as packed:
        for file, text in files.items():
            packed.writestr(file, text)
        packed.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]) + "\n")
    return path


def write_worker_wheels(folder: Path, constraints: Path, names: list[str]) -> None:
    """Write wheels of `names` in the versions of a constraints file."""
    pins = dict(re.findall(r"^([\w-]+)==([\d.]+)", constraints.read_text(), re.MULTILINE))
    for name in names:
        write_wheel(folder, name, pins[name])


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
