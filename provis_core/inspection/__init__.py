"""Parts of `provis_core.inspection.inspector.HeadInspector`: what the panel shows, without Qt."""
