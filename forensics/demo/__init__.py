"""The demo case: a whole invented incident with its evidence, the same bytes from the same seed on any machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from forensics.demo.cast import COMMUNE, WEB01
from forensics.demo.scenario import TRUTH, Step, Trace

__all__ = ["TRUTH", "Step", "Trace", "case_details", "exhibits", "make_evidence"]


def make_evidence(folder: Path, seed: int = 1, progress: Callable[[str], None] | None = None) -> None:
    """Write the evidence of the demo case into `folder` (made if missing); `progress` is told what is being written.

    Raises FileExistsError when the folder exists and holds anything, NotADirectoryError when it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder}: is a file; give a folder that does not exist yet or is empty")
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder}: is not empty; give a folder that does not exist yet or is empty")
    from forensics.demo.evidence_folder import write_evidence

    folder.mkdir(parents=True, exist_ok=True)
    write_evidence(folder, seed, progress or (lambda _: None))


def exhibits(folder: Path) -> list[tuple[Path, str, float, str]]:
    """(path, description, seconds its clock runs ahead of true time, how that is known) of each exhibit of the case."""
    measured = "Compared with the capture station at seizure: the same requests in the access log and in the capture."
    return [
        (folder / "WEB01", "WEB01, web server of the portal: event logs and Apache access logs", float(WEB01.clock_ahead_s), measured),
        (folder / "SRV02", "SRV02, file and intranet server: event logs, exported Security log, IIS logs", 0.0,
         "Synchronised with the commune's time server (Time-Service events 35)."),
        (folder / "capture", "Network capture of the servers' switch, with the technician's note", 0.0,
         "Capture station set by the commune's time server, by the technician's note."),
    ]  # fmt: skip


def case_details() -> dict[str, Any]:
    """Number, request and authority of the case, under the names of `cases.case.CaseInfo`; all invented.

    `questions` is a tuple of dicts: the question's `id`, and its text under `en`, `fr` and `ar`.
    """
    return {
        "number": "ATHAR-DEMO-2026-001",
        "title": f"Intrusion into the portal of the {COMMUNE} (synthetic case)",
        "request_number": "REQ-2026-0117",
        "authority": "Demonstration court of Tamrirt (invented)",
        "requester": COMMUNE,
        "laboratory": "Athar demonstration laboratory (invented)",
        "questions": (
            {
                "id": "Q1",
                "en": "Was the portal entered without right, when, and from which address?",
                "fr": "Le portail a-t-il fait l'objet d'un accès frauduleux, quand, et depuis quelle adresse ?",
                "ar": "هل تعرضت البوابة لولوج غير مشروع، ومتى، ومن أي عنوان؟",
            },
            {
                "id": "Q2",
                "en": "Were other machines of the commune reached, and with which account?",
                "fr": "D'autres machines de la commune ont-elles été atteintes, et avec quel compte ?",
                "ar": "هل تم الوصول إلى أجهزة أخرى تابعة للجماعة، وبأي حساب؟",
            },
            {
                "id": "Q3",
                "en": "Did data leave the commune's network, by which means, and how much?",
                "fr": "Des données ont-elles quitté le réseau de la commune, par quels moyens et en quelle quantité ?",
                "ar": "هل خرجت معطيات من شبكة الجماعة، وبأي وسيلة، وما حجمها؟",
            },
            {
                "id": "Q4",
                "en": "Were traces erased or altered?",
                "fr": "Des traces ont-elles été effacées ou altérées ?",
                "ar": "هل تم محو آثار أو تغييرها؟",
            },
        ),
    }
