"""Athar: evidence in; timeline, findings and a case summary out.

```python
import forensics
case = forensics.run(["evidence/"], case="CASE")
case.findings()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forensics.api import OpenCase, open_case, run

__all__ = ["OpenCase", "__version__", "open_case", "run"]


def __getattr__(name: str) -> Any:
    """Load the face on first use: `athar --help` and `import forensics` stay quick."""
    if name == "__version__":
        from importlib.metadata import version

        return version("athar-forensics")
    if name in __all__:
        from forensics import api

        return getattr(api, name)
    raise AttributeError(f"module 'forensics' has no attribute {name!r}")
