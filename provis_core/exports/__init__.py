"""Tables and pairs written to files."""
