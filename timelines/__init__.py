"""The ground floor: the normalised timeline, its schema, store, queries, detection and rules."""
