# Why the bundled model calls rhodopsin a membrane protein (1GZM, chain A): its membrane readout, explained.
#
#   in a PyMOL window:   File > Run Script..., and choose this file
#   without a window:    pymol -cq relevance_figure.pml, or pymol -cq 1gzm.pdb.gz relevance_figure.pml
#
# It needs ProVis in PyMOL and writes relevance_figure.png into the current folder. Left: the transmembrane segments of
# UniProt's entry P02699. Middle: what each residue brought (vermillion for Membrane, blue against it). Right: what went
# through head 12-2, the best of all heads on proteins that the readout has not seen (docs/explain.md).

import pymol.plugins
if "provis_attn" not in cmd.keyword: pymol.plugins.initialize(-1)
if "1gzm" not in cmd.get_object_list(): cmd.fetch("1gzm", type="pdb")

remove not (polymer and chain A)
orient 1gzm
turn z, 90
create segments, 1gzm
create residues, 1gzm
create head, 1gzm
disable 1gzm
translate [-44, 0, 0], segments
translate [44, 0, 0], head

hide everything
show cartoon, segments or residues or head
set cartoon_highlight_color, -1
color gray85, segments
color 0x009e73, segments and resi 37-61+74-96+111-133+153-173+203-224+253-274+287-308

provis_explain residues, Membrane-Soluble, steps=20, wait=1
provis_explain head, Membrane-Soluble, head=12-2, steps=20, wait=1

bg_color white
set ray_opaque_background, on
set ray_shadows, off
set ray_trace_mode, 1
set ray_trace_color, gray30
set specular, 0.2
set antialias, 2
set orthoscopic, on
zoom segments or residues or head, -35

png relevance_figure.png, width=1200, height=560, dpi=150, ray=1
