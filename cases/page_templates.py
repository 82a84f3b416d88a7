"""The templates of the HTML summary, as each page gets them: made anew, compiled once a process."""

from __future__ import annotations

from functools import cache
from types import CodeType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2


def templates() -> jinja2.Environment:
    """An environment of its own for a page: its tools speak one language, and macros keep those that they were made with."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("cases", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_kept(),
    )


@cache
def _kept() -> jinja2.BytecodeCache:
    """Compiled templates by name and source. To compile them takes longer than to write a page with them."""
    import jinja2

    held: dict[tuple[str, str], CodeType] = {}

    class Kept(jinja2.BytecodeCache):
        def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
            bucket.code = held.get((bucket.key, bucket.checksum))

        def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
            if bucket.code is not None:
                held[bucket.key, bucket.checksum] = bucket.code

    return Kept()
