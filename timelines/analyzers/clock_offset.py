"""Two exhibits whose clocks disagree by a constant, shown by the same requests in an access log and in a capture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from timelines import clocks
from timelines.analyzers import Threshold
from timelines.analyzers._conclude import Observed, conclude, number
from timelines.clocks import Offset
from timelines.detection.rules import About
from timelines.findings import Finding

if TYPE_CHECKING:
    from timelines.query import Timeline

LEAST = Threshold(
    "LEAST", 3, "s", "An ordinary synchronised clock is nearer, and slow answers and whole seconds make up the rest."
)
CITED_PAIRS = Threshold("CITED_PAIRS", 10, "pairs", "Spread over the log from first to last: enough to check by hand.")

_TEXTS = {
    "en": {
        "title": "Two clocks disagree by a constant amount",
        "shows": (
            "The same requests stand in the web server's log {log} (exhibit {exhibit}) and in a network capture "
            "(exhibit {capture}). By those requests, the times of the log are {ahead_or_behind} by {seconds} s. "
            "Requests compared: {pairs}; of these, {agreeing} agree; nine in ten of them lie within {spread} s of "
            "each other. No time was altered."
        ),
        "does_not_show": "Which of the two clocks was right, since when they differed, nor why.",
        "alternatives": (
            "A clock that was never synchronised; a time zone wrongly written or assumed, where the difference is "
            "whole quarters of an hour; a log that writes the end of slow requests."
        ),
        "would_change": (
            "The log of each machine's time service, or a comparison of its clock with a reference at the seizure, "
            "would show which clock was right; more requests that stand in both, or a third source, would confirm the"
            " amount or overturn it."
        ),
    },
    "fr": {
        "title": "Écart constant entre deux horloges",
        "shows": (
            "Les mêmes requêtes figurent dans le journal du serveur web {log} (scellé {exhibit}) et dans une "
            "capture réseau (scellé {capture}). D'après ces requêtes, les heures du journal sont "
            "{ahead_or_behind} de {seconds} s. Requêtes comparées : {pairs} ; concordantes : {agreeing} ; neuf "
            "sur dix de celles-ci se tiennent à {spread} s près. Aucune heure n'a été modifiée."
        ),
        "does_not_show": "Laquelle des deux horloges était juste, depuis quand elles différaient, ni pourquoi.",
        "alternatives": (
            "Une horloge jamais synchronisée ; un fuseau horaire mal écrit ou mal supposé, si l'écart est d'un "
            "nombre entier de quarts d'heure ; un journal qui inscrit la fin de requêtes lentes."
        ),
        "would_change": (
            "Le journal du service de temps de chaque machine, ou une comparaison de son horloge avec une référence "
            "lors de la saisie, dirait laquelle était juste ; d'autres requêtes communes, ou une troisième source, "
            "confirmeraient l'écart ou le feraient tomber."
        ),
    },
    "ar": {
        "title": "فارق ثابت بين ساعتين",
        "shows": (
            "ترد الطلبات نفسها في سجل خادم الويب {log} (المحجوز {exhibit}) وفي حركة شبكة ملتقطة (المحجوز "
            "{capture}). وبحسب هذه الطلبات فإن أوقات السجل {ahead_or_behind} بمقدار {seconds} ثانية. عدد الطلبات "
            "المقارنة: {pairs}؛ والمتفق منها: {agreeing}؛ وتسعة أعشار المتفق منها متقاربة في حدود {spread} ثانية. "
            "ولم يُغيَّر أي وقت."
        ),
        "does_not_show": "أي الساعتين كانت صحيحة، ولا منذ متى اختلفتا، ولا سبب ذلك.",
        "alternatives": (
            "ساعة لم تُضبط قط؛ أو منطقة زمنية كُتبت أو افتُرضت خطأ إذا كان الفارق عددا كاملا من أرباع الساعة؛ أو "
            "سجل يدوّن نهاية الطلبات البطيئة."
        ),
        "would_change": (
            "سجل خدمة الوقت في كل جهاز، أو مقارنة ساعته بمرجع عند الحجز، يبين أيهما كانت صحيحة؛ وطلبات مشتركة أخرى أو"
            " مصدر ثالث تؤكد الفارق أو تنقضه."
        ),
    },
}
AHEAD = {"en": "ahead", "fr": "en avance", "ar": "متقدمة"}
BEHIND = {"en": "behind", "fr": "en retard", "ar": "متأخرة"}


class ClockOffset:
    """Compares the times of requests that stand once in an access log and once in a capture (`timelines.clocks`)."""

    name = "clock_offset"
    about = About(
        "clock_offset",
        _TEXTS["en"]["title"],
        "informational",
        "athar:clock_offset.py",
        "clock_offset",
        "Requests that stand once in an access log and once in a capture (same method, target and client) differ in time by a constant.",
        (),
        ("A clock that was never synchronised", "A time zone wrongly written or assumed"),
        _TEXTS,
    )
    needs = ("web/access", "net/http")
    thresholds = (
        LEAST,
        Threshold("PAIRS", clocks.PAIRS, "pairs", "Fewer can agree by accident, or stem from one visit."),
        Threshold(
            "WITHIN_S", clocks.WITHIN_S, "s", "Whole-second logs and slow answers put equal pairs this far apart."
        ),
        Threshold(
            "AGREEING",
            clocks.AGREEING,
            "of all pairs",
            "Below this the clocks drift or the pairs are not the same requests.",
        ),
        CITED_PAIRS,
    )
    words = {"offset": _TEXTS}  # noqa: RUF012 - never changed

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding a log and capture, in order of exhibits."""
        for offset in clocks.offsets(timeline):
            if abs(offset.seconds) >= LEAST.value:
                yield _finding(timeline, self.about, offset)


def _finding(timeline: Timeline, about: About, offset: Offset) -> Finding:
    places = np.unique(np.linspace(0, len(offset.rows) - 1, int(CITED_PAIRS.value)).round().astype(int)).tolist()
    amount, log = f"{abs(offset.seconds):g}", clocks.log_name(timeline, offset.exhibit, offset.series)
    return conclude(
        timeline,
        about,
        Observed(
            "\n".join(offset.rows[0]),
            ("web/access", "net/http"),
            [row for at in places for row in offset.rows[at]],
            f"{offset.exhibit}/{log} runs {amount} s {'ahead of' if offset.seconds > 0 else 'behind'} {offset.capture}: "
            f"{offset.agreeing} of {offset.pairs} requests that stand once in each agree, spread {offset.spread:g} s "
            f"(5th to 95th percentile); {len(places)} pairs cited; no time altered",
            {
                "log": log,
                "exhibit": offset.exhibit,
                "capture": offset.capture,
                "pairs": str(offset.pairs),
                "agreeing": str(offset.agreeing),
            },
            {
                "ahead_or_behind": AHEAD if offset.seconds > 0 else BEHIND,
                "seconds": number(abs(offset.seconds)),
                "spread": number(offset.spread),
            },
            {"ips": offset.servers},
        ),
    )


ANALYZER = ClockOffset()
OF_LOGS = True
