"""The words of `web_log_time_order`, by what was seen."""

from __future__ import annotations

from timelines.analyzers import Words

BACK: Words = {
    "en": {
        "title": "Time goes back in a web server log, which goes on from there",
        "shows": (
            "In the log {log} (exhibit {exhibit}) the next line bears a much earlier time, and the lines after it go on "
            "from there. Places (line numbers): {places}. Largest step back: {seconds} s."
        ),
        "does_not_show": "Who or what caused the step, nor which of the times is right.",
        "alternatives": (
            "A clock that was set right, or a virtual machine that was resumed; files of several days, sites or machines "
            "joined into one; a server that writes its lines in blocks, from several processes."
        ),
        "would_change": (
            "A record of the change of the clock on the machine, or a note that logs were joined, would explain it; the log "
            "as the server keeps it, or a backup, in which these lines stand otherwise, would make it weigh more."
        ),
    },
    "fr": {
        "title": "L'heure recule dans un journal de serveur web, qui continue à partir de là",
        "shows": (
            "Dans le journal {log} (scellé {exhibit}), la ligne suivante porte une heure bien antérieure, et les lignes d'après "
            "continuent à partir de là. Endroits (numéros de ligne) : {places}. Plus grand recul : {seconds} s."
        ),
        "does_not_show": "Qui ou quoi a causé ce recul, ni laquelle des heures est juste.",
        "alternatives": (
            "Une horloge remise à l'heure, ou une machine virtuelle reprise ; des fichiers de plusieurs jours, sites ou machines "
            "réunis en un seul ; un serveur dont plusieurs processus écrivent leurs lignes par blocs."
        ),
        "would_change": (
            "Une trace du changement de l'horloge sur la machine, ou une note indiquant que des journaux ont été réunis, "
            "l'expliquerait ; le journal tel que le serveur le conserve, ou une sauvegarde, où ces lignes figurent autrement, lui "
            "donnerait plus de poids."
        ),
    },
    "ar": {
        "title": "رجوع الوقت إلى الوراء في سجل خادم ويب يستمر من هناك",
        "shows": (
            "في السجل {log} (المحجوز {exhibit}) يحمل السطر التالي وقتا أسبق بكثير، وتستمر الأسطر بعده من هناك. المواضع (أرقام "
            "الأسطر): {places}. أكبر رجوع بالثواني: {seconds}."
        ),
        "does_not_show": "من أو ما الذي سبّب هذا الرجوع، ولا أي الوقتين هو الصحيح.",
        "alternatives": (
            "تصحيح الساعة أو استئناف جهاز افتراضي؛ أو جمع ملفات عدة أيام أو مواقع أو أجهزة في ملف واحد؛ أو خادم تكتب عملياته "
            "المتعددة أسطرها دفعات."
        ),
        "would_change": (
            "أثر لتغيير الساعة على الجهاز، أو إفادة مدوّنة بأن سجلات جُمعت، يفسر ذلك؛ والسجل كما يحفظه الخادم أو نسخة احتياطية ترد "
            "فيها هذه الأسطر على نحو آخر يزيد من وزنه."
        ),
    },
}

FOLD: Words = {
    "en": {
        "title": "Local time of a web server log set back, or its offset changed",
        "shows": (
            "In the log {log} (exhibit {exhibit}) the time goes back by {seconds} s, as it does where clocks are set back at the end of "
            "summer time or where the offset from UTC that a server writes is changed. Places (line numbers): {places}. {ambiguous}"
        ),
        "does_not_show": "Which of two equal local times a line after the step means; nothing else is remarkable in it.",
        "alternatives": "A clock that was set back by just that much; files joined into one.",
        "would_change": (
            "The time zone set on the machine and its changes in that night would confirm it; a zone without summer time would "
            "overturn it."
        ),
    },
    "fr": {
        "title": "Heure locale d'un journal de serveur web reculée, ou décalage changé",
        "shows": (
            "Dans le journal {log} (scellé {exhibit}), l'heure recule de {seconds} s, comme lors du passage à l'heure d'hiver ou lorsque "
            "change le décalage par rapport à UTC qu'écrit le serveur. Endroits (numéros de ligne) : {places}. {ambiguous}"
        ),
        "does_not_show": (
            "Laquelle de deux heures locales égales désigne une ligne après le recul ; rien d'autre n'y est remarquable."
        ),
        "alternatives": "Une horloge reculée d'exactement cette durée ; des fichiers réunis en un seul.",
        "would_change": (
            "Le fuseau réglé sur la machine et ses changements cette nuit-là le confirmeraient ; un fuseau sans heure d'été le ferait "
            "tomber."
        ),
    },
    "ar": {
        "title": "تأخير التوقيت المحلي لسجل خادم ويب أو تغيّر فرقه",
        "shows": (
            "في السجل {log} (المحجوز {exhibit}) يرجع الوقت بمقدار {seconds} ثانية، كما يحدث عند تأخير الساعات في نهاية التوقيت الصيفي "
            "أو عند تغيير الفرق عن التوقيت العالمي الذي يكتبه الخادم. المواضع (أرقام الأسطر): {places}. {ambiguous}"
        ),
        "does_not_show": "أي الوقتين المحليين المتساويين يعنيه سطر بعد الرجوع؛ ولا شيء آخر فيه يلفت النظر.",
        "alternatives": "تأخير الساعة بهذا المقدار بعينه؛ أو جمع ملفات في ملف واحد.",
        "would_change": (
            "المنطقة الزمنية المضبوطة على الجهاز وتغييراتها في تلك الليلة تؤكد ذلك؛ ومنطقة بلا توقيت صيفي تنقضه."
        ),
    },
}
AMBIGUOUS: Words = {
    "yes": {
        "en": "In the time zone that was given, clocks were set back there.",
        "fr": "Dans le fuseau qui a été indiqué, les horloges ont reculé à ce moment.",
        "ar": "وفي المنطقة الزمنية المعطاة أُخّرت الساعات هناك.",
    },
    "no": {"en": "", "fr": "", "ar": ""},
}

OUT: Words = {
    "en": {
        "title": "Lines of a web server log outside the order of time",
        "shows": (
            "In the log {log} (exhibit {exhibit}) some lines bear a time far from that of their neighbours, after which the log goes on "
            "from where it stood before them. Earlier than their neighbours: {behind}; later: {ahead}. Places (line numbers): {places}. "
            "Largest distance: {seconds} s."
        ),
        "does_not_show": "That these lines were put in, nor by whom.",
        "alternatives": (
            "For earlier lines a request that lasted as long (a large download, a connection kept open), since some servers write the "
            "begin of a request when it ends; for both, a clock that was set and set back, or lines of another machine or log."
        ),
        "would_change": (
            "Another record of the same requests (proxy, application, capture) would show when they were made, or that they were not; "
            "the duration of each request, where the server also logs it elsewhere, would explain earlier lines."
        ),
    },
    "fr": {
        "title": "Lignes d'un journal de serveur web hors de l'ordre du temps",
        "shows": (
            "Dans le journal {log} (scellé {exhibit}), des lignes portent une heure éloignée de celle de leurs voisines, après quoi le "
            "journal continue d'où il en était avant elles. Antérieures à leurs voisines : {behind} ; postérieures : {ahead}. Endroits "
            "(numéros de ligne) : {places}. Plus grand écart : {seconds} s."
        ),
        "does_not_show": "Que ces lignes ont été insérées, ni par qui.",
        "alternatives": (
            "Pour les lignes antérieures, une requête qui a duré aussi longtemps (un gros téléchargement, une connexion maintenue), car "
            "certains serveurs écrivent à la fin d'une requête l'heure de son début ; pour les deux, une horloge réglée puis remise, ou "
            "des lignes d'une autre machine ou d'un autre journal."
        ),
        "would_change": (
            "Une autre trace des mêmes requêtes (serveur mandataire, application, capture) montrerait quand elles ont été faites, ou "
            "qu'elles ne l'ont pas été ; la durée de chaque requête, si le serveur la note ailleurs, expliquerait les lignes "
            "antérieures."
        ),
    },
    "ar": {
        "title": "أسطر في سجل خادم ويب خارج الترتيب الزمني",
        "shows": (
            "في السجل {log} (المحجوز {exhibit}) تحمل أسطر وقتا بعيدا عن وقت جاراتها، ثم يستمر السجل من حيث كان قبلها. عدد الأسطر الأسبق "
            "من جاراتها: {behind}؛ والأحدث: {ahead}. المواضع (أرقام الأسطر): {places}. أكبر فرق بالثواني: {seconds}."
        ),
        "does_not_show": "أن هذه الأسطر أُدخلت، ولا من أدخلها.",
        "alternatives": (
            "للأسطر الأسبق: طلب دام تلك المدة (تنزيل كبير أو اتصال أُبقي مفتوحا)، لأن بعض الخوادم تكتب وقت بداية الطلب عند نهايته؛ "
            "وللاثنين: ساعة غُيّرت ثم أُعيدت، أو أسطر من جهاز آخر أو سجل آخر."
        ),
        "would_change": (
            "أثر آخر للطلبات نفسها (خادم وسيط أو تطبيق أو حركة ملتقطة) يبين متى أُجريت أو أنها لم تُجرَ؛ ومدة كل طلب، إن سجلها الخادم في "
            "مكان آخر، تفسر الأسطر الأسبق."
        ),
    },
}

DISORDER: Words = {
    "en": {
        "title": "Lines of a web server log not in the order of time throughout",
        "shows": (
            "In the log {log} (exhibit {exhibit}) {behind} of {lines} lines bear a time more than {tolerance} s earlier than the line just "
            "before them, all over the file. Times of neighbouring lines tell no order of the requests."
        ),
        "does_not_show": "That lines were changed or removed; in which order the requests came.",
        "alternatives": (
            "Logs of several servers or processes gathered into one; a tool that sorted, sampled or made anonymous the lines; a server "
            "that writes in blocks; requests that mostly last long."
        ),
        "would_change": (
            "The log as the server itself keeps it would show the order; a note on how this file was gathered would explain it."
        ),
    },
    "fr": {
        "title": "Lignes d'un journal de serveur web sans ordre du temps dans tout le fichier",
        "shows": (
            "Dans le journal {log} (scellé {exhibit}), {behind} lignes sur {lines} portent une heure antérieure de plus de {tolerance} s à "
            "celle de la ligne juste avant, dans tout le fichier. L'heure de lignes voisines ne dit pas l'ordre des requêtes."
        ),
        "does_not_show": "Que des lignes ont été modifiées ou supprimées ; dans quel ordre les requêtes sont arrivées.",
        "alternatives": (
            "Des journaux de plusieurs serveurs ou processus rassemblés ; un outil qui a trié, échantillonné ou anonymisé les lignes ; un "
            "serveur qui écrit par blocs ; des requêtes longues pour la plupart."
        ),
        "would_change": (
            "Le journal tel que le serveur le conserve montrerait l'ordre ; une note sur la façon dont ce fichier a été constitué "
            "l'expliquerait."
        ),
    },
    "ar": {
        "title": "أسطر سجل خادم ويب بلا ترتيب زمني في الملف كله",
        "shows": (
            "في السجل {log} (المحجوز {exhibit}) {behind} من أصل {lines} من الأسطر تحمل وقتا أسبق بأكثر من {tolerance} ثوان من السطر "
            "الذي قبلها مباشرة، في الملف كله. ولا تدل أوقات الأسطر المتجاورة على ترتيب الطلبات."
        ),
        "does_not_show": "أن أسطرا عُدّلت أو حُذفت؛ ولا بأي ترتيب وردت الطلبات.",
        "alternatives": (
            "جمع سجلات عدة خوادم أو عمليات؛ أو أداة رتبت الأسطر أو أخذت عينة منها أو أخفت هويات فيها؛ أو خادم يكتب دفعات؛ أو طلبات يطول "
            "معظمها."
        ),
        "would_change": "السجل كما يحفظه الخادم نفسه يبين الترتيب؛ وإفادة مدوّنة عن كيفية جمع هذا الملف تفسر ذلك.",
    },
}

BY_KIND = {"back": BACK, "fold": FOLD, "out": OUT, "disorder": DISORDER}
