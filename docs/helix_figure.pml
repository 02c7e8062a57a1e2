# What the bundled model has learned: a helix head on a helical protein (1TII, chain A of heat-labile enterotoxin IIB).
#
#   in a PyMOL window:   File > Run Script..., and choose this file
#   without a window:    pymol -cq helix_figure.pml
#
# It needs ProVis in PyMOL and writes helix_figure.png into the current folder. Of all 72 heads, 12-1 comes first here:
#   provis_heads chain A, by=helix, top=3

import pymol.plugins
if "provis_attn" not in cmd.keyword: pymol.plugins.initialize(-1)

# The structure comes with PyMOL (fetch 1tii would get the same one from the PDB).
load $PYMOL_DATA/demo/1tii.pdb, 1tii

hide everything
show cartoon, chain A
color gray80, chain A
color 0xcc79a7, chain A and ss H
set cartoon_transparency, 0.2

# Orange: the residue that is attended to is in a helix. Blue: it is not. The grey end attends.
provis_attn chain A, 12-1, min_attn=0.3, top=0, direction=directed, color_by=helix, radius=0.6

bg_color white
set ray_opaque_background, on
set ray_shadows, off
set ray_trace_mode, 1
set ray_trace_color, gray30
set specular, 0.2
set antialias, 2
set orthoscopic, on
orient chain A
zoom chain A, -9

png helix_figure.png, width=1200, height=800, dpi=150, ray=1
