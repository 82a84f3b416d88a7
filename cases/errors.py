"""What a user can cause on the case floor is said in one line: what, where, what was expected, what to do."""

from __future__ import annotations


class CaseError(ValueError):
    """A case that can't be made, opened, written or reported as asked. The message is one line, fit to print as it is."""
