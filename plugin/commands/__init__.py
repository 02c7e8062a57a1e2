"""Every user command, once: a typed function on the app, documented in PyMOL's own sections.

A viewer's adapter turns each function of `COMMANDS` into a command of its own: it drops the first
parameter, converts what the user typed with `plugin.arguments`, and shows errors its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .attention import provis_attn, provis_clear
from .figure import provis_figure
from .heads import provis_heads
from .jobs import provis_cancel, provis_status, provis_wait
from .models import provis_fetch, provis_model, provis_models
from .overlays import provis_contacts, provis_sites
from .panel import provis_pairs, provis_panel
from .profile import provis_profile
from .setup import provis_doctor, provis_set

__all__ = ["COMMANDS", "Command"]

Command = Callable[..., Any]

COMMANDS: dict[str, Command] = {
    function.__name__: function
    for function in (
        provis_attn,
        provis_heads,
        provis_contacts,
        provis_sites,
        provis_profile,
        provis_clear,
        provis_panel,
        provis_figure,
        provis_pairs,
        provis_cancel,
        provis_wait,
        provis_status,
        provis_models,
        provis_fetch,
        provis_model,
        provis_set,
        provis_doctor,
    )
}
