"""Where a source states something else than what we read, and why we keep to ours."""

from __future__ import annotations

_PLACEHOLDER = "the source shows a sentence of its own where a mail has no text"
_RAW_BYTES = "bytes without a known charset: the source guesses otherwise or not at all"
_NAMES = "a file that came without a name is given another one"
_INVALID = "not a valid address: the source mends it by taking signs out, we leave it to a person"
_KEPT_IN_BODY = "parts of the text without a name are read as text, the source keeps them as files"
_EMPTY_PACKET = "a packet of Outlook that holds neither text nor file is kept itself"
_FILTERED = "the server says that nobody has that address; the source calls it filtered and soft"

# (beginning of set and file, beginning of what is stated, why)
CHOICES: tuple[tuple[str, str, str], ...] = (
    (
        "bounces/arf-",
        "kind",
        "an abuse report is a complaint; the source has no name for it and states vacation",
    ),
    ("bounces/", "hardness of filtered", _FILTERED),
    (
        "discourse/inline_mixed_replies",
        "body_markdown",
        "the source rewrites the name in a quotation to one of its accounts",
    ),
    ("discourse/long_embedded_email_headers", "cc", "what is stated is of the mail that was passed on"),
    ("discourse/previous_replies", "written", "the separator is a setting of the source's own mails"),
    ("mime_corpus/legacy_0", "", _RAW_BYTES),
    (
        "mime_corpus/malformed_020",
        "text",
        "parts that lack a blank line: the source shows their headers and boundaries as text",
    ),
    ("mime_corpus/rfc_000", "text", "text/enriched is read as the text it shows, without its marks"),
    ("php_mime/m0020", "file", _NAMES),
    (
        "reply_trimmer/forwarded_gmail",
        "written",
        "a mail that is passed on is what its writer wants read: it stays",
    ),
    (
        "talon/signature_",
        "signature",
        "a signature without a mark before it stays: what is folded by mistake is not read",
    ),
    ("winmail/minimal_attachment", "files", _NAMES),
    ("winmail/garbage-at-end", "files", _EMPTY_PACKET),
    ("winmail/multi-name-property", "files", _EMPTY_PACKET),
    (
        "discourse/gmail_html_reply",
        "folded",
        "a signature marked in HTML only: the source folds it, its words stay here",
    ),
    ("zammad/mail018", "", "UTF-7 is read, the source shows it as it is encoded"),
    ("zammad/mail026", "body", "the title of an HTML page is no text of the mail"),
    ("zammad/mail046", "name", _RAW_BYTES),
    ("zammad/mail060", "body", _RAW_BYTES),
    ("zammad/mail062", "file document", _KEPT_IN_BODY),
    ("zammad/mail062", "file video", _NAMES),
    ("zammad/mail076", "", _INVALID),
    ("zammad/mail080", "file", _NAMES),
    ("zammad/mail092", "file Delivery report", "a delivery report is kept as a report, not as a file"),
    ("zammad/mail100", "file", _NAMES),
    ("zammad/mail102", "file", "two files of the same name keep it"),
    *(
        (f"zammad/mail{number}", "body", _PLACEHOLDER)
        for number in ("024", "028", "042", "054", "086", "088", "094")
    ),
    ("zammad_inline/case005", "person", _INVALID),
    ("zammad_inline/case009", "", _RAW_BYTES),
    ("zammad_inline/case011", "person", _INVALID),
    (
        "zammad_inline/case021",
        "subject",
        "the source cuts the subject; the statement holds a formula in its place",
    ),
)


def reason_for(name: str, what: str) -> str:
    """Why a statement (``what``) about a mail (``name``: set and file) does not hold by choice, or ''."""
    found = (why for file, stated, why in CHOICES if name.startswith(file) and what.startswith(stated))
    return next(found, "")
