"""The sentences on whether an attempt on a site worked, by language."""

from __future__ import annotations

WORDS = {
    "en": {
        "login": (
            "The address {client} was answered with status {status} at {what} ({time}; {place}), otherwise than its {tried} other "
            "attempts there, which were answered with status {usual}: a login that succeeded looks so."
        ),
        "no_login": (
            "On the same page, none of these addresses was answered favourably and otherwise than its other attempts, up to an hour after: "
            "the statuses do not point to a password that was found."
        ),
        "counts": (
            "Of these {requests} requests, the server answered {ok} with success (status 200 to 299), {moved} with a "
            "redirection, {refused} with a refusal (400 to 499) and {failed} with a fault of its own (500 to 599)."
        ),
        "none_ok": (
            "The server answered none of these {requests} requests with success: {moved} with a redirection, {refused} with a "
            "refusal (400 to 499), {failed} with a fault of its own (500 to 599)."
        ),
        "unlike": (
            "{unlike} of {compared} successful answers have a size that no ordinary answer of the same path has: {size} bytes for {path} "
            "({place}), where {ordinary} ordinary answers have {least} to {most} bytes, half of them no more than {median}. "
            "Something else than usual was given out there."
        ),
        "like": (
            "The {compared} successful answers that can be compared have the size of ordinary answers of the same paths: nothing "
            "in their size points to a success of the attempt."
        ),
        "no_usual": "The log has too few ordinary answers of the same paths to compare sizes with.",
        "script": (
            "Within the hour after, the address {client} was answered by {what}, a script that nobody had been given before "
            "({time}; {place})."
        ),
        "account": (
            "Within the hour after, the address {client} was served under the account {what}, which it had not used before "
            "({time}; {place})."
        ),
        "nothing": "Within the hour after, no script unknown before and no new account served these addresses.",
    },
    "fr": {
        "login": (
            "L'adresse {client} a reçu le statut {status} de {what} ({time} ; {place}), autrement que pour ses {tried} autres "
            "tentatives à cet endroit, qui ont reçu le statut {usual} : une connexion réussie a cet aspect."
        ),
        "no_login": (
            "Sur la même page, aucune de ces adresses n'a reçu de réponse favorable autre que pour ses autres tentatives, jusqu'à "
            "une heure après : les statuts n'indiquent pas qu'un mot de passe a été trouvé."
        ),
        "counts": (
            "Sur ces {requests} requêtes, le serveur a répondu à {ok} par un succès (statut 200 à 299), à {moved} par une "
            "redirection, à {refused} par un refus (400 à 499) et à {failed} par une erreur de sa part (500 à 599)."
        ),
        "none_ok": (
            "Le serveur n'a répondu par un succès à aucune de ces {requests} requêtes : {moved} redirection(s), {refused} refus "
            "(400 à 499), {failed} erreur(s) de sa part (500 à 599)."
        ),
        "unlike": (
            "{unlike} des {compared} réponses favorables ont une taille qu'aucune réponse ordinaire du même chemin n'a : {size} "
            "octets pour {path} ({place}), alors que {ordinary} réponses ordinaires ont de {least} à {most} octets, la moitié "
            "d'entre elles {median} au plus. Autre chose que d'habitude y a été livré."
        ),
        "like": (
            "Les {compared} réponses favorables qui se laissent comparer ont la taille de réponses ordinaires des mêmes "
            "chemins : rien dans leur taille n'indique une réussite de la tentative."
        ),
        "no_usual": "Le journal a trop peu de réponses ordinaires des mêmes chemins pour comparer les tailles.",
        "script": (
            "Dans l'heure qui a suivi, l'adresse {client} a reçu une réponse de {what}, script que personne n'avait reçu "
            "auparavant ({time} ; {place})."
        ),
        "account": (
            "Dans l'heure qui a suivi, l'adresse {client} a été servie sous le compte {what}, qu'elle n'avait pas employé "
            "auparavant ({time} ; {place})."
        ),
        "nothing": (
            "Dans l'heure qui a suivi, aucun script inconnu jusque-là et aucun nouveau compte n'a servi ces adresses."
        ),
    },
    "ar": {
        "login": (
            "أُجيب العنوان {client} بالحالة {status} في {what} ({time}؛ {place})، خلافا لمحاولاته الأخرى هناك وعددها {tried} "
            "التي أُجيب عنها بالحالة {usual}: وهكذا يبدو دخول ناجح."
        ),
        "no_login": (
            "لم يتلق أي من هذه العناوين في الصفحة نفسها جوابا إيجابيا يخالف جواب محاولاته الأخرى إلى ساعة بعدها: "
            "فلا تدل الحالات على كلمة سر عُرفت."
        ),
        "counts": (
            "من هذه الطلبات وعددها {requests}، أجاب الخادم عن {ok} بالنجاح (الحالة 200 إلى 299)، وعن {moved} بالتحويل، "
            "وعن {refused} بالرفض (400 إلى 499)، وعن {failed} بخطأ من جهته (500 إلى 599)."
        ),
        "none_ok": (
            "لم يجب الخادم بالنجاح عن أي من هذه الطلبات وعددها {requests}: {moved} بالتحويل، و{refused} بالرفض (400 إلى 499)، "
            "و{failed} بخطأ من جهته (500 إلى 599)."
        ),
        "unlike": (
            "من الأجوبة الناجحة القابلة للمقارنة وعددها {compared}، لجواب {unlike} منها حجم لا يوجد في أي جواب عادي للمسار نفسه: "
            "{size} بايت للمسار {path} ({place})، بينما تتراوح الأجوبة العادية وعددها {ordinary} بين {least} و{most} بايت، "
            "ونصفها لا يتجاوز {median}. فقد أُعطي هناك غير المعتاد."
        ),
        "like": (
            "للأجوبة الناجحة القابلة للمقارنة وعددها {compared} حجم الأجوبة العادية للمسارات نفسها: فلا شيء في حجمها يدل على نجاح المحاولة."
        ),
        "no_usual": "في السجل من الأجوبة العادية للمسارات نفسها أقل مما يكفي لمقارنة الأحجام.",
        "script": "خلال الساعة التالية أجاب العنوانَ {client} البرنامجُ النصي {what} الذي لم يُعط لأحد من قبل ({time}؛ {place}).",
        "account": "خلال الساعة التالية خُدم العنوان {client} باسم الحساب {what} الذي لم يستعمله من قبل ({time}؛ {place}).",
        "nothing": "خلال الساعة التالية لم يخدم هذه العناوين برنامج نصي لم يُعرف من قبل ولا حساب جديد.",
    },
}
