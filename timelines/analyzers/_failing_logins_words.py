"""The words of `web_logins_failing`."""

from __future__ import annotations

from timelines.analyzers import Words

TEXTS: Words = {
    "en": {
        "title": "Nearly all logins to a site failing, from many addresses that tried a few times each",
        "shows": (
            "The log {log} (exhibit {exhibit}) has {attempts} logins sent to {path} between {first} and {last}, by {clients} addresses. "
            "{failed} of them were {how}; {other} were answered otherwise. Where people log in to their own accounts, most logins succeed."
        ),
        "does_not_show": (
            "Which accounts were tried, nor that the logins that were answered otherwise succeeded: the log keeps neither names nor "
            "passwords. Nor that these addresses belong together. An address does not identify a person."
        ),
        "alternatives": (
            "A fault of the site that refuses everyone; a program with an old password on many machines; a site that answers a good login "
            "with the same page; a proxy that changes addresses."
        ),
        "would_change": (
            "The site's own record of logins, with accounts of people who had no part in it, would strengthen it; a fault of the site at "
            "that time, or the way in which it answers a good login, would overturn it."
        ),
    },
    "fr": {
        "title": "Connexions à un site échouant presque toutes, depuis de nombreuses adresses à peu d’essais chacune",
        "shows": (
            "Le journal {log} (scellé {exhibit}) compte {attempts} connexions envoyées à {path} entre le {first} et le {last}, par "
            "{clients} adresses. {failed} d’entre elles ont été {how} ; {other} ont reçu une autre réponse. Quand des personnes se "
            "connectent à leur propre compte, la plupart des connexions réussissent."
        ),
        "does_not_show": (
            "Quels comptes ont été essayés, ni que les connexions ayant reçu une autre réponse ont réussi : le journal ne garde ni noms ni "
            "mots de passe. Ni que ces adresses vont ensemble. Une adresse n’identifie pas une personne."
        ),
        "alternatives": (
            "Une panne du site qui refuse tout le monde ; un programme muni d’un ancien mot de passe sur de nombreuses machines ; un site "
            "qui répond à une bonne connexion par la même page ; un serveur mandataire qui change d’adresse."
        ),
        "would_change": (
            "Le relevé des connexions tenu par le site, avec les comptes de personnes qui n’y sont pour rien, la renforcerait ; une panne "
            "du site à ce moment, ou sa façon de répondre à une bonne connexion, la ferait tomber."
        ),
    },
    "ar": {
        "title": "عمليات دخول إلى موقع فشلت كلها تقريبا، من عناوين كثيرة حاول كل منها مرات قليلة",
        "shows": (
            "في السجل {log} (المحجوز {exhibit}) عمليات دخول أُرسلت إلى {path} عددها {attempts} بين {first} و{last} من عناوين عددها "
            "{clients}. وعدد ما {how} منها {failed}؛ وعدد ما أُجيب عنه بغير ذلك {other}. وحين يدخل الناس إلى حساباتهم تنجح أكثر "
            "عمليات الدخول."
        ),
        "does_not_show": (
            "أي الحسابات جُرّبت، ولا أن عمليات الدخول التي أُجيب عنها بغير ذلك نجحت: فالسجل لا يحفظ أسماء ولا كلمات مرور. ولا أن هذه العناوين "
            "مترابطة. والعنوان الشبكي لا يحدد هوية شخص."
        ),
        "alternatives": (
            "عطل في الموقع يرفض الجميع؛ أو برنامج فيه كلمة مرور قديمة على أجهزة كثيرة؛ أو موقع يجيب عن الدخول الصحيح بالصفحة نفسها؛ "
            "أو خادم وسيط يغير العناوين."
        ),
        "would_change": (
            "سجل الدخول الذي يحفظه الموقع نفسه، وفيه حسابات أشخاص لا صلة لهم، يقوّي المعاينة؛ وعطل في الموقع في ذلك الوقت، أو طريقته في "
            "الجواب عن الدخول الصحيح، ينقضها."
        ),
    },
}
HOW: Words = {
    "refused": {"en": "refused", "fr": "refusées", "ar": "رُفض"},
    "shown again": {
        "en": "answered with a page, as a login form that is shown again",
        "fr": "suivies d’une page, comme un formulaire de connexion présenté à nouveau",
        "ar": "أُجيب عنه بصفحة كما تُعرض استمارة الدخول مرة أخرى",
    },
}
