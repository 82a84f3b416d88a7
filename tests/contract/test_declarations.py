"""What is declared as data keeps to its contract: families, meanings, exporters, languages."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import pyarrow as pa
import pytest

from cases.exporters import exporters
from cases.languages import language
from timelines.coded import CODED
from timelines.families import all_families
from timelines.mapping import fill_core
from timelines.meanings import sources
from timelines.messages.placeholders import Placeholder, parts
from timelines.messages.sentences import LANGUAGES
from timelines.schema import CORE, CORE_NAMES, Family

MEANINGS = sorted(
    (entry for entry in (files("timelines") / "messages").iterdir() if entry.name.endswith(".toml")),
    key=lambda entry: entry.name,
)
each_family = pytest.mark.parametrize("family", all_families().values(), ids=lambda family: family.name)
each_meaning = pytest.mark.parametrize("path", MEANINGS, ids=lambda path: path.name)
HOSTILE = [
    "",
    "-",
    "=cmd",
    "99999999999999999999",
    "-1",
    "65536",
    "1e9",
    "٣٣٨٩",
    "a\u202eb",
    "::ffff:",
    "\\",
    "x" * 3000,
    None,
]


@each_family
def test_every_column_has_a_doc_a_type_and_a_source(family: Family) -> None:
    assert family.doc.endswith(".")
    for column in family.columns:
        assert column.doc.strip(), column.name
        assert column.doc.endswith((".", "…")), column.name
        assert isinstance(column.type, pa.DataType)
        assert column.source, f"{column.name}: whose name is it?"


@each_family
def test_no_column_collides_ignoring_case(family: Family) -> None:
    lower = [name.lower() for name in [*CORE_NAMES, "index", *(column.name for column in family.columns)]]
    assert len(set(lower)) == len(lower)


@each_family
def test_names_are_ones_that_sql_and_folders_take(family: Family) -> None:
    assert family.view.isidentifier()
    assert family.view.isascii()
    assert [part for part in family.name.split("/") if not part.replace("-", "").replace("_", "").isalnum()] == []
    assert all(column.name.isidentifier() for column in family.columns)


def test_views_of_different_families_differ() -> None:
    views = [family.view for family in all_families().values()]
    assert len(set(views)) == len(views)


def table(path: Any) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


@each_meaning
def test_a_meaning_speaks_of_a_family_that_exists(path: Any) -> None:
    name = table(path)["family"]
    group, _, rest = name.partition("/")
    assert name in all_families() or (rest == "*" and any(family.startswith(group + "/") for family in all_families()))


@each_meaning
def test_titles_and_sentences_are_in_every_language_with_the_same_values(path: Any) -> None:
    content = table(path)
    for event, meaning in {"(any)": content, **content.get("event", {})}.items():
        for key in ("title", "message"):
            said = meaning.get(key)
            if said is None:
                continue
            assert sorted(said) == sorted(LANGUAGES), f"{event}: {key}"
            assert all(text.strip() for text in said.values()), f"{event}: {key}"
        sentences = meaning.get("message", {})
        used = {
            lang: sorted(str(p) for p in parts(text) if isinstance(p, Placeholder)) for lang, text in sentences.items()
        }
        assert len({tuple(values) for values in used.values()}) <= 1, f"{event}: {used}"


@each_meaning
def test_every_event_has_a_title_and_core_columns_that_exist(path: Any) -> None:
    content = table(path)
    for event, meaning in content.get("event", {}).items():
        assert "title" in meaning, event
        assert set(meaning.get("core", {})) <= set(CORE_NAMES), event
    assert set(content.get("core", {})) <= set(CORE_NAMES)


def test_no_meaning_breaks_on_hostile_values() -> None:
    """Every column that any mapping names, filled with text that fits no kind of value: nulls may come out, errors may not."""
    types = {column.name: column.type for column in CORE}
    for source in sources():
        names = sorted(
            {
                spec.partition("|")[0]
                for meaning in (source.default, *source.events.values())
                for specs in meaning.core.values()
                for spec in specs
                if not spec.startswith("=")
            }
        )
        family = next(f for f in all_families().values() if f.name == source.family or source.family.endswith("*"))
        declared = {column.name: column.type for column in family.columns}
        provider = source.providers[0] if source.providers else "x"
        for event in [None, *source.events]:
            given: dict[str, pa.Array] = {
                "event": pa.array([event] * len(HOSTILE), pa.string()),
                "Provider_Name": pa.array([provider] * len(HOSTILE)),
            }
            for name in names:
                if name not in given:
                    kind = declared.get(name, types.get(name, pa.string()))
                    values = HOSTILE if kind == pa.string() else [None, *[70_000] * (len(HOSTILE) - 1)]
                    given[name] = pa.array(values).cast(kind, safe=False)
            schema = pa.schema([pa.field(name, array.type) for name, array in given.items()])
            before = dict(given)
            filled = fill_core(family.name, given, schema, len(HOSTILE))
            for name in set(filled) - set(before):
                coded = [CODED] if types[name] == pa.string() else []
                assert filled[name].type in [types[name], *coded], (source.family, event, name)
                assert len(filled[name]) == len(HOSTILE)


def test_exporters_are_called_what_their_files_end_in_or_say_so() -> None:
    assert exporters(), "no exporter found by walking the folder"
    for name, exporter in exporters().items():
        assert exporter.name == name
        assert exporter.suffix.startswith(".")


def _paths(content: Any, prefix: str = "") -> set[str]:
    if not isinstance(content, dict):
        return {prefix}
    return {path for key, value in content.items() for path in _paths(value, f"{prefix}.{key}")}


def test_every_language_says_the_same_things() -> None:
    said = {
        entry.name.removesuffix(".toml"): _paths(tomllib.loads(entry.read_text("utf-8")))
        for entry in (files("cases") / "languages").iterdir()
        if entry.name.endswith(".toml")
    }
    assert set(LANGUAGES) <= set(said)
    for code, paths in said.items():
        assert paths == said["en"], f"{code}: {sorted(paths ^ said['en'])[:10]}"
        assert language(code)
