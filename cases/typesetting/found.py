"""Findings, timeline and opinion: sections 6 to 8, and the records of findings that Annex D takes over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cases import captions, moments, phrases
from cases.drawing import FINDING
from cases.phrases import opinions_on
from cases.summary import Inference, Observation, Opinion, Summary
from cases.typesetting import plate
from cases.typesetting.blocks import Block, Cell, box, facts, figure, head, items, para, section, table
from cases.typesetting.pen import Pen
from cases.typesetting.reviewed import by, history, jump, mine, numbers, set_aside, stated
from cases.typesetting.runs import SHORT, Run, Runs, number, plain, styled, token

NAMES = 10  # entities of a kind printed with a finding
NAME = 160  # characters of an entity printed; the JSON twin holds it whole
WHOLE = 200  # findings printed with names, chart and records, the gravest first; a thousand would need more than 1 GB to set
WITH = 3  # records printed with a finding; Annex D holds more


def found(summary: Summary, pen: Pen) -> list[Block]:
    return [*_findings(summary, pen), *_timeline(summary, pen), *_opinions(summary, pen)]


def _findings(summary: Summary, pen: Pen) -> list[Block]:
    blocks = [section("findings", pen.word("section.findings"))]
    if missing := phrases.missing(summary):
        blocks.append(para(*pen.phrase(missing)))
    if any(inference.chart for inference in summary.inferences[:WHOLE]):
        blocks.append(para(pen.word("chart.cited_is"), style="small"))
    said: dict[str, str] = {}
    for place, inference in enumerate(summary.inferences):
        claims = _claims(inference, pen)
        before = said.setdefault(repr(claims), inference.number)
        if place >= WHOLE and before != inference.number:
            claims = [para(*pen.say("finding.as_before", number=[jump(before)]))]
        blocks += _card(summary, inference, claims, pen)
        blocks += _observed(inference, pen) if place < WHOLE else _counted(inference, pen)
    return [*blocks, *set_aside(summary, pen)]


def _card(summary: Summary, inference: Inference, claims: Sequence[Block], pen: Pen) -> Iterator[Block]:
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
            (word("finding.when"), _when(inference, pen)),
            (word("finding.sources"), pen.sources(inference)),
            (word("review.status"), [word(f"state.{inference.review.state}")]),
        ],
        columns=2,
    )
    yield box(claims)
    yield from history(inference, summary, pen)
    for opinion in opinions_on(summary, finding=inference.finding_id):
        yield _opinion(opinion, pen)


def _counted(inference: Inference, pen: Pen) -> Iterator[Block]:
    """Why a finding was made and how many records it cites, for those that come after the first WHOLE."""
    yield facts(_inferred(inference, pen))
    yield para(*pen.say("finding.records_shown", n=inference.rows, shown=0), style="small")


def _observed(inference: Inference, pen: Pen) -> Iterator[Block]:
    """What the records name and say, and what is made of it."""
    if entities := _entities(inference, pen):
        yield head(pen.word("finding.entities"), level=3)
        yield facts(entities)
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


def _when(inference: Inference, pen: Pen) -> Runs:
    local = pen.local(inference.first, inference.last)
    return [*pen.when(inference.first, inference.last), *([" ", *local] if local else [])]


def _claims(inference: Inference, pen: Pen) -> list[Block]:
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
    rows: list[tuple[Run, Runs]] = [(pen.word("review.why" if human else "finding.why"), [plain(inference.why)])]
    if not human:
        rule: Runs = [plain(inference.title), " ", styled("tiny", token(inference.rule_id))]
        rows.append((pen.word("finding.rule"), rule))
    rows.append((pen.word("finding.kind"), [pen.word(f"kind.{inference.kind}")]))
    if inference.attack:
        rows.append((pen.word("finding.technique"), pen.joined([[token(name)] for name in inference.attack])))
    return [*rows, (pen.word("finding.id"), [token(inference.finding_id)])]


def records(seen: Sequence[Observation], pen: Pen) -> Block:
    """Cited records: when, what each says, and where its bytes are."""
    rows = [
        [_time(record, pen), [para(*pen.said(record.sentences[pen.language.code])), _place(record, pen)]]
        for record in seen
    ]
    return table(["3.1cm", "1fr"], [pen.word("record.time"), pen.word("record.says")], rows)


def _time(record: Observation, pen: Pen) -> Cell:
    quality = record.time_quality
    mark = [para(pen.word(f"quality.{quality}"), style="tiny")] if quality in ("assumed-zone", "unknown") else []
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


def _timeline(summary: Summary, pen: Pen) -> list[Block]:
    chart, word = summary.chart, pen.word
    blocks = [section("timeline", word("section.timeline"))]
    if chart is None:
        blocks.append(para(word("chart.no_time")))
    else:
        width = captions.bar_width(chart, pen.language)
        blocks.append(
            para(styled("label", word("chart.title")), " · ", *pen.say("chart.bar", width=[plain(width)]), style="lead")
        )
        blocks.append(figure(plate.svg(chart, pen.language), captions.alt(chart, pen.language)))
        beyond = (
            [" ", *pen.say("chart.beyond", before=chart.before, after=chart.after, timeless=chart.timeless)]
            if chart.before or chart.after or chart.timeless
            else []
        )
        blocks.append(para(word("chart.scale"), *beyond, style="small"))
    if summary.counts.families:
        rows = [
            [family(f.family, pen), [pen.count(f.rows)], [pen.second(f.first)], [pen.second(f.last)]]
            for f in summary.counts.families
        ]
        heads = [word(f"chart.{name}") for name in ("family", "rows", "first", "last")]
        blocks.append(table(["1fr", "2.4cm n", "3.6cm", "3.6cm"], heads, rows))
    return blocks


def family(name: str, pen: Pen) -> Runs:
    """A family of rows: its kind of source in words, its own name small."""
    return [pen.known("source", name.partition("/")[0]), " ", styled("tiny", token(name))]


def _opinions(summary: Summary, pen: Pen) -> list[Block]:
    known = numbers(summary)
    blocks = [section("opinion", pen.word("section.opinion"))]
    for opinion in summary.opinions:
        if opinion.question:
            blocks.append(para(styled("label", *_on_question(summary, opinion, pen))))
        elif opinion.finding:
            shown = known.get(opinion.finding, opinion.finding)
            blocks.append(para(styled("label", *pen.say("opinion.on_finding", id=shown))))
        blocks.append(_opinion(opinion, pen))
    return blocks if summary.opinions else [*blocks, para(pen.word("opinion.none"))]


def _on_question(summary: Summary, opinion: Opinion, pen: Pen) -> Runs:
    told = pen.say("opinion.on_question", id=opinion.question or "")
    if opinion.role == "answer":
        told += [" · ", pen.word("first.answer")]
        if phrases.answer(summary, opinion.question or "") is not opinion:
            told += [" · ", pen.word("opinion.replaced")]
    return told


def _opinion(opinion: Opinion, pen: Pen) -> Block:
    said = [para(plain(line)) for line in opinion.text.splitlines() if line.strip()]
    return {"b": "quote", "c": [*said, para(*by(opinion, pen), style="small")]}
