"""The host's side of the worker: numpy and the standard library, Python >= 3.10."""
