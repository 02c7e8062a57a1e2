"""Sets of proteins, read one by one (structures, FASTA, JSON lines, Parquet), with what is known of them."""
