"""ProVis core: protein language model attention, without a viewer.

The light rooms of this package need numpy and the standard library only; the heavy ones
(``models``, ``worker`` when it runs, ``training``) import torch and friends where they are used.
"""

__version__ = "0.1.0"
