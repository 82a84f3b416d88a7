"""The words of `web_log_rotation`, by what was seen."""

from __future__ import annotations

from timelines.analyzers import Words

MISSING: Words = {
    "en": {
        "title": "A file missing from the rotated files of a web server log",
        "shows": "Of the rotated files of the log {log} (exhibit {exhibit}), which otherwise follow each other by number or day, "
        "none bears: "
        "{what}. The lines before it end at {first} ({older}), those after it begin at {last} ({newer}).",
        "does_not_show": "That such a file existed, nor that anybody removed it.",
        "alternatives": "A file that was not handed in or not copied; a time without requests, in which no file was made; files "
        "renamed by "
        "hand.",
        "would_change": "The missing file itself, from the server, a backup or a collector, would close the gap; the machine's "
        "record of its "
        "log rotation would show whether it was ever made.",
    },
    "fr": {
        "title": "Un fichier manquant parmi les fichiers archivés d'un journal de serveur web",
        "shows": "Parmi les fichiers archivés du journal {log} (scellé {exhibit}), qui se suivent par ailleurs par numéro ou par "
        "jour, aucun "
        "ne porte : {what}. Les lignes d'avant s'arrêtent à {first} ({older}), celles d'après commencent à {last} ({newer}).",
        "does_not_show": "Qu'un tel fichier a existé, ni que quelqu'un l'a supprimé.",
        "alternatives": "Un fichier non remis ou non copié ; un temps sans requête, pendant lequel aucun fichier n'a été créé ; des "
        "fichiers "
        "renommés à la main.",
        "would_change": "Le fichier manquant, issu du serveur, d'une sauvegarde ou d'un collecteur, comblerait la lacune ; la "
        "trace, sur la "
        "machine, de la rotation des journaux montrerait s'il a jamais été créé.",
    },
    "ar": {
        "title": "ملف ناقص من الملفات المؤرشفة لسجل خادم ويب",
        "shows": "بين الملفات المؤرشفة للسجل {log} (المحجوز {exhibit})، المتتابعة عدا ذلك بالرقم أو باليوم، لا يوجد ما يحمل: "
        "{what}. تنتهي الأسطر "
        "قبله عند {first} ({older})، وتبدأ بعده عند {last} ({newer}).",
        "does_not_show": "أن ملفا كهذا وُجد، ولا أن أحدا حذفه.",
        "alternatives": "ملف لم يُسلَّم أو لم يُنسخ؛ أو وقت بلا طلبات لم يُنشأ فيه ملف؛ أو ملفات أُعيدت تسميتها يدويا.",
        "would_change": "الملف الناقص نفسه من الخادم أو من نسخة احتياطية أو من خادم تجميع يسدّ الفجوة؛ وأثر تدوير السجلات على "
        "الجهاز يبين هل أُنشئ "
        "أصلا.",
    },
}

APART: Words = {
    "en": {
        "title": "Rotated files of a web server log that do not meet",
        "shows": "Of the log {log} (exhibit {exhibit}) the file {older} ends at {first}, the next, {newer}, begins at {last}, "
        "{hours} hours "
        "later; nowhere else in its {files} files is it silent for a third as long.",
        "does_not_show": "That lines were removed; a server that does not run writes none.",
        "alternatives": "The server or its logging was stopped; lines went to a file that was not handed in; a holiday.",
        "would_change": "The machine's own log of that time would show whether the server ran; the record of a proxy, or a capture, with "
        "requests to it would make the silence weigh more.",
    },
    "fr": {
        "title": "Des fichiers archivés d'un journal de serveur web qui ne se rejoignent pas",
        "shows": "Pour le journal {log} (scellé {exhibit}), le fichier {older} s'arrête à {first} et le suivant, {newer}, commence "
        "à {last}, "
        "{hours} heures plus tard ; nulle part ailleurs dans ses {files} fichiers il n'est muet pendant le tiers de cette durée.",
        "does_not_show": "Que des lignes ont été supprimées ; un serveur arrêté n'en écrit pas.",
        "alternatives": "Le serveur ou sa journalisation était arrêté ; les lignes ont été écrites dans un fichier non remis ; un "
        "jour férié.",
        "would_change": "Le journal de la machine à ce moment montrerait si le serveur fonctionnait ; la trace d'un serveur "
        "mandataire ou une "
        "capture contenant des requêtes vers lui donnerait plus de poids à ce silence.",
    },
    "ar": {
        "title": "ملفات مؤرشفة من سجل خادم ويب لا تتصل",
        "shows": "في السجل {log} (المحجوز {exhibit}) ينتهي الملف {older} عند {first}، ويبدأ التالي {newer} عند {last} بعد عدد "
        "ساعات: {hours}؛ ولا "
        "يصمت في أي موضع آخر من ملفاته، وعددها {files}، ثلث هذه المدة.",
        "does_not_show": "أن أسطرا حُذفت؛ فالخادم المتوقف لا يكتب شيئا.",
        "alternatives": "توقف الخادم أو تسجيله؛ أو كتابة الأسطر في ملف لم يُسلَّم؛ أو عطلة.",
        "would_change": "سجل الجهاز نفسه في ذلك الوقت يبين هل كان الخادم يعمل؛ وأثر خادم وسيط أو حركة ملتقطة فيها طلبات إليه يزيد "
        "من وزن هذا "
        "الصمت.",
    },
}

NAME: Words = {
    "en": {
        "title": "A rotated web server log with lines of a later day than its name",
        "shows": "The file {older} of the log {log} (exhibit {exhibit}) is named after {what}, but holds lines up to {last}, later "
        "than the "
        "other {files} files of the log allow.",
        "does_not_show": "Whether the name or the lines were changed, nor by whom.",
        "alternatives": "A file renamed or copied by hand; a rotation that failed for some days, so that the server went on writing "
        "to it; a "
        "clock that was set.",
        "would_change": "The dates of the file on the disk, and the machine's record of its log rotation, would explain it or make "
        "it weigh "
        "more.",
    },
    "fr": {
        "title": "Un journal archivé de serveur web avec des lignes postérieures au jour de son nom",
        "shows": "Le fichier {older} du journal {log} (scellé {exhibit}) est nommé d'après {what}, mais contient des lignes jusqu'à "
        "{last}, "
        "plus tard que ne le permettent les {files} fichiers du journal.",
        "does_not_show": "Si c'est le nom ou les lignes qui ont été changés, ni par qui.",
        "alternatives": "Un fichier renommé ou copié à la main ; une rotation qui a échoué pendant quelques jours, le serveur "
        "continuant d'y "
        "écrire ; une horloge réglée.",
        "would_change": "Les dates du fichier sur le disque et la trace, sur la machine, de la rotation des journaux "
        "l'expliqueraient ou lui "
        "donneraient plus de poids.",
    },
    "ar": {
        "title": "سجل مؤرشف لخادم ويب فيه أسطر من يوم لاحق لاسمه",
        "shows": "الملف {older} من السجل {log} (المحجوز {exhibit}) مسمى باليوم {what}، لكنه يحوي أسطرا إلى غاية {last}، بعد ما تسمح "
        "به ملفات السجل "
        "وعددها {files}.",
        "does_not_show": "هل غُيّر الاسم أم الأسطر، ولا من غيّرها.",
        "alternatives": "ملف أُعيدت تسميته أو نُسخ يدويا؛ أو تدوير تعطل أياما فاستمر الخادم في الكتابة فيه؛ أو ساعة غُيّرت.",
        "would_change": "تواريخ الملف على القرص وأثر تدوير السجلات على الجهاز تفسر ذلك أو تزيد من وزنه.",
    },
}

SIZE: Words = {
    "en": {
        "title": "A rotated web server log far smaller than its siblings",
        "shows": "The log {log} (exhibit {exhibit}) is rotated by size: its files are near {usual} bytes each, but {older} has "
        "{size} bytes. "
        "Its lines run from {first} to {last}.",
        "does_not_show": "That lines were taken out of it.",
        "alternatives": "A rotation asked for by hand, at a restart or after a change of the settings; a disk that was full; a copy "
        "cut short.",
        "would_change": "A backup of the file would show whether it was ever larger; a record of the restart or rotation at its end "
        "would "
        "explain it.",
    },
    "fr": {
        "title": "Un journal archivé de serveur web bien plus petit que les autres",
        "shows": "Le journal {log} (scellé {exhibit}) est archivé selon la taille : ses fichiers font près de {usual} octets "
        "chacun, mais "
        "{older} en fait {size}. Ses lignes vont de {first} à {last}.",
        "does_not_show": "Que des lignes en ont été retirées.",
        "alternatives": "Une rotation demandée à la main, lors d'un redémarrage ou après un changement de réglages ; un disque "
        "plein ; une "
        "copie interrompue.",
        "would_change": "Une sauvegarde du fichier montrerait s'il a été plus grand ; une trace du redémarrage ou de la rotation à "
        "sa fin "
        "l'expliquerait.",
    },
    "ar": {
        "title": "سجل مؤرشف لخادم ويب أصغر بكثير من إخوته",
        "shows": "يُدوَّر السجل {log} (المحجوز {exhibit}) حسب الحجم: تقارب ملفاته {usual} بايت لكل منها، لكن حجم {older} بالبايت هو "
        "{size}. وأسطره "
        "من {first} إلى {last}.",
        "does_not_show": "أن أسطرا أُزيلت منه.",
        "alternatives": "تدوير طُلب يدويا أو عند إعادة تشغيل أو بعد تغيير الإعدادات؛ أو قرص ممتلئ؛ أو نسخة لم تكتمل.",
        "would_change": "نسخة احتياطية من الملف تبين هل كان أكبر؛ وأثر إعادة التشغيل أو التدوير عند نهايته يفسر ذلك.",
    },
}

BY_KIND = {"missing": MISSING, "apart": APART, "name": NAME, "size": SIZE}
