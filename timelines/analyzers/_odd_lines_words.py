"""The words of `web_log_odd_lines`, by what was seen."""

from __future__ import annotations

from timelines.analyzers import Words

DAMAGED: Words = {
    "en": {
        "title": "Lines cut off, run into one another, or holes in a web server log",
        "shows": "In the log {log} (exhibit {exhibit}) lines are not as a server writes them. Cut off: {cut}; two written into one: "
        "{mixed}; "
        "with zero bytes in or before them: {holes}. Line numbers: {places}.",
        "does_not_show": "What stood in the places that are cut or empty, nor that anything was removed.",
        "alternatives": "A crash, a full disk or a power cut; several processes that write to one file at once; a log that was "
        "emptied while "
        "the server went on writing (rotation by copying); a damaged copy.",
        "would_change": "A backup or a collector's copy of the same time would show what stood there; a record of a crash or of the "
        "log's "
        "rotation on the machine would explain it.",
    },
    "fr": {
        "title": "Lignes coupées, mêlées ou trous dans un journal de serveur web",
        "shows": "Dans le journal {log} (scellé {exhibit}), des lignes ne sont pas telles qu'un serveur les écrit. Coupées : {cut} "
        "; deux "
        "écrites en une : {mixed} ; avec des octets nuls dedans ou avant : {holes}. Numéros de ligne : {places}.",
        "does_not_show": "Ce qui figurait aux endroits coupés ou vides, ni que quoi que ce soit a été supprimé.",
        "alternatives": "Un arrêt brutal, un disque plein ou une coupure de courant ; plusieurs processus qui écrivent en même "
        "temps dans un "
        "fichier ; un journal vidé alors que le serveur continuait d'écrire (rotation par copie) ; une copie endommagée.",
        "would_change": "Une sauvegarde ou la copie d'un collecteur du même moment montrerait ce qui y figurait ; une trace d'un arrêt "
        "brutal ou de la rotation du journal sur la machine l'expliquerait.",
    },
    "ar": {
        "title": "أسطر مبتورة أو مختلطة أو فراغات في سجل خادم ويب",
        "shows": "في السجل {log} (المحجوز {exhibit}) أسطر ليست كما يكتبها خادم. المبتورة: {cut}؛ سطران كُتبا في واحد: {mixed}؛ فيها "
        "أو قبلها بايتات صفرية: {holes}. أرقام الأسطر: {places}.",
        "does_not_show": "ما كان في المواضع المبتورة أو الفارغة، ولا أن شيئا حُذف.",
        "alternatives": "توقف مفاجئ أو امتلاء قرص أو انقطاع كهرباء؛ أو عمليات عدة تكتب في ملف واحد في آن؛ أو سجل أُفرغ بينما كان "
        "الخادم يكتب "
        "(تدوير بالنسخ)؛ أو نسخة تالفة.",
        "would_change": "نسخة احتياطية أو نسخة خادم تجميع من الوقت نفسه تبين ما كان هناك؛ وأثر توقف مفاجئ أو تدوير السجل على الجهاز "
        "يفسر ذلك.",
    },
}

INJECTED: Words = {
    "en": {
        "title": "Signs that clients wrote lines or control characters into a web server log",
        "shows": "In the log {log} (exhibit {exhibit}): lines with raw control characters: {control}, of these with sequences that "
        "change "
        "what a terminal shows: {escapes}; values with a line break, written as an escape, before what looks like a line of a log: "
        "{inside}; places where a line breaks off and a piece without a date follows soon: {split}. Lines between such pieces, which may "
        "not be the server's: {between}. Line numbers: {places}.",
        "does_not_show": "That a line is false; that whoever reads the log was deceived; who sent it: an address may be shared.",
        "alternatives": "A scanner that tries this on any site, without effect where the server escapes what it writes; a client with a "
        "fault; damage to the file, for control characters and lines that break off.",
        "would_change": "A capture or a proxy's record of the same requests would show what was sent, and whether the lines between were "
        "requests; the version of the server would show whether it escapes line breaks.",
    },
    "fr": {
        "title": "Signes que des clients ont écrit des lignes ou caractères de contrôle dans un journal web",
        "shows": "Dans le journal {log} (scellé {exhibit}) : lignes avec des caractères de contrôle bruts : {control}, dont avec des "
        "séquences qui changent ce qu'affiche un terminal : {escapes} ; valeurs avec un saut de ligne, écrit sous forme échappée, avant "
        "ce qui ressemble à une ligne de journal : {inside} ; endroits où une ligne s'interrompt et où suit de près un morceau sans "
        "date : {split}. Lignes entre de tels morceaux, qui ne sont peut-être pas du serveur : {between}. Numéros de ligne : {places}.",
        "does_not_show": "Qu'une ligne est fausse ; que le lecteur du journal a été trompé ; qui l'a envoyée : une adresse peut être "
        "partagée.",
        "alternatives": "Un scanner qui essaie cela sur n'importe quel site, sans effet si le serveur échappe ce qu'il écrit ; un client "
        "défectueux ; un fichier endommagé, pour les caractères de contrôle et les lignes interrompues.",
        "would_change": "Une capture ou la trace d'un serveur mandataire des mêmes requêtes montrerait ce qui a été envoyé, et si "
        "les lignes "
        "intermédiaires étaient des requêtes ; la version du serveur montrerait s'il échappe les sauts de ligne.",
    },
    "ar": {
        "title": "علامات على كتابة عملاء أسطرا أو محارف تحكم في سجل خادم ويب",
        "shows": "في السجل {log} (المحجوز {exhibit}): أسطر فيها محارف تحكم خام: {control}، منها ما فيه تسلسلات تغيّر ما تعرضه الطرفية: "
        "{escapes}؛ قيم فيها فاصل أسطر مكتوب بصيغة مُهرَّبة قبل ما يشبه سطر سجل: {inside}؛ مواضع ينقطع فيها سطر وتليه عن قرب قطعة بلا "
        "تاريخ: {split}. الأسطر بين هذه القطع، وقد لا تكون من الخادم: {between}. أرقام الأسطر: {places}.",
        "does_not_show": "أن سطرا ما مزيف؛ ولا أن قارئ السجل خُدع؛ ولا من أرسله: فقد يتقاسم العنوانَ آخرون.",
        "alternatives": "أداة فحص تجرب ذلك على أي موقع، بلا أثر حيث يهرّب الخادم ما يكتبه؛ أو عميل فيه خلل؛ أو تلف الملف، فيما يخص "
        "محارف التحكم "
        "والأسطر المنقطعة.",
        "would_change": "حركة ملتقطة أو أثر الطلبات نفسها لدى خادم وسيط يبين ما أُرسل، وهل كانت الأسطر الواقعة بينها طلبات؛ وإصدار "
        "الخادم يبين هل "
        "يهرّب فواصل الأسطر.",
    },
}

JOINED: Words = {
    "en": {
        "title": "Line ends or encoding change within a web server log",
        "shows": "A server ends all lines of a log alike. In the log {log} (exhibit {exhibit}) the way in which lines end changes "
        "in places: "
        "{turns}; signs of a text encoding stand inside the file: {marks}. Line numbers behind them: {places}.",
        "does_not_show": "That the content of a line was changed, nor who saved the file.",
        "alternatives": "Files of several servers joined into one; a file opened and saved with an editor to read it; a tool that "
        "copied a "
        "part as text.",
        "would_change": "The log as the server keeps it, or a backup, would show whether the lines are the same; a note that logs were "
        "joined or converted would explain it.",
    },
    "fr": {
        "title": "Fins de ligne ou encodage qui changent dans un journal de serveur web",
        "shows": "Un serveur termine toutes les lignes d'un journal de la même façon. Dans le journal {log} (scellé {exhibit}), "
        "endroits où "
        "change la façon dont se terminent les lignes : {turns} ; marques d'encodage à l'intérieur du fichier : {marks}. Numéros "
        "des lignes "
        "qui suivent : {places}.",
        "does_not_show": "Que le contenu d'une ligne a été modifié, ni qui a enregistré le fichier.",
        "alternatives": "Des fichiers de plusieurs serveurs réunis en un ; un fichier ouvert et enregistré avec un éditeur pour le "
        "lire ; un "
        "outil qui en a copié une partie comme texte.",
        "would_change": "Le journal tel que le serveur le conserve, ou une sauvegarde, montrerait si les lignes sont les mêmes ; "
        "une note "
        "indiquant que des journaux ont été réunis ou convertis l'expliquerait.",
    },
    "ar": {
        "title": "تغيّر نهايات الأسطر أو الترميز داخل سجل خادم ويب",
        "shows": "ينهي الخادم كل أسطر السجل بالطريقة نفسها. وفي السجل {log} (المحجوز {exhibit}) مواضع تتغير فيها طريقة انتهاء "
        "الأسطر: {turns}؛ "
        "وعلامات ترميز داخل الملف: {marks}. أرقام الأسطر التي تليها: {places}.",
        "does_not_show": "أن مضمون سطر عُدّل، ولا من حفظ الملف.",
        "alternatives": "جمع ملفات عدة خوادم في ملف واحد؛ أو ملف فُتح بمحرر وحُفظ لقراءته؛ أو أداة نسخت جزءا منه نصا.",
        "would_change": "السجل كما يحفظه الخادم أو نسخة احتياطية يبين هل الأسطر هي نفسها؛ وإفادة مدوّنة بأن سجلات جُمعت أو حُوّلت "
        "تفسر ذلك.",
    },
}

BY_KIND = {"damaged": DAMAGED, "injected": INJECTED, "joined": JOINED}
