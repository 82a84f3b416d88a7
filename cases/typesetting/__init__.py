"""The summary on paper: its content as inert data (runs in blocks), set in type by `templates/summary.typ`."""
