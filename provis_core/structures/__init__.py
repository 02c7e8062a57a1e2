"""Structure files: chains, the whole polymer sequence, atoms, and the records of PDB and mmCIF files.

Numpy and the standard library suffice.
"""
