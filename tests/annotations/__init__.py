"""What is known about residues. These tests need numpy; those that read mmCIF files need Biopython."""
