"""PDB and mmCIF files: chains, atoms and records."""
