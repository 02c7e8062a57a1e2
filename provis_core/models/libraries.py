"""torch and transformers, imported when a model is loaded; only what a model needs comes along.

transformers looks for some two dozen other libraries and imports those that it finds (scipy, jinja2, PIL...),
and with its masks comes the whole of torch's compiler. Attention uses nothing of them. `import_network` hides
them for the time of the import: half of the modules and of the time. Where a transformers does not take that,
it is imported as it wants to be.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ..errors import InstallError
from .library_files import remembered_files

if TYPE_CHECKING:
    import torch

__all__ = ["import_network", "import_torch", "without_compiler"]

_OPTIONAL: Final = ("PIL", "accelerate", "jinja2", "matplotlib", "pandas", "scipy", "sklearn", "torchvision")
"""Found and imported by transformers, used by no model of ours."""

_READY: Final = "transformers.modeling_utils"
_IMPORTING: Final = threading.RLock()  # one thread at a time: others would find what is hidden
_COMPILER: Final = "torch._dynamo"
_SERVER: Final = "transformers.generation.continuous_batching"


def import_torch(on_stage: Callable[[str], object] = str) -> None:
    """Import torch.

    Parameters
    ----------
    on_stage : callable
        Hears what is being imported, where it takes time.

    Raises
    ------
    InstallError
        If it is missing or cannot be imported.
    """
    if "torch.nn" not in sys.modules:
        on_stage("importing torch")
    with _IMPORTING, _told("torch"):
        import torch  # noqa: F401


def import_network(name: str, on_stage: Callable[[str], object] = str) -> type[torch.nn.Module] | None:
    """Import a class of transformers.

    Parameters
    ----------
    name : str
    on_stage : callable
        As in `import_torch`.

    Returns
    -------
    type or None
        None where this transformers has no such class.

    Raises
    ------
    InstallError
        If transformers is missing or cannot be imported.
    """
    import_torch(on_stage)
    if _READY not in sys.modules:
        on_stage("importing transformers")
    with _IMPORTING:
        if _READY not in sys.modules:
            before = set(sys.modules)
            try:
                with _lean():
                    return _find_class(name)
            except Exception:  # noqa: BLE001 - another version; what is really wrong is told by the next lines
                for module in [one for one in sys.modules if one.partition(".")[0] == "transformers"]:
                    if module not in before:
                        del sys.modules[module]
        with _told("transformers"):
            return _find_class(name)


def _find_class(name: str) -> type[torch.nn.Module] | None:
    import transformers

    importlib.import_module(_READY)
    return getattr(transformers, name, None)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn whatever a library raises while it is imported into a plain message."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        what = error.name if isinstance(error, ImportError) and error.name else name
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise InstallError(
            f"{what} cannot be imported ({reason})",
            "A model needs torch and transformers in the worker's Python",
            "Run «doctor» to see which Python that is, and install_plugin.py to set it up",
        ) from error


@contextmanager
def _lean() -> Iterator[None]:
    """Hide what transformers would import for nothing; afterwards it can be imported again."""
    import torch

    hidden = [name for name in _OPTIONAL if name not in sys.modules]
    is_available = torch.distributed.is_available
    torch.distributed.is_available = lambda: False
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: there is none
    try:
        with _stand_ins(_COMPILER, _SERVER), remembered_files():
            yield
    finally:
        torch.distributed.is_available = is_available
        for name in hidden:
            del sys.modules[name]


def without_compiler() -> AbstractContextManager[None]:
    """A block in which torch does not import its compiler to mark functions that are not to be compiled."""
    return _stand_ins(_COMPILER)


@contextmanager
def _stand_ins(*packages: str) -> Iterator[None]:
    stand_ins = _StandIns([name for name in packages if name not in sys.modules])
    sys.meta_path.insert(0, stand_ins)
    try:
        yield
    finally:
        sys.meta_path.remove(stand_ins)
        stand_ins.remove()


class _AsItIs:
    """A decorator that does nothing; as an answer to a question, no."""

    def __call__(self, function: Any) -> Any:
        return function

    def __bool__(self) -> bool:
        return False


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives modules of some packages that hold whatever is asked of them."""

    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = packages
        self._is_over = False

    def find_spec(
        self, fullname: str, path: Any, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Every module of the packages."""
        if any(f"{fullname}.".startswith(f"{package}.") for package in self._packages):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Let it give a stand-in for each name."""
        module.__getattr__ = lambda name: self._stand_in(module.__name__, name)  # type: ignore[method-assign]

    def _stand_in(self, module: str, name: str) -> type:
        """A class: transformers derives from some, and uses others as decorators of functions."""
        if name.startswith("__"):
            raise AttributeError(name)

        def make(cls: type, *arguments: Any, **options: Any) -> Any:
            if cls is not stand_in:  # a class that was derived from it
                return object.__new__(cls)
            if not self._is_over:
                return arguments[0] if arguments and callable(arguments[0]) else _AsItIs()
            return getattr(importlib.import_module(module), name)(*arguments, **options)

        stand_in = type(name, (), {"__new__": make})
        return stand_in

    def remove(self) -> None:
        """From now on the modules are the real ones, which are imported when they are first used."""
        self._is_over = True
        for name in [one for one in sys.modules if self.find_spec(one, None)]:
            module = sys.modules[name]
            if getattr(module.__spec__, "loader", None) is self:
                del sys.modules[name]
                parent, _, child = name.rpartition(".")
                if getattr(sys.modules.get(parent), child, None) is module:
                    delattr(sys.modules[parent], child)
