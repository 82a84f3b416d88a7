"""Cited rows against a second, independent reading of the same bytes."""
