"""What a command is about: chains with what the model sees of them, and what is known of their residues."""
