"""The worker as a program: ``python -m provis_core.worker``, started by `transport`."""

from .serving.server import serve

if __name__ == "__main__":
    serve()
