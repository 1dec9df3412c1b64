"""Reports on .plaso files: what of them the attribution needs, JSON and HTML."""
