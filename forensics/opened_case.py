"""An opened case: every question is answered by a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import pyarrow as pa

from cases import findings as kept
from cases.case import Case
from cases.examiner import HandOver, Opinion
from cases.reviews import reviews
from forensics import instants
from forensics.frames import findings_table, frame_of, without_empty
from forensics.searching import inventory
from timelines.findings import RuleOutcome
from timelines.query import Filter, Timeline, to_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from cases.verify import Verification
    from forensics.progress import Progress


class OpenCase:
    """A case to ask: every answer is a plain pandas frame (Arrow-backed), in a fixed order."""

    def __init__(self, case: Case, secrets: bool = False) -> None:
        self.case, self.secrets = case, secrets

    def __repr__(self) -> str:
        return f"<Athar case {self.case.folder.name}: {sum(self.query.counts().values()):,} rows>"

    @cached_property
    def query(self) -> Timeline:
        """The timeline underneath, for SQL and streaming."""
        folder = self.case.findings_folder
        found = findings_table(reviews(self.case).findings)
        extra = {"matches": kept.load_matches(folder), "findings": found, "inventory": inventory(self.case)}
        return Timeline(self.case.timeline_folder, extra, secrets=self.secrets)

    def timeline(
        self,
        start: Any = None,
        end: Any = None,
        where: str | None = None,
        families: Sequence[str] | str | None = None,
        columns: Sequence[str] | None = None,
        lang: str = "en",
    ) -> pd.DataFrame:
        """Core columns and `message`, in order. `start` (included) and `end` (not) are instants (`2026-01-02T03:04`, datetimes,
        Timestamps); zone-less ones are UTC. `where` is a SQL condition."""
        return self.query.frame(_filter(start, end, families, where=where), columns, lang)

    def client(
        self,
        address: str,
        start: Any = None,
        end: Any = None,
        families: Sequence[str] | str | None = None,
        where: str | None = None,
        columns: Sequence[str] | None = None,
        lang: str = "en",
    ) -> pd.DataFrame:
        """All that an address did, in every source and in order: core columns, `stance` (seen, contacted, claimed), `visit`, `status`,
        `rules`, `findings` … (`timelines.client_story.OWN`) and `message`; rows are chosen as in `timeline`."""
        from timelines.client_story import COLUMNS, story

        names = list(columns) if columns is not None else [column.name for column in COLUMNS]
        told = story(self.query, address)
        tables = list(told.batches(_filter(start, end, families, where=where), names, lang))
        kinds = {column.name: column.field() for column in COLUMNS}
        return to_frame(
            pa.concat_tables(tables) if tables else pa.schema([kinds[name] for name in names]).empty_table()
        )

    def events(self, family: str, event: str | None = None, where: str | None = None) -> pd.DataFrame:
        """Rows of one family with all its columns: core ones first, then the family's own."""
        chosen = Filter(events=(str(event),) if event is not None else (), where=where)
        table = self.query.events(family, chosen)
        return to_frame(without_empty(table))

    def analyze(self, rules: Sequence[str | Path] = (), progress: Progress | None = None, **chosen: Any) -> None:
        """Run our rules and those at `rules`; replaces the findings of the run before.

        `chosen`: `level` (this and above), `status`, `tag`, `exclude` (each a text or several), `allow`, `placeholders` (a file),
        `pipeline` (a file or several), as the options of `athar analyze`. Raises CaseError for what cannot be used.
        """
        from forensics import pipeline
        from forensics.chosen_rules import chosen_of

        pipeline.analyze(self.case, chosen_of(rules, **chosen), progress)
        self.__dict__.pop("query", None)  # its views hold the findings of the run before

    def matches(self) -> pd.DataFrame:
        """rule_id, rule_title, level, row_id, time, family, why."""
        return kept.matches_frame(self.case.findings_folder)

    def findings(self) -> pd.DataFrame:
        """finding_id, kind, title, level, grade, first, last, entities, rows, attack, cve, review; gravest first, the examiner's own last.

        `review` is open, accepted, rejected, merged or added; the other columns are as found, whatever the examiner decided.
        """
        import pandas as pd

        known = reviews(self.case).findings
        frame = kept.findings_frame([one.finding for one in known])
        frame["review"] = pd.Series([one.review.state for one in known], dtype="string")
        return frame

    def rules(self) -> pd.DataFrame:
        """What became of every rule: matched, silent, no-data or refused, what it looked at, and why not."""
        return frame_of(RuleOutcome, kept.load_outcomes(self.case.findings_folder))

    def coverage(self) -> pd.DataFrame:
        """What rules could see, by machine and log source: host, logsource, rules, rows, first, last (UTC), state, log_rows, logs.

        `state` is seen, no-such-records (the log is here, without any of the kind) or no-log. Raises CaseError before rules were run.
        """
        import pandas as pd

        names = ["host", "logsource", "rules", "rows", "first", "last", "state", "log_rows", "logs"]
        frame = pd.DataFrame(kept.load_coverage(self.case.findings_folder), columns=names)
        for name in ("first", "last"):
            frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="ns", utc=True)
        return frame

    def problems(self) -> pd.DataFrame:
        """exhibit, file, offset, length, reason."""
        return to_frame(self.query.problems())

    def ledger(self, detail: bool = False) -> pd.DataFrame:
        """exhibit, file, size, read, free, unsupported, damaged: in bytes; the last four add up to the size.

        With `detail` a row for each part of a file instead: exhibit, file, kind (read, free, unsupported, damaged), part (`chunk headers`,
        `records`, `recovered records`, `slack` …), bytes, ranges.
        Duplicates are not in it: their bytes are counted where they were read (`files()` lists them).
        """
        return to_frame(self.query.ledger_parts() if detail else self.query.ledger())

    def files(self) -> pd.DataFrame:
        """Every file handed in: exhibit, file, size, sha256, status, parser, reason, duplicate_of."""
        import pandas as pd

        names = ["exhibit", "file", "size", "sha256", "status", "parser", "reason", "duplicate_of"]
        return pd.DataFrame([[getattr(e, n) for n in names] for e in self.case.register.entries], columns=names)

    def opinions(self) -> pd.DataFrame:
        """The examiner's notes and answers in the order in which they were written: who, time, text, question, finding, role."""
        from cases.opinions import opinions

        return frame_of(Opinion, opinions(self.case), object)

    def handovers(self) -> pd.DataFrame:
        """Exhibits that changed hands: exhibit, giver, receiver, seal, when, the hashes of each side, and whether they agree."""
        from cases.handover import hand_overs

        return frame_of(HandOver, hand_overs(self.case.custody.entries()), object)

    def sql(self, query: str) -> pd.DataFrame:
        """Answer one SELECT over the views: one a family (`web_access`), `timeline`, `matches`, `findings`, `problems`, `ledger`,
        `inventory`.

        Columns that hold secrets are masked in the views themselves, unless the case was opened with `secrets`."""
        return to_frame(self.query.sql(query))

    @overload
    def stats(self, table: None = None) -> dict[str, str]: ...

    @overload
    def stats(
        self,
        table: str,
        *,
        start: Any = None,
        end: Any = None,
        hosts: Sequence[str] | str | None = None,
        families: Sequence[str] | str | None = None,
        where: str | None = None,
        lang: str = "en",
    ) -> pd.DataFrame: ...

    def stats(self, table: str | None = None, *, lang: str = "en", **chosen: Any) -> pd.DataFrame | dict[str, str]:
        """A table of counts (`"logons"`) as a frame, with the columns of `docs/stats.md`; without `table`, names and titles of them all.

        The rows that count are chosen as in `timeline`; `lang` is the language of meanings. Raises ValueError for an unknown table.
        """
        from timelines.scope import Scope
        from timelines.statistics import all_statistics, statistic

        if table is None:
            return {name: counting.title for name, counting in all_statistics().items()}
        return to_frame(statistic(table).table(Scope(self.query, _filter(**chosen), lang)))

    def rows(self, row_ids: Sequence[str]) -> Iterator[pd.DataFrame]:
        """The rows of these ids with all their columns, one frame a family."""
        return (to_frame(table) for table in self.query.rows(row_ids))

    def report(
        self,
        path: str | Path,
        lang: str = "en",
        format: str | None = None,
        date: str | None = None,
        reason: str | None = None,
    ) -> Path:
        """Write the summary. The format follows the path's suffix unless given; `date` (YYYY-MM-DD) is printed, today when None.

        A summary that was issued before and would change needs a `reason`.
        """
        from forensics.reporting import issue

        return issue(self.case, Path(path), lang, format, date, reason)

    def export(
        self, format: str, path: str | Path, date: str | None = None, lang: str = "en", redact: str | None = None
    ) -> Path:
        """Write the case for another tool (`timesketch`, `xlsx`, `stix` …; `athar export --help` lists them) to a new file, recorded
        in custody. `date` (YYYY-MM-DD) is the one that it bears, today when None; `redact` a profile (`court`, `public`) or its file."""
        from cases.exchange import Options
        from cases.exchange.delivery import deliver
        from forensics.reporting import report_date

        return deliver(self.case, format, Path(path), Options(report_date(date), lang, redact, self.secrets)).path

    def verify(self, evidence: str | Path | None = None, progress: Callable[[int], None] | None = None) -> Verification:
        """Check evidence, custody, timeline, findings and reports against their recorded hashes."""
        from cases.verify import verify

        return verify(self.case, Path(evidence) if evidence is not None else None, progress)


def _filter(
    start: Any = None, end: Any = None, families: Any = None, hosts: Any = None, where: str | None = None
) -> Filter:
    """What people choose rows by; one name stands for a list of one. Raises ValueError for an instant that is none."""
    named = [(given,) if isinstance(given, str) else tuple(given or ()) for given in (families, hosts)]
    return Filter(start=instants.to_ns(start), end=instants.to_ns(end), families=named[0], hosts=named[1], where=where)
