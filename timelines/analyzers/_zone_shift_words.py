"""The words of `web_log_zone_shift`."""

from __future__ import annotations

from timelines.analyzers import Words

TEXTS: Words = {
    "en": {
        "title": "The times of a web server log and of the log service differ by whole quarters of an hour",
        "shows": (
            "In the web server log {log} (exhibit {exhibit}), the time that a line bears and the time at which the log service took "
            "it differ by the same amount on nearly all lines: own time minus the service's in hours, and number of lines: "
            "{differences}. Lines that have both times: {compared}. Lines that differ so are not marked one by one; no time was altered."
        ),
        "does_not_show": "Which of the two times is right, nor why they differ. {assumed}",
        "alternatives": (
            "A time zone that was given for the examination and is not the one of the server; a server or a log service whose zone is "
            "wrongly set; a clock set wrong by hours; summer time kept by one of them only."
        ),
        "would_change": (
            "The zone in the configuration of the server and of the log service would tell; where the zone that was given is wrong, "
            "reading the log again with the right one makes the difference vanish."
        ),
    },
    "fr": {
        "title": "Les heures d’un journal de serveur web et celles du service de journalisation diffèrent de quarts d’heure entiers",
        "shows": (
            "Dans le journal de serveur web {log} (scellé {exhibit}), l’heure que porte une ligne et celle à laquelle le service de "
            "journalisation l’a reçue diffèrent d’une même durée sur presque toutes les lignes ; heure propre moins heure du service, "
            "en heures, et nombre de lignes : {differences}. Lignes portant les deux heures : {compared}. Les lignes qui diffèrent ainsi "
            "ne sont pas signalées une à une ; aucune heure n’a été modifiée."
        ),
        "does_not_show": "Laquelle des deux heures est juste, ni la raison de l’écart. {assumed}",
        "alternatives": (
            "Un fuseau horaire indiqué pour l’examen qui n’est pas celui du serveur ; un serveur ou un service de journalisation dont le "
            "fuseau est mal réglé ; une horloge décalée de plusieurs heures ; l’heure d’été appliquée par l’un des deux seulement."
        ),
        "would_change": (
            "Le fuseau inscrit dans la configuration du serveur et du service de journalisation le dirait ; si le fuseau indiqué est faux, "
            "une nouvelle lecture du journal avec le bon fuseau fait disparaître l’écart."
        ),
    },
    "ar": {
        "title": "أوقات سجل خادم الويب وأوقات خدمة التسجيل تختلف بعدد كامل من أرباع الساعة",
        "shows": (
            "في سجل خادم الويب {log} (المحجوز {exhibit}) يختلف الوقت المكتوب في السطر عن الوقت الذي تسلمته فيه خدمة التسجيل بالمقدار نفسه "
            "في جميع الأسطر تقريبا؛ وقت السطر ناقصا وقت الخدمة بالساعات، وعدد الأسطر: {differences}. "
            "عدد الأسطر التي تحمل الوقتين: {compared}. والأسطر التي تختلف هكذا لا توسم سطرا سطرا؛ ولم يُغيَّر أي وقت."
        ),
        "does_not_show": "أي الوقتين هو الصحيح، ولا سبب الاختلاف. {assumed}",
        "alternatives": (
            "منطقة زمنية ذُكرت للفحص وليست منطقة الخادم؛ أو خادم أو خدمة تسجيل ضُبطت منطقتها خطأ؛ أو ساعة أُخِّرت أو قُدِّمت بعدة ساعات؛ "
            "أو توقيت صيفي يتبعه أحدهما دون الآخر."
        ),
        "would_change": (
            "المنطقة الزمنية في إعدادات الخادم وخدمة التسجيل تبين ذلك؛ وإذا كانت المنطقة المذكورة خاطئة فإن قراءة السجل ثانية بالمنطقة "
            "الصحيحة تزيل الاختلاف."
        ),
    },
}
ASSUMED = {
    "en": "One of the two was written without a zone and takes the one that was given for the examination.",
    "fr": "L’une des deux a été écrite sans fuseau et suit celui qui a été indiqué pour l’examen.",
    "ar": "وأحد الوقتين كُتب بلا منطقة زمنية فأُخذت له المنطقة المذكورة للفحص.",
}
WRITTEN = {
    "en": "Both were written with a zone.",
    "fr": "Les deux ont été écrites avec leur fuseau.",
    "ar": "وكلاهما كُتب مع منطقته الزمنية.",
}
