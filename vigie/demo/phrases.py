"""Phrases that any conversation may borrow, in both languages (see ``scenarios`` for their syntax)."""

# ruff: noqa: E501
from __future__ import annotations

ACKNOWLEDGED = {
    "fr": (
        "Bonjour {prenom}, / [Je prends votre demande en charge.|Votre demande est bien reçue, je m’en occupe.|Merci pour votre message, je regarde cela.]"
        " [Je reviens vers vous dans la journée.|Vous aurez une réponse rapidement.|Je vous tiens au courant ici même.]",
        "Bonjour, / [C’est noté|Bien reçu], je [vérifie|regarde] [de notre côté|avec l’équipe] et vous réponds [au plus vite|dès que possible].",
        "Bonjour {prenom}, / Merci pour ces précisions. [Je m’en charge|Je commence tout de suite], vous pouvez compléter ici si besoin.",
    ),
    "en": (
        "Hi {prenom}, / [I am looking into this now.|Thank you, I have taken your request.|Got it, I am on it.]"
        " [You will hear from me today.|I will keep you posted here.|More very soon.]",
        "Hello, / [Noted|Received], I will [check|look] [on our side|with the team] and write back [shortly|as soon as I can].",
        "Hi {prenom}, / Thanks for the details. [I will take care of it|Starting now]; feel free to add anything here.",
    ),
}  # fmt: skip
# How an agent ends what it notes of a call.
CALLED = {"fr": " / Appel de {user}, poste {tel}.", "en": " / Call from {user}, ext. {tel}."}
SIGNED = {
    "fr": (
        " / [Cordialement,|Bien à vous,|Merci d’avance,|Bonne journée,] / {user}", " / {user}, poste {tel}", " / [Merci|Merci !] / {prenom} ({site})",
        " / Joignable au {tel} [jusqu’à {heure}|toute la journée|après {heure}]. / {user}",
    ),
    "en": (
        " / [Kind regards,|Best,|Thanks,|Many thanks,] / {user}", " / {user}, ext. {tel}", " / [Thanks|Thank you!] / {prenom} ({site})",
        " / I am on {tel} [until {heure}|all day|after {heure}]. / {user}",
    ),
}  # fmt: skip
REOPENED = {
    "fr": ("Bonjour, / Malheureusement le problème est revenu [ce matin|une heure après|dès la deuxième tentative].",
           "Bonjour {prenom}, / Désolé pour ce retour. La cause a été reprise entièrement et vérifiée avec vous au {tel} : c’est stable depuis {heure}.",
           "Deuxième passage : [{code} retrouvé dans les journaux|correctif {ver} incomplet|réglage écrasé par la mise à jour {ver}]. Repris à {heure} avec {collegue}."),
    "en": ("Hello, / Unfortunately it came back [this morning|an hour later|at the second attempt].",
           "Hi {prenom}, / Sorry about that. We went through it again with you on {tel} and it has been stable since {heure}.",
           "Second look: [{code} found in the logs|fix {ver} was incomplete|setting overwritten by update {ver}]. Redone at {heure} with {collegue}."),
}  # fmt: skip
NOTICED = {
    "fr": ("[Plus d’internet|Réseau coupé|Tout est bloqué] à {site}", "Bonjour, plus rien ne répond [à mon étage|sur {pc}|dans notre service] depuis {heure}. Est-ce connu ?"),
    "en": ("[No internet|Network down|Everything is stuck] at {site}", "Hello, nothing has answered [on my floor|on {pc}|in our team] since {heure}. Is it known?"),
}  # fmt: skip
SOLVED = {
    "fr": "La panne du site est terminée depuis {heure}. Merci de votre patience.",
    "en": "The outage of the site is over since {heure}. Thank you for your patience.",
}
