"""The lines by which mail programs mark what is quoted, forwarded or signed, in the languages that they speak.

Every test is on a bounded piece of text (``LONGEST``), so that a mail of any shape costs time in proportion to its size.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 400  # characters of a quote header, all its lines joined
WRAPPED = 6  # lines over which a program may wrap one

_WROTE_HERE = r"wrote|writes|sent|a\s+écrit|a\s+ecrit|écrivait|nous\s+a\s+écrit"  # French and English
_WROTE_THERE = (
    r"schrieb|geschrieben|schreef"
    r"|geschreven|escribi[óo]|ha\s+escrit[o]?|ha\s+scritto"
    r"|escreveu|skrev|skrifaði|kirjoitti|napisał(?:\(a\)|a)?|pisze|napsal(?:\(a\)|a)?"
    r"|napísal(?:\(a\)|a)?|írta|написав(?:\(ла\)|ла)?|написал(?:\(а\)|а)?|пише|писал(?:\(а\)|а)?"
    r"|yazdı|şunu\s+yazdı|έγραψε|a\s+scris|je\s+napisao|je\s+napisal|rašė|rakstīja|kirjutas|كتب"
    r"|כתב(?:ה)?|כתב/ה|viết|menulis|写道|寫道|のメッセージ|は書きました|のコメント|작성"
)
_WROTE = f"{_WROTE_HERE}|{_WROTE_THERE}"
_ON = (
    r"On|Le|Am|El|Il|Op|Em|Den|De|Dne|Dňa|Dnia|W\s+dniu|På|Den\s+den|Pe|Na|Dana|Στις|Tarihinde|Vào"
    r"|Pada|On\s+the|в|В|У|在|于|Il\s+giorno|Il\s+data|Il\s+dì|Data|No\s+dia|A|"
    r"(?:lun(?:di)?|mar(?:di)?|mer(?:credi)?|jeu(?:di)?|ven(?:dredi)?|sam(?:edi)?|dim(?:anche)?|mon(?:day)?|tue(?:s|sday)?"
    r"|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\b[.,]?|(?:man|tir|ons|tor|fre|lør|søn|mån|tis|lör|sön|ma|di|wo|do|vr|za|zo|пн|вт|ср|чт|пт|сб|вс|нд)\w{0,10}[.,]?"
)
_MAIL = r"[\w.+=/'-]{1,64}@[\w.-]{1,190}"
_LEAD = r"[\s>|*_–—-]{0,24}"

# How a quote header begins: with a date (Le 4 mai, Anne a écrit), or with a name and an address.
_DATED_START = re.compile(
    rf"^{_LEAD}(?:(?:{_ON})\s.{{0,40}}\d|(?:{_ON})\s?\d|\d{{1,4}}[ .:/\-年])", re.IGNORECASE
)
_NAMED_START = re.compile(rf"^{_LEAD}[^<>]{{0,100}}<\s?(?:mailto:)?{_MAIL}", re.IGNORECASE)
# The mark that ends one: a colon or dashes, or an address right before the word.
_MARK = r"(?:\s{0,3}[:：][\s-]{0,8}|\s{0,3}-{2,8}\s{0,3}|(?<=[>)]\swrote))$"
_ENDS_WROTE_HERE = re.compile(rf"(?:^|(?<=[\s\d>)\]\"*_,])\s{{0,3}})(?:{_WROTE_HERE}){_MARK}", re.IGNORECASE)
_ENDS_WROTE = re.compile(
    rf"(?:\b|\s|\d)(?:{_WROTE_THERE})(?:\s+(?:het\s+)?volgende(?:\s+geschreven)?)?{_MARK}", re.IGNORECASE
)
_WROTE_COLON = re.compile(rf"\b(?:{_WROTE_THERE})\b.{{1,160}}[:：]\s{{0,3}}$", re.IGNORECASE)
_DATE_AND_MAIL = re.compile(
    rf"^{_LEAD}\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}\s.{{0,160}}<\s?{_MAIL}\s?>\s?:?\s{{0,3}}$"
)
_TIME_AND_MAIL = re.compile(rf"\d{{1,2}}[:.h]\d\d\b.{{1,160}}<\s?{_MAIL}\s?>\s?[:：]\s{{0,3}}$")
# A header that begins anew: no header holds a second one.
_DATED_AFRESH = re.compile(
    rf"^{_LEAD}(?:{_ON})[\s,]{{1,3}}(?:\w{{2,12}}[.,]{{0,2}}\s){{0,2}}\d{{1,4}}(?:[./-]\d|\.?\s(?:de\s)?\w{{3}}|,\s)",
    re.IGNORECASE,
)
# A date with its year and time, then a name, whatever it is: enough above lines that are marked as quoted.
_FULL_DATE = re.compile(
    rf"^{_LEAD}(?:{_ON})[\s,].{{4,40}}\b\d{{4}}\b.{{1,8}}\b\d{{1,2}}[:h.]\d\d(?:\s?[AP]M)?,\s.{{1,80}}\s(?:{_WROTE_HERE})\s?:$",
    re.IGNORECASE,
)
_NOT_NAMES = re.compile(
    rf"\"[^\"]{{0,100}}\"|\([^()]{{0,100}}\)|<?\s?(?:mailto:)?{_MAIL}\s?>?|<[^<>]{{0,200}}>", re.IGNORECASE
)
_DATE_START = re.compile(
    rf"^{_LEAD}(?:(?:{_ON})[\s,]{{1,3}}){{0,2}}(?:\w{{2,12}}[.,]{{0,2}}\s{{1,2}}(?=\d)|(?=\d))\d{{1,4}}[\d./-]{{0,6}}(?:er|st|nd|rd|th)?\.?,?"
    r"(?:\s(?:de\s)?[^\W\d_]{3,12}\b\.?(?=,?\s(?:de\s)?\d{4}|,|\s?$|\s\d))?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_ENDS_SENTENCE = re.compile(r"(?:[^\W\d_]{5}\.|[!?;…])\s*$")
_NAME_AT_END = re.compile(r",\s\w{2,30}\s*$")
# What the first line of a wrapped header shows before it breaks off: a time, an address, or a comma.
_GOES_ON = re.compile(rf"\d{{1,2}}\s?[:.h]\s?\d\d\b|{_MAIL}|,$")
# Small words of headers, and those that only sentences hold.
_BETWEEN = re.compile(
    r"at|à|a|às|mailto|um|om|o|kl|klo|las|alle|ore|v|de|du|des|la|of|the|via|van|der|von|den|am|pm|h|uhr|utc|gmt|г|р|о"
    r"|пользователь|odesílatel|tarihinde|schrieb|schreef|skrev|het|nachm|vorm",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"le|la|les|un|une|il|elle|on|nous|vous|ils|elles|je|ce|cela|ça|c|qui|que|et|est|me|te|lui|leur|mon|ma|mes|votre|vos"
    r"|the|he|she|they|i|we|you|it|this|that|and|is|my|your|his|her|their|.*['’].*"
)
_MAY_END = re.compile(rf"(?:[:：>-]|{_WROTE})\s{{0,3}}$", re.IGNORECASE)
_DASHED = re.compile(
    rf"^\s{{0,3}}-{{2,60}}\s?(?:On\s.{{0,200}}\d.{{0,200}}|[^-]{{1,120}}\s)(?:{_WROTE})\s?-{{2,60}}\s{{0,3}}$",
    re.IGNORECASE,
)
_SHARED = re.compile(
    rf"^(.{{1,300}}?\S)\s?-{{3,10}}\s?(On\s.{{5,200}}(?:{_WROTE})\s?:)\s{{0,3}}$", re.IGNORECASE
)

_ORIGINAL_WORDS = (
    r"(?:mail|e-mail)\s+original|original\s+(?:message|mail|email|appointment)|reply\s+message|message\s+d['’]origine"
    r"|message\s+(?:initial|original)|courriel\s+original|e-mail\s+d['’]origine"
    r"|rendez-vous\s+d['’]origine"
    r"|urspr(?:ü|ue)ngliche\s+(?:nachricht|e-mail)|originalnachricht|mensaje\s+original"
    r"|messaggio\s+originale|oorspronkelijk(?:e)?\s+(?:bericht|e-mail)|mensagem\s+original"
    r"|oprindelig\s+(?:meddelelse|besked)"
    r"|opprinnelig\s+melding|ursprungligt\s+meddelande|originalmeddelande|alkuperäinen\s+viesti"
    r"|wiadomość\s+oryginalna|oryginalna\s+wiadomość|původní\s+zpráva|pôvodná\s+správa"
    r"|eredeti\s+üzenet"
    r"|исходное\s+сообщение|оригинальное\s+сообщение|mesaj\s+original|orijinal\s+mesaj"
    r"|αρχικό\s+μήνυμα|原始邮件|原始郵件|元のメッセージ|original\s+meddelelse|원본\s+(?:메시지|메일)"
)
_ORIGINAL = re.compile(
    rf"^[\s>*]{{0,6}}[-_=—]{{2,60}}\s{{0,4}}\*?(?:{_ORIGINAL_WORDS})\*?\s{{0,4}}:?[-_=—]{{0,60}}\s{{0,4}}$",
    re.IGNORECASE,
)
_FORWARD_WORDS = (
    r"forwarded\s+(?:message|mail|by\s.{1,80})|forwarded\s+message\s+from\s.{1,120}"
    r"|message\s+(?:transféré|réexpédié)|courriel\s+transféré|weitergeleitete\s+(?:nachricht|e-mail)"
    r"|mensaje\s+reenviado|messaggio\s+inoltrato"
    r"|doorgestuurd\s+bericht|mensagem\s+(?:encaminhada|reencaminhada)"
    r"|videresendt\s+(?:meddelelse|melding|besked)|vidarebefordrat\s+(?:brev|meddelande)"
    r"|välitetty\s+viesti|(?:treść\s+)?przekazan(?:a|ej)\s+wiadomoś(?:ć|ci)"
    r"|přeposlaná\s+zpráva|továbbított\s+(?:üzenet|levél)|пересылаемое\s+сообщение"
    r"|пересланное\s+сообщение|переслане\s+повідомлення|iletilen\s+mesaj|转发的?(?:邮件|消息)|轉寄的?郵件|転送メッセージ"
)
_FORWARD = re.compile(
    rf"^[\s>*]{{0,6}}(?:[-_=]{{2,60}}\s{{0,4}}(?:{_FORWARD_WORDS})\s{{0,4}}[-_=]{{0,60}}"
    r"|(?:begin\s+forwarded\s+message|début\s+du\s+message\s+(?:réexpédié|transféré)|anfang\s+der\s+weitergeleiteten\s+nachricht|inicio\s+del\s+mensaje\s+reenviado|inizio\s+messaggio\s+inoltrato|begin\s+doorgestuurd\s+bericht)\s?:)\s{0,4}$",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = re.compile(
    r"^\s{0,4}(?:fwd?|tr|wg|rv|enc|i|vs|vb|doorst|pd|továbbítás|转发|轉寄)\s?:", re.IGNORECASE
)

_LABELS = {
    "from": (
        r"from|de|von|da|van|fra|från|od|feladó|от|від|lähettäjä|expéditeur|remitente|kimden|από|发件人"
        r"|寄件者|差出人|보낸\s?사람"
    ),
    "date": (
        r"date|sent|envoyé(?:\s+le)?|datum|gesendet|enviado(?:\s+el|\s+em)?|fecha|data|inviato"
        r"|verzonden|sendt|dato|skickat|lähetetty|päivämäärä|wysłano|odesláno|elküldve|дата"
        r"|отправлено|надіслано|tarih|ημερομηνία|发送时间|寄件日期|日付|送信日時|보낸\s?날짜"
    ),
    "to": (
        r"to|à|an|para|a|aan|til|till|vastaanottaja|do|komu|címzett|кому|kime|προς|收件人|收件者|宛先|받는\s?사람"
        r"|destinataire"
    ),
    "cc": (
        r"cc|copie(?:\s+à)?|kopie|copia|kopia|kopi|копия|bcc|cci|抄送|risposta|reply-to|répondre\s+à"
        r"|importance|organization"
    ),
    "subject": (
        r"subject|objet|sujet|betreff|asunto|oggetto|onderwerp|assunto|emne|ämne|aihe|temat|předmět"
        r"|predmet|tárgy|тема|konu|θέμα|主题|主旨|件名|제목|re"
    ),
}
_LABEL = re.compile(
    r"^[\s>*]{0,12}\*{0,2}(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in _LABELS.items())
    + r")\*{0,2}\s{0,3}[:：]",
    re.IGNORECASE,
)
_SENT = re.compile(
    r"^[\s>*]{0,12}(?:sent|envoyé(?:\s+le)?|gesendet|enviado(?:\s+el|\s+em)?|inviato|verzonden|отправлено)\*{0,2}\s{0,3}:",
    re.IGNORECASE,
)
_A_MAIL = re.compile(_MAIL)
_RULE = re.compile(r"^\s{0,4}[-_=*—]{5,120}\s{0,4}$")
_ABOVE = re.compile(
    r"^[\s>#*–—=_-]{0,20}(?:(?:please\s+)?(?:reply|respond|type\s+your\s+reply|write)\s+above\s+this\s+line"
    r"|(?:merci\s+de\s+)?r[ée]pond(?:re|ez)\s+au[- ]dessus\s+de\s+cette\s+ligne"
    r"|bitte\s+antworten\s+sie\s+(?:ü|ue)ber\s+dieser\s+(?:linie|zeile))\b.{0,80}$",
    re.IGNORECASE,
)

_DELIMITER = re.compile(r"^\s{0,3}(?:--|—|–|__)\s{0,3}$")
_DEVICE = re.compile(
    r"""^\s{0,6}[<(*_]{0,3}(?:
      sent\ (?:from|via|with|by)\b.{1,120} | get\ \[?outlook\ for\b.{1,120}
      | from\ my\ (?:iphone|ipad|android|mobile)\b.{0,40} | someone\ from\ mobile
    | envoy[ée]e?\ (?:de(?:puis)?|à\ partir\ de|via|avec)\b.{1,120} | obtenez\ outlook\b.{1,120}
    | t[ée]l[ée]charger\ outlook\b.{1,120}
    | von\ mein\w{1,3}\ .{1,60}\ (?:gesendet|geschickt) | gesendet\ (?:von|mit|über)\b.{1,120}
    | diese\ nachricht\ wurde\ von\ mein.{1,120}\ gesendet | holen\ sie\ sich\ outlook.{1,80}
    | enviado\ (?:desde|do|de|a\ partir\ do|via)\b.{1,120}
    | inviato\ (?:da|dal|tramite|con)\b.{1,120} | verzonden\ (?:met|vanaf|via|van)\b.{1,120}
    | sendt\ fra\b.{1,120} | skickat\ från\b.{1,120}
    | lähetetty\b.{1,60}(?:puhelimesta|iphonesta|ipadista|laitteesta)\w* | wysłan[eo]\ z\b.{1,120}
    | отправлено\ (?:с|из)\b.{1,120} | надіслано\ з\b.{1,120} | odesláno\ z\b.{1,120}
    | .{1,6}我的.{1,30}(?:傳送|发送|發送) | iPhoneから送信 | 나의\ .{1,30}에서\ 보냄
    )[>)*_.]{0,3}\s{0,4}$""",
    re.IGNORECASE | re.VERBOSE,
)
_FAREWELL = re.compile(
    r"""^\s{0,4}(?:(?:bien\ )?(?:très\ )?cordialement(?:\ vôtre)? | cdlt | cdt | bien\ à\ (?:vous|toi)
    | sincères\ salutations | (?:meilleures\ |cordiales\ )?salutations(?:\ (?:distinguées|cordiales))?
    | amicalement | respectueusement
    | (?:best|kind|warm|kindest)\ regards | regards | sincerely(?:\ yours)?
    | yours\ (?:sincerely|faithfully|truly) | mit\ (?:freundlichen|besten)\ gr(?:ü|ue)(?:ß|ss)en
    | (?:viele|beste|freundliche)\ gr(?:ü|ue)(?:ß|ss)e | mfg
    | (?:un\ cordial\ )?saludos?(?:\ cordiales)? | atentamente | cordiali\ saluti
    | distinti\ saluti | met\ vriendelijke\ groet(?:en)? | mvg | atenciosamente
    | com\ os\ melhores\ cumprimentos)\s?[,.!]?\s{0,4}$""",
    re.IGNORECASE | re.VERBOSE,
)
_CONTACT = re.compile(
    r"(?:\+|\b00)\d{1,3}[\s.()\d-]{7,20}|\b0\d(?:[\s.-]?\d{2}){4}\b|https?://|\bwww\.|"
    + _MAIL
    + r"|\b(?:t[ée]l|phone|mobile|mob|fax|standard|ligne\s+directe)\b\.?\s?:?",
    re.IGNORECASE,
)


_LEGAL = re.compile(
    r"""^[\s*_(]{0,6}(?:
      (?:ce|cet|le\ présent)\ (?:message|mail|e-?mail|courriel)\b.{0,200}\b(?:confidentiel | intention\ exclusive
        | usage\ exclusif | exclusivement | secret\ professionnel | (?:son|ses|du|des|leurs?)\ (?:seuls?\ )?destinataires?)
    | (?:this|(?:the\ )?information\ (?:contained\ )?in\ this)\ (?:message|e-?mail|communication|transmission)\b
      .{0,200}\b(?:confidential | privileged | intended\ (?:solely|only))
    | (?:avis|clause)\ de\ confidentialité\b | confidentiality\ notice\b | (?:legal\ )?disclaimer\s?:
    | avant\ d['’]imprimer\b | (?:afin\ de\ )?(?:pensez\ à|préserve[rz])\ l['’]environnement\b
    | (?:please\ )?(?:consider|think\ of|save)\ the\ environment\b
    | diese\ (?:e-?mail|nachricht)\ .{0,120}\bvertraulich)""",
    re.IGNORECASE | re.VERBOSE,
)


def attribution_at(lines: Sequence[str], start: int) -> int:
    """How many lines the quote header takes that begins at ``start`` ("Le … a écrit :"), 0 where none does.

    A header is one paragraph; one that is broken off before its address, a "<" of its own, goes on below a blank line.
    Of the lines where it could begin it begins at the last: what stands above is someone's words.
    """
    joined = ""
    for count, line in enumerate(lines[start : start + WRAPPED], 1):
        bare = line.strip()
        if not bare:
            if count > 1 and [one.strip() for one in lines[start + count : start + count + 1]] == ["<"]:
                continue
            return 0
        joined = f"{joined} {bare}" if count > 1 else bare
        if len(joined) > LONGEST or (count == 1 and not (_begins(joined) or _is_attribution_alone(joined))):
            return 0
        if count == 1 and _FULL_DATE.match(joined) and _is_quoted_below(lines, start + 1):
            return 1
        if _MAY_END.search(bare[-20:]) and _is_attribution(joined):
            above = lines[start : start + count - 1]
            return count if _is_wrapped(above, lines[start + 1 : start + count]) else 0
    return 0


def _is_quoted_below(lines: Sequence[str], start: int) -> bool:
    below = next((line for line in lines[start : start + 3] if line.strip()), "")
    return below.lstrip().startswith(">")


def _is_wrapped(above: Sequence[str], below: Sequence[str]) -> bool:
    """Whether every line but the last of a header is a piece of one, and none begins a header of its own."""
    if not above:
        return True
    is_head = bool(_GOES_ON.search(above[0].strip())) and not any(map(_DATED_AFRESH.match, below))
    return is_head and all(is_like_header(line, 1 if line.rstrip().endswith("<") else 0) for line in above)


def is_like_header(piece: str, strangers: int = 1) -> bool:
    """Whether a line is made as quote headers are: a date and a time, a name, an address, and no sentence.

    ``strangers``: how many small words may stand there that headers do not use, such as a name without a capital.
    """
    bare = _NOT_NAMES.sub(" ", piece)
    date = _DATE_START.match(bare)
    if not date and _DATED_START.match(bare) and not _NAMED_START.match(piece):
        return False
    bare = bare[date.end() :] if date else bare
    words = _WORD.findall(_NAME_AT_END.sub("", bare))
    small = [word for word in words if word[0].islower() and not _BETWEEN.fullmatch(word)]
    is_sentence = bool(_ENDS_SENTENCE.search(bare)) or any(map(_PLAIN.fullmatch, small))
    return not is_sentence and len(small) <= strangers


def _begins(line: str) -> bool:
    return bool(_DATED_START.match(line) or _NAMED_START.match(line))


def _is_attribution(joined: str) -> bool:
    if _is_attribution_alone(joined):
        return True
    if _DATE_AND_MAIL.match(joined) or (_DATED_START.match(joined) and _TIME_AND_MAIL.search(joined)):
        return is_like_header(joined)
    if not _begins(joined):
        return False
    if found := _ENDS_WROTE_HERE.search(joined):
        return is_like_header(joined[: found.start()])
    return bool(_ENDS_WROTE.search(joined) or (_WROTE_COLON.search(joined) and re.search(r"\d", joined)))


def _is_attribution_alone(line: str) -> bool:
    return bool(_DASHED.match(line))


def headers_at(lines: Sequence[str], start: int) -> bool:
    """Whether a block of mail headers (From, Sent, To, Subject; De, Envoyé, À, Objet) begins at ``start``."""
    first = _kind(lines[start])
    if first not in {"from", "date", "subject"}:
        return False
    kinds, is_mail = {first}, False
    for line in lines[start : start + 12]:
        kind = _kind(line)
        if kind:
            kinds.add(kind)
        is_mail = is_mail or bool(_A_MAIL.search(line[:LONGEST]) or _SENT.match(line[:LONGEST]))
        if not line.strip() and len(kinds) > 1:
            break
    return (len(kinds) >= 3 and ("subject" in kinds or is_mail)) or (
        first == "date" and len(kinds) == 2 and is_mail
    )


def _kind(line: str) -> str:
    found = _LABEL.match(line[:LONGEST])
    return (found.lastgroup or "") if found else ""


def split_shared(line: str) -> tuple[str, str]:
    """The words and the quote header of a line that holds both, or the line and ''."""
    found = _SHARED.match(line) if len(line) <= LONGEST else None
    return (found[1], found[2]) if found else (line, "")


def _short(pattern: re.Pattern[str], line: str) -> bool:
    return len(line) <= LONGEST and bool(pattern.match(line))


def is_original(line: str) -> bool:
    """ "-----Message d'origine-----", or "reply above this line"."""
    return _short(_ORIGINAL, line) or _short(_ABOVE, line)


def is_forward(line: str) -> bool:
    """ "---------- Message transféré ----------"."""
    return _short(_FORWARD, line)


def is_forward_subject(subject: str) -> bool:
    """Whether a subject says that the mail passes another one on: "Tr :", "Fwd:", "WG:" …"""
    return bool(_FORWARD_SUBJECT.match(subject[:80]))


def is_rule(line: str) -> bool:
    """A line that only draws a rule."""
    return _short(_RULE, line)


def is_delimiter(line: str) -> bool:
    """ "-- ", above a signature."""
    return _short(_DELIMITER, line)


def is_device(line: str) -> bool:
    """ "Envoyé de mon iPhone", "Sent from my iPhone"."""
    return _short(_DEVICE, line)


def is_farewell(line: str) -> bool:
    """A line that only says goodbye: "Cordialement," """
    return _short(_FAREWELL, line)


def is_contact(line: str) -> bool:
    """A telephone number, a web or mail address."""
    return len(line) <= LONGEST and bool(_CONTACT.search(line))


def is_legal(text: str) -> bool:
    """Whether a paragraph begins as the notices that companies put below every mail: "Ce message est confidentiel…"."""
    return bool(_LEGAL.match(text[:400]))
