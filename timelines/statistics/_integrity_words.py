"""The words of `integrity` for what no single event says, by kind and language; events have theirs in `timelines/messages/`."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "gap": {
        "en": "Between record {before} and record {after} of the log, {amount} record numbers have no record",
        "fr": "Entre l'enregistrement {before} et l'enregistrement {after} du journal, {amount} numéros n'ont pas d'enregistrement",
        "ar": "بين التسجيل {before} والتسجيل {after} في السجل، {amount} من الأرقام لا يقابلها أي تسجيل",
    },
    "exported": {
        "en": "Between record {before} and record {after} of the log, {amount} record numbers have no record; the records of this file "
        "were numbered anew, as an export does, which may have left them out",
        "fr": "Entre l'enregistrement {before} et l'enregistrement {after} du journal, {amount} numéros n'ont pas d'enregistrement ; les "
        "enregistrements de ce fichier ont été renumérotés, comme le fait une exportation, qui peut les avoir laissés de côté",
        "ar": "بين التسجيل {before} والتسجيل {after} في السجل، {amount} من الأرقام لا يقابلها أي تسجيل؛ أعيد ترقيم تسجيلات هذا الملف كما "
        "يفعل التصدير، الذي ربما تركها",
    },
    "numbering": {
        "en": "After record {before} the numbering does not go on: record {after} bears a time that does not follow",
        "fr": "Après l'enregistrement {before}, la numérotation ne continue pas : l'enregistrement {after} porte une heure qui ne suit pas",
        "ar": "بعد التسجيل {before} لا يستمر الترقيم: يحمل التسجيل {after} وقتا لا يتبع ما قبله",
    },
    "backwards": {
        "en": "Record {after} follows record {before} but bears a time {amount} s earlier",
        "fr": "L'enregistrement {after} suit l'enregistrement {before} mais porte une heure antérieure de {amount} s",
        "ar": "يلي التسجيل {after} التسجيل {before} لكنه يحمل وقتا أسبق بمقدار {amount} ثانية",
    },
    "repeated": {
        "en": "{amount} records of the log stand in this file again, with the same numbers and times, from record {before} to "
        "record {after}: each is a row of its own",
        "fr": "{amount} enregistrements du journal figurent de nouveau dans ce fichier, avec les mêmes numéros et les mêmes heures, de "
        "l'enregistrement {before} à l'enregistrement {after} : chacun est une ligne à part",
        "ar": "{amount} من تسجيلات السجل ترد مرة أخرى في هذا الملف بالأرقام والأوقات نفسها، من التسجيل {before} إلى التسجيل {after}: "
        "لكل منها صف خاص به",
    },
    "between": {
        "en": "{other} ends with record {before} of this log, this file begins with record {after}; {amount} records are in neither",
        "fr": "{other} s'arrête à l'enregistrement {before} de ce journal, ce fichier commence à l'enregistrement {after} ; "
        "{amount} enregistrements ne sont dans aucun des deux",
        "ar": "ينتهي \u2066{other}\u2069 بالتسجيل {before} من هذا السجل ويبدأ هذا الملف بالتسجيل {after}؛ "
        "{amount} من التسجيلات غير موجودة في أي منهما",
    },
    "silent": {
        "en": "Before this record the log is silent for {amount} s, unlike ever else, while {others} records of other logs of the "
        "machine fall in that time",
        "fr": "Avant cet enregistrement, le journal est muet pendant {amount} s, comme jamais ailleurs, alors que {others} "
        "enregistrements d'autres journaux de la machine datent de ce temps",
        "ar": "قبل هذا التسجيل يصمت السجل مدة {amount} ثانية على خلاف ما عهد منه، بينما يقع في تلك المدة {others} من تسجيلات "
        "السجلات الأخرى للجهاز",
    },
    "stopped": {
        "en": "The log ends here, while {others} records of other logs of the machine follow, until {amount} s later",
        "fr": "Le journal s'arrête ici, alors que {others} enregistrements d'autres journaux de la machine suivent, "
        "jusqu'à {amount} s plus tard",
        "ar": "ينتهي السجل هنا، بينما يليه {others} من تسجيلات السجلات الأخرى للجهاز إلى غاية {amount} ثانية بعد ذلك",
    },
}
