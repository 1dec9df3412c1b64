"""plaso analysis plugins."""
