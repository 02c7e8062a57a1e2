"""Drawing attention, and removing what was drawn."""

from __future__ import annotations

from provis_core.actions.attention import draw_head
from provis_core.actions.drawing import DrawnChain
from provis_core.app import App
from provis_core.scenes.draw_options import DrawOptions
from provis_core.system.jobs import Job
from provis_core.targets.scope import Scope

from ._running import finish, parse_wait

__all__ = ["provis_attn", "provis_clear"]


def provis_attn(
    app: App,
    selection: str = "",
    layer: int | None = None,
    head: int | None = None,
    model: str = "",
    min_attn: float | None = None,
    top: int | None = None,
    min_sep: int | None = None,
    direction: str = "max",
    palette: str = "",
    radius: float | None = None,
    name: str = "",
    sele: str = "",
    wait: str = "",
    quiet: int = 1,
    window: int = 0,
    gaps: str = "auto",
    seqres: str = "",
    link: int = 0,
    color_by: str = "weight",
    atom: str = "CA",
    cutoff: float = 8.0,
    distance: float = 4.0,
    file: str = "",
    transparency: float = 0.0,
    labels: int = 0,
) -> list[DrawnChain] | Job:
    """
    DESCRIPTION

        "provis_attn" draws the attention of one head of a protein language
        model as cylinders between the CA atoms of residues. The model sees
        the whole sequence of each chain that the selection touches, every
        chain by itself (unless link=1); pairs with both residues in the
        selection are drawn.

    USAGE

        provis_attn [ selection [, layer [, head [, model [, min_attn [, top
            [, min_sep [, direction [, palette [, radius [, name [, sele
            [, wait [, quiet [, window [, gaps [, seqres [, link
            [, color_by [, atom [, cutoff [, distance [, file
            [, transparency [, labels ]]]]]]]]]]]]]]]]]]]]]]]]]

    ARGUMENTS

        selection = string: atom selection {default: all protein chains of
        the enabled objects}

        layer = integer: layer, counted from 1 {default: the model's own}

        head = integer: head, counted from 1 {default: the model's own}

        model = string: a name that provis_models shows, or a folder
        {default: the one that provis_model chose}

        min_attn = float: smallest attention weight that is drawn, 0 to 1
        {default: 0.1}

        top = integer: draw at most this many of the strongest pairs of each
        chain, 0 for all {default: 200}

        min_sep = integer: smallest separation in the sequence; 6 leaves out
        neighbours, "provis_set min_sep, 6" does so always {default: 1}

        direction = max, mean or directed: draw a pair with the larger or
        the mean of its two weights, or both directions; "directed" has a
        grey end that attends (query) and a coloured end that is attended
        to (key) {default: max}

        palette = string: colours from weak to strong
        {default: blue_orange, which shows on black and on white}

        radius = float: radius in Angstrom of the strongest {default: 0.4}

        name = string: name of the new object
        {default: provis_<object>_<chain>_<layer>-<head>}

        sele = string: also select the residues at the ends of the cylinders
        under this name {default: no selection}

        wait = 0 or 1: return at once, or when it is drawn {default: 0 when
        typed into the graphical PyMOL, 1 in scripts and without window}

        quiet = 0 or 1: 0 prints the report {default: 0 when typed}

        window = integer: for chains that are longer than the model can
        take: show it this many residues at a time, in windows that overlap
        by half; pairs that are never in one window are absent
        {default: 0, the whole chain}

        gaps = observed, full or auto: what the model sees of each chain:
        the residues with coordinates, the whole sequence with those that
        are not resolved, or the whole sequence where it is known
        {default: auto}

        seqres = string: the whole sequence in one-letter code, or the name
        of a FASTA, PDB or mmCIF file, of which each chain takes the sequence
        that fits {default: what the structure tells}

        link = 0 or 1: run all chains of the selection as one sequence, with
        linkers of 25 glycines that are cut out again, to draw attention
        between chains {default: 0}

        color_by = weight, contact, site, distance, separation or chain:
        what the colours say; "contact" and "site" tell hits, orange, from
        misses, blue. Any other property that provis_sites can show may be
        named, too, such as site:ligand or helix {default: weight}

        atom = CA, CB or CB-virtual, cutoff = float: what a contact is
        {default: CA atoms nearer than 8 Angstrom}

        distance = float: what is of a site: a heavy atom within so many
        Angstrom of what it binds {default: 4}

        file = string: the file for color_by=table or uniprot

        transparency = float: 0, opaque, to 0.95 {default: 0}

        labels = integer: label this many of the strongest pairs of each
        chain {default: 0}

    EXAMPLE

        fetch 1hpv, async=0
        provis_attn chain A, layer=12, head=4
        provis_attn chain A and resi 20-40, 12, 4, min_attn=0.05, sele=ends
        show sticks, ends
        provis_attn chain A, gaps=observed
        provis_attn chain A, seqres=~/1hpv.fasta
        provis_attn chain A+B, link=1
        provis_attn chain A, min_sep=6, color_by=contact, labels=5

    SEE ALSO

        provis_clear, provis_contacts, provis_sites, provis_cancel,
        provis_wait, provis_models, provis_set
    """
    settings = app.session.settings
    options = DrawOptions(
        min_attn=settings.number("min_attn") if min_attn is None else min_attn,
        top=int(settings.number("top")) if top is None else top,
        min_sep=int(settings.number("min_sep")) if min_sep is None else min_sep,
        direction=direction,
        max_pairs=int(settings.number("max_pairs")),
        palette=palette or settings.text("palette"),
        radius=settings.number("radius") if radius is None else radius,
        name=name,
        sele=sele,
        color_by=color_by,
        atom=atom,
        cutoff=cutoff,
        distance=distance,
        file=file,
        transparency=transparency,
        labels=labels,
    )
    waits = parse_wait(wait, default=not app.session.viewer.is_interactive(typed=not quiet))
    scope = Scope(selection, model, gaps, seqres, bool(link), window)
    job = draw_head(app.session, scope, layer, head, options, quiet=bool(quiet))
    return finish(app, job, waits=waits)


def provis_clear(app: App, name: str = "", quiet: int = 1) -> list[str]:
    """
    DESCRIPTION

        "provis_clear" removes what ProVis has drawn, and gives your atoms
        back the colours and sticks that they had below an overlay. Your own
        objects, selections and settings stay, and what you changed since.

    USAGE

        provis_clear [ name [, quiet ]]

    ARGUMENTS

        name = string: object or overlay, "*" stands for any letters
        {default: all that ProVis drew}

    EXAMPLE

        provis_clear
        provis_clear *_12-4
        provis_clear *_site*

    SEE ALSO

        provis_attn, provis_sites, provis_contacts
    """
    removed = app.session.viewer.clear(name)
    if not quiet:
        text = ", ".join(removed) if removed else "nothing: ProVis has drawn no such object"
        app.session.viewer.write(f" ProVis: removed {text}")
    return removed
