"""Parts of `provis_core.inspector.HeadInspector`: what the panel shows, without Qt."""
