"""The words of `web_log_repeated`, by what was seen."""

from __future__ import annotations

from timelines.analyzers import Words

TWO: Words = {
    "en": {
        "title": "The same lines in two files of web server logs",
        "shows": (
            "{lines} lines stand, one after another and in the same order, both in {file} (exhibit {exhibit}) and in {other} (exhibit "
            "{other_exhibit}); their times run from {first} to {last}. Line numbers in both: {places}. Counts over both files would "
            "count "
            "these requests twice."
        ),
        "does_not_show": "Which of the two was written first, nor that a request was made twice.",
        "alternatives": (
            "A copy made while the log went on, or a rotated file beside its source; a server that is set up to write its lines to "
            "two logs."
        ),
        "would_change": (
            "The set-up of the server and of its log rotation would explain it; the dates of both files on the disk would show which is "
            "the copy."
        ),
    },
    "fr": {
        "title": "Les mêmes lignes dans deux fichiers de journaux de serveur web",
        "shows": (
            "{lines} lignes figurent, l'une après l'autre et dans le même ordre, à la fois dans {file} (scellé {exhibit}) et dans "
            "{other} "
            "(scellé {other_exhibit}) ; leurs heures vont de {first} à {last}. Numéros de ligne dans les deux : {places}. Un "
            "comptage sur les "
            "deux fichiers compterait ces requêtes deux fois."
        ),
        "does_not_show": "Lequel des deux a été écrit en premier, ni qu'une requête a été faite deux fois.",
        "alternatives": (
            "Une copie faite pendant que le journal continuait, ou un fichier archivé à côté de sa source ; un serveur réglé pour écrire "
            "ses lignes dans deux journaux."
        ),
        "would_change": (
            "La configuration du serveur et de la rotation de ses journaux l'expliquerait ; les dates des deux fichiers sur le disque "
            "montreraient lequel est la copie."
        ),
    },
    "ar": {
        "title": "الأسطر نفسها في ملفين من سجلات خادم ويب",
        "shows": (
            "{lines} من الأسطر ترد متتابعة وبالترتيب نفسه في {file} (المحجوز {exhibit}) وفي {other} (المحجوز {other_exhibit})؛ "
            "وأوقاتها من "
            "{first} إلى {last}. أرقام الأسطر في الملفين: {places}. والعدّ على الملفين معا يعدّ هذه الطلبات مرتين."
        ),
        "does_not_show": "أيهما كُتب أولا، ولا أن طلبا أُجري مرتين.",
        "alternatives": (
            "نسخة أُخذت بينما كان السجل مستمرا، أو ملف مؤرشف إلى جانب أصله؛ أو خادم مضبوط على كتابة أسطره في سجلين."
        ),
        "would_change": "إعدادات الخادم وتدوير سجلاته تفسر ذلك؛ وتاريخا الملفين على القرص يبينان أيهما النسخة.",
    },
}

WITHIN: Words = {
    "en": {
        "title": "The same lines twice in one file of a web server log",
        "shows": (
            "In {file} (exhibit {exhibit}) {lines} lines that stand earlier in it stand there again, one after another and in the same "
            "order; their times run from {first} to {last}. Line numbers of both places: {places}."
        ),
        "does_not_show": "How they came there, nor that a request was made twice.",
        "alternatives": "Files joined that overlap; a log collector that sent a part again; a copy restored behind the log.",
        "would_change": (
            "The log as the server itself keeps it would show whether the lines stand there once; a note on how the file was put "
            "together "
            "would explain it."
        ),
    },
    "fr": {
        "title": "Les mêmes lignes deux fois dans un fichier de journal de serveur web",
        "shows": (
            "Dans {file} (scellé {exhibit}), {lines} lignes qui y figurent plus haut figurent une seconde fois, l'une après l'autre "
            "et dans "
            "le même ordre ; leurs heures vont de {first} à {last}. Numéros de ligne des deux endroits : {places}."
        ),
        "does_not_show": "Comment elles s'y trouvent, ni qu'une requête a été faite deux fois.",
        "alternatives": (
            "Des fichiers réunis qui se recouvrent ; un collecteur de journaux qui a renvoyé une partie ; une copie restaurée à la "
            "suite du "
            "journal."
        ),
        "would_change": (
            "Le journal tel que le serveur le conserve montrerait si les lignes n'y figurent qu'une fois ; une note sur la façon dont le "
            "fichier a été constitué l'expliquerait."
        ),
    },
    "ar": {
        "title": "الأسطر نفسها مرتين في ملف واحد من سجل خادم ويب",
        "shows": (
            "في {file} (المحجوز {exhibit}) ترد مرة ثانية {lines} من الأسطر الواردة قبل ذلك فيه، متتابعة وبالترتيب نفسه؛ وأوقاتها من "
            "{first} "
            "إلى {last}. أرقام الأسطر في الموضعين: {places}."
        ),
        "does_not_show": "كيف وصلت إلى هناك، ولا أن طلبا أُجري مرتين.",
        "alternatives": "جمع ملفات متداخلة؛ أو أداة جمع سجلات أعادت إرسال جزء؛ أو نسخة استُرجعت وأُلحقت بالسجل.",
        "would_change": (
            "السجل كما يحفظه الخادم نفسه يبين هل ترد الأسطر فيه مرة واحدة؛ وإفادة مدوّنة عن كيفية تكوين الملف تفسر ذلك."
        ),
    },
}

DIFFERS: Words = {
    "en": {
        "title": "Two copies of a web server log that differ",
        "shows": (
            "The files {file} (exhibit {exhibit}) and {other} (exhibit {other_exhibit}) hold the same lines in the same order from "
            "{first} to "
            "{last}, but for lines that stand in one of them only. Only in the first: {only}; only in the second: {only_other}. "
            "Line numbers: "
            "{places}."
        ),
        "does_not_show": "Which of the two is as the server wrote it, nor that a person added, removed or changed the lines.",
        "alternatives": (
            "A copy from which lines were left out or made anonymous on purpose; two logs set up to hold slightly different requests; a "
            "copy made while lines were written out of order; a damaged copy."
        ),
        "would_change": (
            "A third copy (backup, collector) or the record of a proxy or application of the same requests would show which of the "
            "two is "
            "whole; a note that one was filtered would explain it."
        ),
    },
    "fr": {
        "title": "Deux copies d'un journal de serveur web qui diffèrent",
        "shows": (
            "Les fichiers {file} (scellé {exhibit}) et {other} (scellé {other_exhibit}) contiennent les mêmes lignes dans le même "
            "ordre de "
            "{first} à {last}, sauf des lignes qui ne figurent que dans l'un d'eux. Dans le premier seulement : {only} ; dans le second "
            "seulement : {only_other}. Numéros de ligne : {places}."
        ),
        "does_not_show": (
            "Lequel des deux est tel que le serveur l'a écrit, ni qu'une personne a ajouté, supprimé ou modifié ces lignes."
        ),
        "alternatives": (
            "Une copie dont des lignes ont été volontairement retirées ou anonymisées ; deux journaux réglés pour contenir des "
            "requêtes un "
            "peu différentes ; une copie faite pendant que des lignes étaient écrites dans le désordre ; une copie endommagée."
        ),
        "would_change": (
            "Une troisième copie (sauvegarde, collecteur) ou la trace des mêmes requêtes sur un serveur mandataire ou dans une "
            "application "
            "montrerait lequel est complet ; une note indiquant que l'un a été filtré l'expliquerait."
        ),
    },
    "ar": {
        "title": "نسختان مختلفتان من سجل خادم ويب",
        "shows": (
            "يحوي الملفان {file} (المحجوز {exhibit}) و{other} (المحجوز {other_exhibit}) الأسطر نفسها بالترتيب نفسه من {first} إلى "
            "{last}، عدا "
            "أسطر ترد في أحدهما فقط. عدد ما يرد في الأول فقط: {only}؛ وفي الثاني فقط: {only_other}. أرقام الأسطر: {places}."
        ),
        "does_not_show": "أيهما كما كتبه الخادم، ولا أن شخصا أضاف الأسطر أو حذفها أو عدّلها.",
        "alternatives": (
            "نسخة حُذفت منها أسطر أو أُخفيت هويات فيها عمدا؛ أو سجلان مضبوطان على طلبات مختلفة قليلا؛ أو نسخة أُخذت بينما كانت "
            "الأسطر تُكتب بغير "
            "ترتيب؛ أو نسخة تالفة."
        ),
        "would_change": (
            "نسخة ثالثة (نسخة احتياطية أو خادم تجميع) أو أثر الطلبات نفسها لدى خادم وسيط أو تطبيق يبين أيهما كاملة؛ وإفادة مدوّنة بأن "
            "إحداهما صُفّيت تفسر ذلك."
        ),
    },
}

BY_KIND = {"two": TWO, "within": WITHIN, "differs": DIFFERS}
