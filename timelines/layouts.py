"""What a batch's columns are called and how they are held, worked out once a schema."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from timelines.by_schema import BySchema
from timelines.coded import CODED, plain_schema
from timelines.schema import own_name

A_PLACE = 4  # bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a schema. `names`: by stored and own name, since schemas that Arrow holds to be equal may differ in the latter;
    `lower`: the same by stored name in lower case; `plain`: with texts as texts, `fields` are its; `coded`: which are held as places;
    `text`: which as texts; `row`: bytes that a row takes besides its texts."""

    names: tuple[tuple[str, str], ...]
    lower: tuple[tuple[str, tuple[str, str]], ...]
    plain: pa.Schema
    fields: dict[str, pa.Field]
    coded: tuple[bool, ...]
    text: tuple[int, ...]
    row: int


def _laid_out(schema: pa.Schema) -> Layout:
    names = tuple((field.name, own_name(field)) for field in schema)
    types = schema.types
    coded = tuple(type_ == CODED for type_ in types)
    text = tuple(at for at, type_ in enumerate(types) if not coded[at] and not pa.types.is_primitive(type_))
    wide = [type_.bit_width for type_ in types if pa.types.is_primitive(type_)]
    row = A_PLACE * sum(coded) + sum(wide) // 8
    lower, plain = tuple((name.lower(), (name, own)) for name, own in names), plain_schema(schema)
    return Layout(names, lower, plain, {field.name: field for field in plain}, coded, text, row)


layouts: BySchema[Layout] = BySchema(8 << 20, 1_600, _laid_out)
