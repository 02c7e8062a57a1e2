"""Colouring residues by their attention."""

from __future__ import annotations

from provis_core.actions.profile import PROFILE_PALETTE, ColoredChain, color_by_profile
from provis_core.app import App
from provis_core.system.jobs import Job
from provis_core.targets.scope import Scope

from ._running import finish, parse_wait

__all__ = ["provis_profile"]


def provis_profile(
    app: App,
    selection: str = "",
    layer: int | None = None,
    head: int | None = None,
    model: str = "",
    which: str = "received",
    palette: str = PROFILE_PALETTE,
    gaps: str = "auto",
    seqres: str = "",
    link: int = 0,
    wait: str = "",
    quiet: int = 1,
    window: int = 0,
) -> list[ColoredChain] | Job:
    """
    DESCRIPTION

        "provis_profile" colours the residues of each chain that the
        selection touches by the attention that they receive, or give, in
        one head: the sums over the columns, or the rows, of its map.
        provis_clear gives the structure back its own colours.

    USAGE

        provis_profile [ selection [, layer [, head [, model [, which
            [, palette [, gaps [, seqres [, link [, wait [, quiet
            [, window ]]]]]]]]]]]]

    ARGUMENTS

        selection = string: atom selection {default: all protein chains of
        the enabled objects}

        layer, head = integer: counted from 1 {default: the model's own}

        model = string: a name that provis_models shows, or a folder
        {default: the one that provis_model chose}

        which = received or given: from all residues, or to all residues; of
        what a residue gives, the rest to 1 goes to special tokens
        {default: received}

        palette = string: colours from 0 to the largest value
        {default: viridis}

        gaps, seqres, link = what the model sees, see provis_attn

        wait = 0 or 1: return at once, or when it is done {default: 0 when
        typed into the graphical PyMOL, 1 in scripts and without window}

        quiet = 0 or 1: 0 prints the report {default: 0 when typed}

        window = integer: for chains that are longer than the model can
        take, see provis_attn; for which=received {default: 0, none}

    EXAMPLE

        fetch 1hpv, async=0
        provis_profile chain A, layer=12, head=4
        provis_profile chain A, 12, 4, which=given, palette=cividis
        provis_clear *_profile

    SEE ALSO

        provis_attn, provis_panel, provis_clear
    """
    waits = parse_wait(wait, default=not app.session.viewer.is_interactive(typed=not quiet))
    scope = Scope(selection, model, gaps, seqres, bool(link), window)
    job = color_by_profile(app.session, scope, layer, head, which, palette, quiet=bool(quiet))
    colored: list[ColoredChain] | Job = finish(app, job, waits=waits)
    return colored
