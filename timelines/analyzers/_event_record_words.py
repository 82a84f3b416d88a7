"""The words of `event_record_gap`, by what was seen."""

from __future__ import annotations

from timelines.analyzers import Words

INSIDE: Words = {
    "en": {
        "title": "Event records missing inside a Windows event log",
        "shows": (
            "Windows numbers the records of a log one by one. In the log {channel} of {host} (exhibit {exhibit}, "
            "file {file}) the numbering runs on without holes except in these places: {places}. Records missing "
            "there: {missing}. {damage}"
        ),
        "does_not_show": "What the missing records said, nor that a person removed them.",
        "alternatives": (
            "Damage to the file; a copy made while the log was being written; a tool that saved a choice of "
            "events under their first numbers."
        ),
        "would_change": (
            "Another copy of the log (backup, collector) with these record numbers would show what they said; a copy "
            "from the same disk without the gap would overturn it; a note that only chosen events were saved would "
            "explain it."
        ),
    },
    "fr": {
        "title": "Enregistrements manquants dans un journal d'événements Windows",
        "shows": (
            "Windows numérote un par un les enregistrements d'un journal. Dans le journal {channel} de {host} "
            "(scellé {exhibit}, fichier {file}), la numérotation est continue, sauf aux endroits suivants : "
            "{places}. Enregistrements qui y manquent : {missing}. {damage}"
        ),
        "does_not_show": "Ce que disaient les enregistrements manquants, ni qu'une personne les a supprimés.",
        "alternatives": (
            "Un fichier endommagé ; une copie faite pendant l'écriture du journal ; un outil qui a enregistré un "
            "choix d'événements sous leurs premiers numéros."
        ),
        "would_change": (
            "Une autre copie du journal (sauvegarde, collecteur) contenant ces numéros montrerait ce qu'ils disaient "
            "; une copie du même disque sans cette lacune la ferait tomber ; une note indiquant que seuls des "
            "événements choisis ont été enregistrés l'expliquerait."
        ),
    },
    "ar": {
        "title": "تسجيلات مفقودة داخل سجل أحداث ويندوز",
        "shows": (
            "يرقّم ويندوز تسجيلات السجل واحدا بعد آخر. وفي السجل {channel} للجهاز {host} (المحجوز {exhibit}، "
            "الملف {file}) الترقيم متصل إلا في المواضع الآتية: {places}. عدد التسجيلات المفقودة فيها: {missing}. "
            "{damage}"
        ),
        "does_not_show": "ما تضمنته التسجيلات المفقودة، ولا أن شخصا حذفها.",
        "alternatives": ("تلف الملف؛ أو نسخة أُخذت أثناء الكتابة في السجل؛ أو أداة حفظت أحداثا مختارة بأرقامها الأولى."),
        "would_change": (
            "نسخة أخرى من السجل (نسخة احتياطية أو خادم تجميع) تحوي هذه الأرقام تبين مضمونها؛ ونسخة من القرص نفسه بلا "
            "هذه الفجوة تنقض المعاينة؛ وإفادة مدوّنة بأن أحداثا مختارة فقط حُفظت تفسرها."
        ),
    },
}

CLEARED: Words = {
    "en": {
        "title": "Event records lost when a Windows event log was cleared",
        "shows": (
            "An earlier copy of the log {channel} of {host} ends with record {before}; the log that was cleared "
            "later begins with record {after}, which reports the clearing. The records between them, in number "
            "{missing}, stand in neither file."
        ),
        "does_not_show": "What the lost records said, nor who cleared the log.",
        "alternatives": "A planned clearing after a backup of which a later part was not handed in.",
        "would_change": (
            "A later backup or a collector's copy with those record numbers would give back what was lost; a "
            "maintenance order for the clearing would explain it; a file not handed in that holds them would overturn"
            " it."
        ),
    },
    "fr": {
        "title": "Enregistrements perdus lors de l'effacement d'un journal d'événements Windows",
        "shows": (
            "Une copie antérieure du journal {channel} de {host} s'arrête à l'enregistrement {before} ; le "
            "journal effacé par la suite commence à l'enregistrement {after}, qui signale l'effacement. Les "
            "enregistrements intermédiaires, au nombre de {missing}, ne figurent dans aucun des deux fichiers."
        ),
        "does_not_show": "Ce que disaient les enregistrements perdus, ni qui a effacé le journal.",
        "alternatives": "Un effacement prévu, après une sauvegarde dont la suite n'a pas été remise.",
        "would_change": (
            "Une sauvegarde plus récente ou la copie d'un collecteur contenant ces numéros rendrait ce qui est perdu "
            "; un ordre de maintenance prévoyant l'effacement l'expliquerait ; un fichier non remis qui les contient "
            "la ferait tomber."
        ),
    },
    "ar": {
        "title": "تسجيلات فُقدت عند مسح سجل أحداث ويندوز",
        "shows": (
            "تنتهي نسخة سابقة من السجل {channel} للجهاز {host} عند التسجيل رقم {before}؛ ويبدأ السجل الذي مُسح "
            "لاحقا بالتسجيل رقم {after} الذي يفيد بالمسح. والتسجيلات الواقعة بينهما، وعددها {missing}، لا توجد في "
            "أي من الملفين."
        ),
        "does_not_show": "ما تضمنته التسجيلات المفقودة، ولا من مسح السجل.",
        "alternatives": "مسح مبرمج بعد نسخة احتياطية لم تُسلَّم بقيتها.",
        "would_change": (
            "نسخة احتياطية أحدث أو نسخة في خادم تجميع تحوي هذه الأرقام تعيد ما فُقد؛ وأمر صيانة يقرر المسح يفسره؛ "
            "وملف لم يُسلَّم يحويها ينقض المعاينة."
        ),
    },
}

BETWEEN: Words = {
    "en": {
        "title": "Event records missing between two files of one Windows event log",
        "shows": (
            "Two files hold the log {channel} of {host}, one up to record {before}, the other from record {after} "
            "on. The records between them, in number {missing}, stand in neither file."
        ),
        "does_not_show": "What the missing records said, nor that they were removed.",
        "alternatives": (
            "Two copies between which the log overwrote its oldest records; a part that was not handed in."
        ),
        "would_change": (
            "A third copy made between the two would show what stood there; the size limit of the log, if those "
            "records exceed it, would explain their absence by overwriting."
        ),
    },
    "fr": {
        "title": "Enregistrements manquants entre deux fichiers d'un même journal d'événements Windows",
        "shows": (
            "Deux fichiers contiennent le journal {channel} de {host} : l'un jusqu'à l'enregistrement {before}, "
            "l'autre à partir de l'enregistrement {after}. Les enregistrements intermédiaires, au nombre de "
            "{missing}, ne figurent dans aucun des deux."
        ),
        "does_not_show": "Ce que disaient les enregistrements manquants, ni qu'ils ont été supprimés.",
        "alternatives": (
            "Deux copies entre lesquelles le journal a écrasé ses plus anciens enregistrements ; une partie non remise."
        ),
        "would_change": (
            "Une troisième copie faite entre les deux montrerait ce qui s'y trouvait ; la taille maximale du journal,"
            " si ces enregistrements la dépassent, expliquerait leur absence par un simple écrasement."
        ),
    },
    "ar": {
        "title": "تسجيلات مفقودة بين ملفين من سجل أحداث ويندوز واحد",
        "shows": (
            "يحتوي ملفان على السجل {channel} للجهاز {host}: الأول إلى غاية التسجيل رقم {before}، والثاني ابتداء "
            "من التسجيل رقم {after}. والتسجيلات الواقعة بينهما، وعددها {missing}، لا توجد في أي منهما."
        ),
        "does_not_show": "ما تضمنته التسجيلات المفقودة، ولا أنها حُذفت.",
        "alternatives": "نسختان كتب السجل بينهما فوق أقدم تسجيلاته؛ أو جزء لم يُسلَّم.",
        "would_change": (
            "نسخة ثالثة أُخذت بينهما تبين ما كان هناك؛ والحجم الأقصى للسجل، إذا كانت هذه التسجيلات تتجاوزه، يفسر "
            "غيابها بالكتابة فوق الأقدم."
        ),
    },
}

RESTART: Words = {
    "en": {
        "title": "Numbering of a Windows event log begins anew",
        "shows": (
            "In the log {channel} of {host} (exhibit {exhibit}, file {file}) higher record numbers bear earlier "
            "times, or one number stands on several records of different times. Places: {places}."
        ),
        "does_not_show": "Which of the records came first, nor why the numbering changed.",
        "alternatives": (
            "A log that was deleted and created again; two logs joined into one file; a clock that was set back."
        ),
        "would_change": (
            "The history of the file on the disk (creation, deletion) or the settings of a tool that joins logs would"
            " explain it; the times of the same acts in other sources would show which records came first."
        ),
    },
    "fr": {
        "title": "La numérotation d'un journal d'événements Windows recommence",
        "shows": (
            "Dans le journal {channel} de {host} (scellé {exhibit}, fichier {file}), des numéros d'enregistrement "
            "plus élevés portent des heures antérieures, ou un même numéro figure sur plusieurs enregistrements "
            "d'heures différentes. Endroits : {places}."
        ),
        "does_not_show": "Lesquels des enregistrements sont les premiers, ni pourquoi la numérotation a changé.",
        "alternatives": (
            "Un journal supprimé puis recréé ; deux journaux réunis en un fichier ; une horloge retardée."
        ),
        "would_change": (
            "L'historique du fichier sur le disque (création, suppression) ou les réglages d'un outil qui réunit des "
            "journaux l'expliqueraient ; les heures des mêmes actes dans d'autres sources montreraient quels "
            "enregistrements sont les premiers."
        ),
    },
    "ar": {
        "title": "ترقيم سجل أحداث ويندوز يبدأ من جديد",
        "shows": (
            "في السجل {channel} للجهاز {host} (المحجوز {exhibit}، الملف {file}) تحمل أرقام أعلى أوقاتا أسبق، أو "
            "يرد الرقم نفسه في تسجيلات مختلفة الأوقات. المواضع: {places}."
        ),
        "does_not_show": "أي التسجيلات جاء أولا، ولا سبب تغير الترقيم.",
        "alternatives": "سجل حُذف ثم أُنشئ من جديد؛ أو سجلان جُمعا في ملف واحد؛ أو ساعة أُرجعت إلى الوراء.",
        "would_change": (
            "تاريخ الملف في القرص (إنشاؤه وحذفه) أو إعدادات أداة تجمع السجلات تفسره؛ وأوقات الأفعال نفسها في مصادر "
            "أخرى تبين أي التسجيلات جاء أولا."
        ),
    },
}

BACKWARDS: Words = {
    "en": {
        "title": "Time runs backwards in a Windows event log",
        "shows": (
            "In the log {channel} of {host} (exhibit {exhibit}, file {file}) a record bears an earlier time than "
            "the one before it by record number. Places: {places}. Largest step back: {seconds} s."
        ),
        "does_not_show": "Who or what changed the clock, nor which of the times is right.",
        "alternatives": (
            "The clock being synchronised, or a virtual machine resumed; a program that reports events late under "
            "their own time."
        ),
        "would_change": (
            "A record of the change of the clock (system log, time service, host of a virtual machine) would explain "
            "it; the same acts in another source would show which times are right."
        ),
    },
    "fr": {
        "title": "Le temps recule dans un journal d'événements Windows",
        "shows": (
            "Dans le journal {channel} de {host} (scellé {exhibit}, fichier {file}), un enregistrement porte une "
            "heure antérieure à celle de l'enregistrement qui le précède par son numéro. Endroits : {places}. "
            "Plus grand recul : {seconds} s."
        ),
        "does_not_show": "Qui ou quoi a changé l'horloge, ni laquelle des heures est juste.",
        "alternatives": (
            "Une synchronisation de l'horloge, ou la reprise d'une machine virtuelle ; un programme qui signale "
            "des événements avec retard, sous leur propre heure."
        ),
        "would_change": (
            "Un enregistrement du changement d'horloge (journal système, service de temps, hôte d'une machine "
            "virtuelle) l'expliquerait ; les mêmes actes dans une autre source montreraient quelles heures sont "
            "justes."
        ),
    },
    "ar": {
        "title": "الوقت يرجع إلى الوراء في سجل أحداث ويندوز",
        "shows": (
            "في السجل {channel} للجهاز {host} (المحجوز {exhibit}، الملف {file}) يحمل تسجيل وقتا أسبق من وقت "
            "التسجيل الذي يسبقه في الترقيم. المواضع: {places}. أكبر رجوع: {seconds} ثانية."
        ),
        "does_not_show": "من غيّر الساعة أو ما غيّرها، ولا أي الأوقات صحيح.",
        "alternatives": (
            "ضبط الساعة تلقائيا، أو استئناف جهاز افتراضي؛ أو برنامج يبلّغ عن أحداث متأخرة بأوقاتها الأصلية."
        ),
        "would_change": (
            "تسجيل لتغيير الساعة (سجل النظام أو خدمة الوقت أو مضيف جهاز افتراضي) يفسره؛ والأفعال نفسها في مصدر آخر "
            "تبين أي الأوقات صحيح."
        ),
    },
}

DAMAGE = {
    "en": "Damage of the file is reported beside them.",
    "fr": "Des dommages du fichier sont signalés au même endroit.",
    "ar": "وقد سُجل تلف في الملف في المواضع نفسها.",
}
NO_DAMAGE = dict.fromkeys(DAMAGE, "")

BY_KIND = {"inside": INSIDE, "cleared": CLEARED, "between": BETWEEN, "anew": RESTART, "backwards": BACKWARDS}
