"""What is known about the structure, shown on it: contacts, binding sites and other properties."""

from __future__ import annotations

from typing import Any

from provis_core.actions.contacts import show_contacts
from provis_core.actions.overlays import OverlayOptions, ShownOverlay
from provis_core.actions.sites import show_sites
from provis_core.annotations.annotators.binding_sites import check_distance
from provis_core.app import App

__all__ = ["provis_contacts", "provis_sites"]


def provis_contacts(
    app: App,
    selection: str = "",
    atom: str = "CA",
    cutoff: float = 8.0,
    min_sep: int = 6,
    between: str = "",
    show: str = "dashes",
    color: str = "",
    palette: str = "",
    top: int = 2000,
    name: str = "",
    sele: str = "",
    quiet: int = 1,
) -> list[ShownOverlay]:
    """
    DESCRIPTION

        "provis_contacts" shows which residues are near each other, as
        dashed lines between their CA (or CB) atoms. By default those of
        Vig et al. (arXiv 2006.15222): CA atoms nearer than 8 Angstrom,
        6 or more apart in the sequence. provis_clear takes it off again.

    USAGE

        provis_contacts [ selection [, atom [, cutoff [, min_sep [, between
            [, show [, color [, palette [, top [, name [, sele ]]]]]]]]]]]

    ARGUMENTS

        selection = string: atom selection; both residues of a contact must
        be in it {default: all protein chains of the enabled objects}

        atom = CA, CB or CB-virtual: the atom of a residue; CB takes CA for
        glycine, CB-virtual puts a CB where there is none {default: CA}

        cutoff = float: distance in Angstrom {default: 8}

        min_sep = integer: smallest separation in the sequence {default: 6}

        between = chains, only, or chain ids: also contacts with the other
        chains of the object, those alone, or those with these chains
        (B+C) alone {default: within each chain}

        show = color, sticks, labels, dashes, joined by +: "color" tells
        how many contacts a residue has {default: dashes}

        color = string: PyMOL colour of the lines {default: sky blue within
        a chain, purple between chains}

        palette = string: colours for show=color

        top = integer: at most this many lines of each chain, the shortest
        first, 0 for all {default: 2000}

        name = string: name of the overlay
        {default: provis_<object>_<chain>_contacts}

        sele = string: also select the residues that have contacts, under
        this name {default: no selection}

    EXAMPLE

        fetch 1hpv, async=0
        provis_contacts chain A
        provis_contacts 1hpv, between=only, show=dashes+sticks
        provis_contacts chain A, atom=CB, cutoff=10, min_sep=12

    SEE ALSO

        provis_sites, provis_attn, provis_heads, provis_clear
    """
    options = _make_options(app, show=show, color=color, palette=palette, top=top, name=name, sele=sele)
    return show_contacts(app.session, selection, atom, cutoff, min_sep, between, options, quiet=bool(quiet))


def provis_sites(
    app: App,
    selection: str = "",
    by: str = "",
    distance: float | None = None,
    show: str = "",
    color: str = "",
    palette: str = "",
    site: str = "",
    file: str = "",
    additives: str = "",
    ion_distance: float | None = None,
    column: str = "",
    accession: str = "",
    min_identity: float | None = None,
    source: str = "",
    selenomethionine: str = "",
    top: int = 2000,
    name: str = "",
    sele: str = "",
    quiet: int = 1,
) -> list[ShownOverlay]:
    """
    DESCRIPTION

        "provis_sites" shows residues that bind something, or have another
        property, on the structure, and prints them. provis_clear gives the
        structure back its own colours and sticks.

    USAGE

        provis_sites [ selection [, by [, distance [, show [, color
            [, option=value ... ]]]]]]

    ARGUMENTS

        selection = string: atom selection; residues outside of it are not
        shown {default: all protein chains of the enabled objects}

        by = site, or a part of it: ligand, ion, nucleic, peptide, chain,
        ligand:HEM, chain:B; or site_record (SITE of the file), uniprot,
        ptm, helix, strand, turn, other, amino_acid, b_factor, table, or a
        part of one: uniprot:active_site, amino_acid:charged {default: site,
        which is ligand, ion, nucleic and peptide}

        distance = float: a residue is of a site if one of its heavy atoms
        is within so many Angstrom of what it binds {default: 4}

        show = color, sticks, labels, dashes, joined by +; dashes lead to
        what is bound {default: color+sticks, and color for numbers}

        color = string: PyMOL colour {default: one for each part}

        palette = string: colours of by=b_factor and tables of numbers

        site = string: an atom selection that is the site, in place of by

        file = string: the file of by=uniprot (text, JSON or GFF), by=table
        (CSV, TSV) or by=helix, strand, turn, other (output of mkdssp), or
        the structure file, for by=site_record and ptm, where PyMOL cannot
        tell which it was

        additives = string: a file with the components that are no ligands,
        or none to count them all {default: our list; docs/annotations.md}

        ion_distance = float: another distance for ions

        column, accession, min_identity, source, selenomethionine = options
        of by=table, uniprot, uniprot, helix and ptm: docs/annotations.md

        top = integer: at most this many dashed lines of each chain
        {default: 2000}

        name = string: name of the overlay
        {default: provis_<object>_<chain>_<property>}

        sele = string: also select the residues under this name
        {default: no selection}

    EXAMPLE

        fetch 4hhb, async=0
        provis_sites
        provis_sites chain A, by=ligand:HEM, distance=4.5, sele=pocket
        provis_sites chain A, by=chain:B, show=color
        provis_sites chain A, by=uniprot:binding_site, file=P69905.txt
        provis_sites chain A, site=resi 58+87, show=sticks+labels

    SEE ALSO

        provis_contacts, provis_attn, provis_heads, provis_clear
    """
    for word, value in (("distance", distance), ("ion_distance", ion_distance)):
        if value is not None:
            check_distance(value, word)
    options = _make_options(app, show=show, color=color, palette=palette, top=top, name=name, sele=sele)
    given: dict[str, Any] = {
        "distance": distance,
        "file": file,
        "additives": additives,
        "ion_distance": ion_distance,
        "column": column,
        "accession": accession,
        "min_identity": min_identity,
        "source": source,
        "selenomethionine": selenomethionine,
    }
    given = {key: value for key, value in given.items() if value not in (None, "")}
    return show_sites(app.session, selection, by, site, given, options, quiet=bool(quiet))


def _make_options(app: App, *, palette: str, **options: Any) -> OverlayOptions:
    return OverlayOptions(palette=palette or app.session.settings.text("palette"), **options)
