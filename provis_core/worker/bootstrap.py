"""Runs in the worker's Python before anything else: ``python bootstrap.py CORE_DIR ENTRY``.

It loads the host's own ``provis_core`` from the folder it is given, so that the two sides are always of
one version. The folder above is never put on ``sys.path``: in an installation that would be the
site-packages of another Python. Any Python, even 2.7, must be able to read this file, because its task is
also to say that a Python is too old.
"""

import json
import sys

NEEDED = "Python 3.11 or newer with torch, transformers and numpy is needed to run a model"
TO_DO = (
    "Make ProVis its own Python environment: run 'python install_plugin.py env', or «doctor»; "
    "or set PROVIS_WORKER_PYTHON to a Python that has them"
)

if __name__ == "__main__":
    # Python put this file's folder first, where our protocol.py and cache.py would hide other modules.
    del sys.path[0]
    _core, _entry = sys.argv[1:3]
    _python = sys.executable + " (" + sys.version.split()[0] + ")"
    _got = None
    if sys.version_info < (3, 11):
        _got = "The Python chosen for the models is " + _python
    else:
        import importlib.util
        import runpy

        _spec = importlib.util.spec_from_file_location(
            "provis_core", _core + "/__init__.py", submodule_search_locations=[_core]
        )
        assert _spec is not None and _spec.loader is not None
        _package = importlib.util.module_from_spec(_spec)
        sys.modules["provis_core"] = _package
        try:
            _spec.loader.exec_module(_package)
            if _entry.endswith(".py"):
                runpy.run_path(_entry, run_name="__main__")
            else:
                runpy.run_module(_entry, run_name="__main__", alter_sys=True)
        except ModuleNotFoundError as _error:
            _got = "The worker's Python " + _python + " has no module named " + str(_error.name)
    if _got is not None:
        _failure = {"kind": "failure", "job": 0, "error": "InstallError", "details": ""}
        _failure.update({"got": _got, "need": NEEDED, "do": TO_DO})
        sys.stdout.write(json.dumps(_failure) + "\n")
        sys.stdout.flush()
        sys.exit(3)
