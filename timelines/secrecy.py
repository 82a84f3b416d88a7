"""Columns that hold secrets (passwords, answers to challenges): declared with `secret=True`, and masked wherever rows leave the parts.

Rows are masked where they are read, in the SQL views (`timelines.views`) and in `Part.read`, so that filters, searches, sentences, rules,
exports and summaries meet the mask and never the value. Whoever asks for secrets opens a `Timeline` with `secrets=True`.
"""

from __future__ import annotations

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from timelines.families import all_families

MASK = "<hidden>"  # what stands for a secret that is there, as Zeek writes it


@cache
def secret_columns(family: str) -> frozenset[str]:
    """Names of the columns of a family that hold secrets; none for a family that nobody declared."""
    declared = all_families().get(family)
    return frozenset(column.name for column in declared.columns if column.secret) if declared else frozenset()


def masked(table: pa.Table, family: str) -> pa.Table:
    """The rows with the mask in place of every secret that is there."""
    for name in sorted(secret_columns(family) & set(table.schema.names)):
        at = table.schema.get_field_index(name)
        there = table.column(at).is_valid()
        hidden = pc.if_else(there, pa.scalar(MASK, pa.string()), pa.scalar(None, pa.string()))
        if pa.types.is_dictionary(table.schema.field(at).type):
            hidden = hidden.dictionary_encode()
        table = table.set_column(at, table.schema.field(at).with_type(hidden.type), hidden)
    return table
