"""One adapter per host program; each meets `provis_core.viewers.viewer.Viewer`."""
