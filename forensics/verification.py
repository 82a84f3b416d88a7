"""The whole of `athar verify`: hashes and custody, cited rows by second readers, and, when asked, the rules once more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cases import second_reading
from cases.case import Case
from cases.checks import Check, Verification
from cases.errors import CaseError
from cases.second_reading import SecondReading
from cases.verify import Trust
from cases.verify import verify as verify_records
from forensics.chosen_rules import Chosen
from forensics.progress import Progress, Silent

SAMPLE = 200  # cited rows read again unless told otherwise: the first of each finding, then the second …; some seconds of work


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to verify beyond the records. `limit`: cited rows to read again, None all; `keep`: put the reading into the case; `rules`: which
    rules to run again, None to run none."""

    evidence: Path | None = None
    trust: Trust | None = None
    limit: int | None = SAMPLE
    keep: bool = False
    rules: Chosen | tuple[Path, ...] | None = None


def verify(case: Case, wanted: Wanted, progress: Progress | None = None) -> tuple[Verification, SecondReading | None]:
    """Every check in order, and the second reading if there was one.

    Raises CaseError for keys, certificates and rules that aren't there.
    """
    progress = progress or Silent()
    progress.stage("Verify", sum(x.size for x in case.register.exhibits))
    checks = list(verify_records(case, wanted.evidence, progress.advance, wanted.trust).checks)
    reading = None
    if wanted.limit != 0:
        found = _second_reading(case, wanted, progress)
        reading = found if isinstance(found, SecondReading) else None
        checks += found.checks() if isinstance(found, SecondReading) else [found]
    checks += _kept(case) if not wanted.keep else ()
    if reading is not None and wanted.keep:
        checks += _keep(case, reading)
    if wanted.rules is not None:
        from forensics.rule_rerun import rerun

        progress.stage("Run rules again", None)
        checks += rerun(case, wanted.rules, progress)
    return Verification(tuple(checks)), reading


def _second_reading(case: Case, wanted: Wanted, progress: Progress) -> SecondReading | Check:
    """The reading, or why there is none: a case whose timeline or findings are damaged fails where those are checked."""
    from cases.second_reading import cited_rows
    from forensics.second_reader.run import read_again

    try:
        cited = len(cited_rows(case))
        progress.stage("Read cited rows again", cited if wanted.limit is None else min(cited, wanted.limit), "rows")
        return read_again(case, wanted.limit, wanted.evidence, progress.advance)
    except (ValueError, KeyError, TypeError, OSError) as error:
        reason = " ".join(str(error).split())
        return Check("second reading", "timeline and findings", "not-checked", f"cannot be read: {reason}"[:300])


def _keep(case: Case, reading: SecondReading) -> Iterator[Check]:
    try:
        second_reading.save(case, reading)
    except CaseError as error:
        yield Check("second reading", "kept in the case", "not-checked", str(error))


def _kept(case: Case) -> Iterator[Check]:
    """What an earlier reading that is kept in the case says."""
    try:
        reading = second_reading.load(case)
        stands = reading is not None and second_reading.current(case, reading)
    except CaseError as error:
        yield Check("second reading", f"findings/{second_reading.FILE}", "failed", str(error))
        return
    if reading is None:
        return
    rows = sum(tally.read for tally in reading.tallies)
    if not stands:
        detail = f"{rows} rows, of findings or a timeline that have changed since; --rows reads anew"
        yield Check("second reading", "kept in the case", "ok", detail)
    elif reading.different or reading.absent:
        detail = f"{reading.different} fields differ, {len(reading.absent)} rows absent"
        yield Check("second reading", "kept in the case", "failed", detail)
    else:
        yield Check("second reading", "kept in the case", "ok", f"{rows} of {reading.cited} cited rows, no difference")
