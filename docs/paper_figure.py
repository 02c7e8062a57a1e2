"""A figure for a paper: all heads of a model, the map of one head, and the attention of each residue.

    python docs/paper_figure.py 1hpv.pdb figure.pdf [--chain A] [--model provis_mini] [--head 12-4]

Needs the worker's Python environment (torch, transformers) with matplotlib. Without ``--head`` the head with
the largest share of its arcs on contacts is shown.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import provis_core
from provis_core.annotations.annotators import compute_annotations
from provis_core.errors import ProvisError, StructureError
from provis_core.figures import (
    Panel,
    make_caption,
    make_head_grid,
    make_map_view,
    make_profile_view,
    make_secondary_strip,
    make_site_strip,
    save_figure,
)
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.files.subjects import load_subjects


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("structure")
    parser.add_argument("figure")
    parser.add_argument("--chain", default="A")
    parser.add_argument("--model", default="provis_mini")
    parser.add_argument("--head")
    parser.add_argument("--dpi", type=int, default=600)
    arguments = parser.parse_args()

    # what is known about the chain
    subjects = {item.chain.chain_id: item for item in load_subjects(arguments.structure)}
    if arguments.chain not in subjects:
        raise StructureError(
            f"{arguments.structure} has no protein chain {arguments.chain}",
            f"One of its chains is needed: {', '.join(subjects)}",
            f"Try --chain {next(iter(subjects))}",
        )
    subject = subjects[arguments.chain]
    chain = subject.chain
    sequence_map = provis_core.compute_sequence_map(chain)
    (contacts,) = compute_annotations("contact", subject)
    site = compute_annotations("site", subject)[0]
    classes = compute_annotations("secondary_structure", subject, source="file")
    strips = [make_site_strip(site, label="ligand site"), make_secondary_strip(classes)]

    # all heads in one pass, and the share of each on contacts
    model = provis_core.load_model(arguments.model)
    scan = model.scan(sequence_map.sequence)
    table = compute_head_scores(scan, sequence_map, contacts, min_attn=0.1, shifts=False)
    grid = make_head_grid(
        100 * table.share,
        table.n_arcs,
        label="arcs on contacts",
        unit="%",
        min_n=20,
        reference=100 * table.background,
        counted="arcs",
        title=f"{model.name}, {chain.label}",
    )

    # one head: its whole map
    head = provis_core.HeadId.parse(arguments.head) if arguments.head else grid.best[0]
    weights = model.attention(sequence_map.sequence, head)
    title = f"{model.name} head {head.label}"
    attention_map = make_map_view(
        weights, chain, sequence_map, scale="log", contacts=contacts, strips=strips, title=title
    )
    profile = make_profile_view(weights.sum(axis=0), chain, sequence_map, strips=strips, title=title)

    rows = [[Panel(grid, heads=(head,)), attention_map], [profile]]
    save_figure(arguments.figure, rows, size="double", dpi=arguments.dpi, title=title)
    sys.stdout.write(make_caption([grid, attention_map, profile]) + "\n")


if __name__ == "__main__":
    try:
        main()
    except ProvisError as error:
        sys.exit(f"paper_figure.py: {error}")
