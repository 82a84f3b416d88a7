"""One finding on paper: what it shows and does not, whom it names, its chart, its records and why a rule made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cases import captions, moments
from cases.drawing import FINDING
from cases.phrases import opinions_on
from cases.summary import Inference, Observation, Opinion, Summary
from cases.typesetting import plate
from cases.typesetting.blocks import Block, Cell, box, facts, figure, head, items, para, table
from cases.typesetting.pen import Pen
from cases.typesetting.reviewed import by, history, jump, mine, stated
from cases.typesetting.runs import SHORT, Run, Runs, number, plain, styled, token

UNCERTAIN = ("assumed-zone", "inferred-year", "unknown")  # qualities of a time that are told beside it
NAMES = 10  # entities of a kind printed with a finding
NAME = 160  # characters of an entity printed; the JSON twin holds it whole
NAMES_KEPT = 400  # characters up to which the names are not broken over two pages: their lines are short and many
WITH = 3  # records printed with a finding; Annex D holds more


def whole(summary: Summary, found: Inference, pen: Pen) -> list[Block]:
    """A finding with the names in its records, its chart and some of the records."""
    return [*_card(summary, found, claims(found, pen), pen), *_observed(found, pen)]


def brief(summary: Summary, found: Inference, before: str | None, pen: Pen) -> list[Block]:
    """A finding without them, and where they stand. `before`: the number of a finding printed with the same words, if any."""
    words = [para(*pen.say("finding.as_before", number=[jump(before)]))] if before else claims(found, pen)
    kept = "finding.kept_with_chart" if found.chart else "finding.kept"
    return [
        *_card(summary, found, words, pen),
        facts(_inferred(found, pen)),
        para(*pen.say("finding.records_shown", n=found.rows, shown=0), style="small"),
        para(pen.word(kept), style="small"),
    ]


def _card(summary: Summary, inference: Inference, words: Sequence[Block], pen: Pen) -> Iterator[Block]:
    word, human = pen.word, inference.kind == "human"
    own_title = bool(inference.review.words(pen.language.code).get("title"))
    mark: Runs = [" ", mine(pen)] if own_title else []
    shown = styled("fno", number(inference.number))
    yield head(shown, " ", *pen.title(inference), *mark, label=f"finding:{inference.number}")
    if own_title and not human:
        yield para(styled("label", word("review.original")), " ", *pen.rule_words(inference), style="small")
    yield facts(
        [
            (word("finding.grade"), [pen.grade(inference.grade)]),
            (word("finding.level"), [pen.known("level", inference.level)]),
            (word("finding.when"), when(inference, pen)),
            (word("finding.sources"), pen.sources(inference)),
            (word("review.status"), [word(f"state.{inference.review.state}")]),
        ],
        columns=2,
    )
    yield box(words)
    yield from history(inference, summary, pen)
    for said in opinions_on(summary, finding=inference.finding_id):
        yield opinion(said, pen)


def _observed(inference: Inference, pen: Pen) -> Iterator[Block]:
    """What the records name and say, and what is made of it."""
    if entities := _entities(inference, pen):
        yield head(pen.word("finding.entities"), level=3)
        yield facts(entities, kept=NAMES_KEPT)
    yield head(pen.word("finding.observed"), level=3)
    if inference.absent:
        yield para(styled("warn", *pen.say("finding.absent", n=inference.absent)))
    yield from _cited_over_time(inference, pen)
    shown = inference.observations[:WITH]
    yield para(*pen.say("finding.records_shown", n=inference.rows, shown=len(shown)), style="lead")
    if shown:
        yield records(shown, pen)
    if any(seen.cut for seen in shown):
        yield para(pen.word("common.cut"), style="small")
    yield head(pen.word("review.stated" if inference.kind == "human" else "finding.inferred"), level=3)
    yield facts(_inferred(inference, pen))


def _cited_over_time(found: Inference, pen: Pen) -> Iterator[Block]:
    """The chart of one finding under its caption; nothing where it has none."""
    chart, word = found.chart, pen.word
    if chart is None:
        return
    width = captions.bar_width(chart, pen.language)
    caption: Runs = [styled("label", word("chart.cited")), " · ", *pen.say("chart.bar", width=[plain(width)])]
    if chart.timeless:
        caption += [" · ", *pen.say("chart.timeless", n=chart.timeless)]
    yield para(*caption, style="lead")
    drawn = plate.svg(chart, pen.language, "chart.cited", FINDING)
    yield figure(drawn, captions.finding_alt(found, chart, pen.language))


def when(inference: Inference, pen: Pen) -> Runs:
    """The span of a finding, in the reader's zone too."""
    local = pen.local(inference.first, inference.last)
    return [*pen.when(inference.first, inference.last), *([" ", *local] if local else [])]


def claims(inference: Inference, pen: Pen) -> list[Block]:
    """What a finding shows, what it does not, what else may explain it and what would change it."""
    word, human = pen.word, inference.kind == "human"
    own = styled("soft", "(", word("common.own_words"), ")")
    mine_too = inference.review.words(pen.language.code)
    shows = [para(plain(inference.description or inference.title), " ", own)]
    if human:
        shows = [] if mine_too.get("shows") else [para(pen.absent())]
    if inference.falsepositives:
        others = [items([[para(plain(text))] for text in inference.falsepositives]), para(own)]
    else:
        absent = para(styled("absent", word("review.not_given" if human else "finding.not_given")))
        others = [] if mine_too.get("alternatives") else [absent]
    general = [para(styled("absent", word("review.not_given" if human else "finding.would_change_general")))]
    if mine_too.get("would_change"):
        general = []
    return [
        para(word("finding.shows"), style="claim"),
        *stated(inference, "shows", pen, shows),
        para(word("finding.does_not_show"), style="claim"),
        *stated(inference, "does_not_show", pen, []),
        para(word("finding.not_person")),
        para(word("finding.alternatives"), style="claim"),
        *stated(inference, "alternatives", pen, others),
        para(word("finding.would_change"), style="claim"),
        *stated(inference, "would_change", pen, general),
    ]


def _entities(inference: Inference, pen: Pen) -> list[tuple[Run, Cell]]:
    rows: list[tuple[Run, Cell]] = []
    for kind, names in inference.entities.items():
        if kind.endswith("_total"):
            continue
        total = inference.entities.get(f"{kind}_total", ())
        count = int(total[0]) if total and total[0].isascii() and total[0].isdigit() else len(names)
        shown = [[token(name if len(name) <= NAME else name[:NAME] + "…")] for name in names[:NAMES]]
        rest = max(count, len(names)) - len(shown)
        more: Runs = [" ", *pen.say("common.and_more", n=rest)] if rest else []
        label = pen.known("entity", kind)
        if any(len(name) > SHORT for name in names[:NAMES]):
            rows.append((label, [*(para(*name) for name in shown), *([para(*more[1:])] if more else [])]))
        else:
            rows.append((label, [*pen.joined(shown), *more]))
    return rows


def _inferred(inference: Inference, pen: Pen) -> list[tuple[Run, Runs]]:
    human = inference.kind == "human"
    own: Runs = [] if human else [" ", styled("soft", "(", pen.word("common.own_words"), ")")]
    why = pen.word("review.why" if human else "finding.why")
    rows: list[tuple[Run, Runs]] = [(why, [plain(inference.why), *own])]
    if not human:
        rule: Runs = [plain(inference.title), " ", styled("tiny", token(inference.rule_id))]
        rows.append((pen.word("finding.rule"), rule))
    rows.append((pen.word("finding.kind"), [pen.word(f"kind.{inference.kind}")]))
    if inference.attack:
        rows.append((pen.word("finding.technique"), pen.joined([[token(name)] for name in inference.attack])))
    if inference.cve:
        rows.append((pen.word("finding.cve"), pen.joined([[token(name)] for name in inference.cve])))
    return [*rows, (pen.word("finding.id"), [token(inference.finding_id)])]


def records(seen: Sequence[Observation], pen: Pen) -> Block:
    """Cited records: when, what each says, and where its bytes are."""
    rows = [
        [
            _time(record, pen),
            [para(*pen.said(record.sentences[pen.language.code])), *_role(record, pen), _place(record, pen)],
        ]
        for record in seen
    ]
    return table(["3.1cm", "1fr"], [pen.word("record.time"), pen.word("record.says")], rows)


def _role(record: Observation, pen: Pen) -> list[Block]:
    return (
        [para(styled("bold", pen.word("record.role")), " ", pen.known("role", record.role), style="small")]
        if record.role
        else []
    )


def _time(record: Observation, pen: Pen) -> Cell:
    quality = record.time_quality
    mark = [para(pen.word(f"quality.{quality}"), style="tiny")] if quality in UNCERTAIN else []
    if record.time is None:
        return [para(pen.word("time.none"))]
    stamp = moments.utc(record.time)
    return [para(number(stamp[:10])), para(number(stamp[11:-1])), *mark]


def _place(record: Observation, pen: Pen) -> Block:
    word = pen.word
    parts: list[Runs] = [[token(f"{record.exhibit}/{record.file}")]]
    if record.record is not None:
        parts.append([word("record.position"), " ", pen.count(record.record)])
    parts.append([word("record.offset"), " ", pen.count(record.offset)])
    parts.append([word("record.length"), " ", pen.count(record.length)])
    parts.append([word("record.id"), " ", token(record.row_id)])
    if record.flags:
        said = pen.joined([[pen.known("flag", flag)] for flag in record.flags.split(",")])
        parts.append([word("record.flags"), " ", *said])
    runs: list[Run] = []
    for part in parts:
        runs += [" · ", *part] if runs else part
    return para(*runs, style="tiny")


def opinion(said_by: Opinion, pen: Pen) -> Block:
    """What a named person concludes, in that person's words."""
    said = [para(plain(line)) for line in said_by.text.splitlines() if line.strip()]
    return {"b": "quote", "c": [*said, para(*by(said_by, pen), style="small")]}
