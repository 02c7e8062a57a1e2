"""What the panel shows, without Qt: `provis_core.inspection.inspector.Inspector` and its parts."""
