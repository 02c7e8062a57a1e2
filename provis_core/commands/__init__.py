"""How a command is declared, once, and what follows from it: how it is read, written and named anywhere."""
