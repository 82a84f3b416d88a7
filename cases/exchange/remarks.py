"""What the case says of a row: its flags, the findings that cite it, their ATT&CK techniques and published weaknesses; of a row that
followed what a finding found, that it did (`followed:script`). Exports carry these as tags."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cases.citations import roles_of
from cases.exchange.conclusions import conclusions
from cases.exchange.content import Content


@dataclass(frozen=True, slots=True)
class Remarks:
    """Row ids that standing findings cite, and for each the tags, joined by commas (no tag holds one)."""

    row_ids: pa.Array
    tags: pa.Array

    @classmethod
    def of(cls, case: Content) -> Remarks:
        found: dict[str, list[str]] = {}
        for one in conclusions(case, "en")[0]:
            roles = roles_of(one.finding)
            for row_id in one.finding.rows:
                role = roles.get(row_id)
                said = (f"followed:{role}",) if role else (*one.finding.attack, *one.finding.cve)
                found.setdefault(row_id, []).extend((one.finding.finding_id, *said))
        joined = [",".join(sorted(set(tags))) for tags in found.values()]
        return cls(pa.array(list(found), pa.string()), pa.array(joined, pa.string()))

    def lists(self, table: pa.Table) -> pa.Array:
        """The tags of each row as a list, empty where there are none. The table holds `row_id` and `flags`."""
        places = pc.index_in(table.column("row_id").combine_chunks(), value_set=self.row_ids)
        cited = self.tags.take(places).fill_null("")
        joined = pc.binary_join_element_wise(table.column("flags").combine_chunks().fill_null(""), cited, ",")
        distinct = joined.dictionary_encode()
        split = [[tag for tag in text.split(",") if tag] for text in distinct.dictionary.to_pylist()]
        return pa.array(split, pa.list_(pa.string())).take(distinct.indices)
