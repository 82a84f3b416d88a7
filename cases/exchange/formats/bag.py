"""BagIt: the whole case in a folder with manifests (RFC 8493), to be handed over and checked by anyone with `bagit.py --validate`.

The payload (`data/`) is the case folder as it is, and opens as a case. Evidence is not in a case folder and so not in the bag: hand it
over beside it; its hashes are in `data/exhibits.json`. The secret behind the pseudonyms of redacted summaries stays behind.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.case import tool_version
from cases.errors import CaseError
from cases.exchange import Counts, Options, part
from cases.exchange.content import Content
from cases.redaction.pseudonyms import KEY_FILE
from timelines.query import Timeline

_HASHES = ["sha256", "sha512"]


@dataclass(frozen=True, slots=True)
class Bag:
    """A folder. `Bagging-Date` is the date of the export; every file is hashed again after copying (SHA-256 and SHA-512)."""

    name: str = "bag"
    suffixes: tuple[str, ...] = ()
    doc: str = "The whole case as a BagIt folder, validated after it is written."
    redactable: bool = False

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        assert case.folder is not None  # what is redacted comes to no format that is not `redactable`
        bagit = part("bagit", self.name)
        _check(case.folder, path)
        shutil.copytree(case.folder, path, ignore=shutil.ignore_patterns(KEY_FILE))
        try:
            bag = bagit.make_bag(str(path), _info(case, options, bagit), checksums=_HASHES)
            bag.validate(processes=1)
        except bagit.BagError as error:
            raise CaseError(
                f"{path.name}: not a whole bag: {' '.join(str(error).split())}; try another place"
            ) from error
        copied = [file for file in (path / "data").rglob("*") if file.is_file()]
        return {"files": len(copied), "bytes": sum(file.stat().st_size for file in copied)}


def _check(folder: Path, path: Path) -> None:
    if path.resolve().is_relative_to(folder.resolve()):
        raise CaseError(f"{path.parent}: a bag holds the whole case, so it cannot lie in it; choose a place outside")
    for found in sorted(folder.rglob("*")):
        if found.is_symlink():
            raise CaseError(
                f"{found}: a link, which leads out of the case; a bag holds files only, replace it by its file"
            )


def _info(case: Content, options: Options, bagit: Any) -> dict[str, str]:
    """RFC 8493 section 2.2.2; what nobody supplied is left out."""
    given = {
        "Source-Organization": case.info.laboratory,
        "Contact-Name": case.info.examiner,
        "External-Identifier": case.info.number,
        "External-Description": case.info.title,
        "Bagging-Date": options.date,
        "Bag-Software-Agent": f"athar {tool_version()} with bagit.py {bagit.VERSION}",
    }
    return {name: value for name, value in given.items() if value}


EXCHANGE = Bag()
