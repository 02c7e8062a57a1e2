"""Ranking heads on the structure at hand."""

from __future__ import annotations

from provis_core.actions.heads import RankedChain, RankOptions, rank_heads
from provis_core.app import App
from provis_core.system.jobs import Job
from provis_core.targets.scope import Scope

from ._running import finish, parse_wait

__all__ = ["provis_heads"]


def provis_heads(
    app: App,
    selection: str = "",
    by: str = "",
    model: str = "",
    min_attn: float = 0.3,
    top: int = 10,
    out: str = "",
    site: str = "",
    file: str = "",
    radius: str = "",
    kinds: str = "",
    additives: str = "",
    ion_radius: str = "",
    atom: str = "",
    cutoff: str = "",
    min_sep: str = "",
    source: str = "",
    column: str = "",
    accession: str = "",
    min_identity: str = "",
    selenomethionine: str = "",
    min_arcs: int = 10,
    gaps: str = "auto",
    seqres: str = "",
    link: int = 0,
    window: int = 0,
    wait: str = "",
    quiet: int = 1,
) -> list[RankedChain] | Job:
    """
    DESCRIPTION

        "provis_heads" scores every head of a protein language model on the
        structure at hand: how much of its attention falls on contacts, on a
        binding site, or on another property, and whether that is more than
        chance. The whole chains that the selection touches are scored, each
        by itself and on its own structure.

        An arc is a pair of residues with attention of at least min_attn. Of
        a property of residues, the one that is attended to must have it.
        Chance is the same property shifted along the chain, all shifts.
        Heads that feed a sink are named apart. docs/heads.md has the
        formulas, and what the numbers cannot say.

    USAGE

        provis_heads [ selection [, by [, model [, min_attn [, top [, out
            [, site [, file [, option=value ... ]]]]]]]]]

    ARGUMENTS

        selection = string: atom selection {default: all protein chains of
        the enabled objects}

        by = contact, site, site_record, uniprot, ptm, helix, strand, turn,
        other, amino_acid, b_factor or table: the property, or a part of it
        as in site:ligand:HEM, uniprot:transmembrane, amino_acid:charged
        {default: contact}

        model = string: a name that provis_models shows, or a folder
        {default: the one that provis_model chose}

        min_attn = float: smallest attention weight of an arc, from 0.05 on
        {default: 0.3, as in the paper}

        top = integer: show this many heads, 0 for all {default: 10}

        out = string: also write all heads to this file, .csv, .tsv or .json

        site = string: an atom selection that is the property, in place of by

        file = string: the file of by=uniprot (text, JSON or GFF), by=table
        (CSV, TSV) or by=helix, strand, turn, other (output of mkdssp)

        radius, kinds, additives, ion_radius = options of by=site
        {default: 4, ligand,ion,nucleic,peptide, our list, as radius}

        atom, cutoff, min_sep = options of by=contact {default: CA, 8, 6}

        source = auto, viewer, mkdssp or file: of by=helix, strand, turn,
        other {default: auto}

        column = string: the column of by=table

        accession, min_identity = options of by=uniprot

        selenomethionine = 0 or 1: whether by=ptm counts it {default: 0}

        min_arcs = integer: heads with fewer arcs are not tested
        {default: 10}

        gaps, seqres, link, window = what the model sees, see provis_attn

        wait = 0 or 1: return at once, or when it is done {default: 0 when
        typed into the graphical PyMOL, 1 in scripts and without window}

        quiet = 0 or 1: 0 prints the table {default: 0 when typed}

    EXAMPLE

        fetch 1hpv, async=0
        provis_heads chain A
        provis_heads chain A, by=site, out=heads.csv
        provis_heads chain A, by=site:ligand, radius=4.5, min_attn=0.1
        provis_heads chain A, site=byres polymer within 5 of resn 478
        provis_heads chain A, by=contact, atom=CB, min_sep=12

    SEE ALSO

        provis_attn, provis_sites, provis_contacts, provis_models
    """
    given = {
        "file": file,
        "distance": radius,
        "kinds": kinds,
        "additives": additives,
        "ion_distance": ion_radius,
        "atom": atom,
        "cutoff": cutoff,
        "min_sep": min_sep,
        "source": source,
        "column": column,
        "accession": accession,
        "min_identity": min_identity,
        "selenomethionine": selenomethionine,
    }
    options = RankOptions(
        by=by,
        site=site,
        options={name: value for name, value in given.items() if value != ""},
        min_attn=min_attn,
        min_arcs=min_arcs,
        top=top,
        out=out,
    )
    scope = Scope(selection, model, gaps, seqres, bool(link), window)
    waits = parse_wait(wait, default=not app.session.viewer.is_interactive(typed=not quiet))
    job = rank_heads(app.session, scope, options, quiet=bool(quiet))
    return finish(app, job, waits=waits)
