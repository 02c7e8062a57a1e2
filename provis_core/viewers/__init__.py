"""What the core asks of a viewer, and a structure file in the place of one."""
