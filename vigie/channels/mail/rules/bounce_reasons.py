"""Why a mail was not delivered, out of what the server said: a code from its words, or from its status number."""

from __future__ import annotations

import re

_VAGUE = frozenset({"refused", "network"})  # words beside which a status number says more
HARD = frozenset({"unknown_user", "unknown_host", "moved", "no_mail"})

# First match wins: what a server says in words is surer than its number.
_REASONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern, re.IGNORECASE | re.VERBOSE))
    for reason, pattern in (
        ("network", r"""host\ not\ found,\ try\ again"""),
        (
            "sender_refused",
            r"""after\ mail\ from | domain\ of\ sender | sender\ (?:address|domain|verif)""",
        ),
        (
            "too_big",
            r"""(?:message|mail|size|content)\ (?:\S{1,30}\ ){0,3}(?:too\ (?:big|large)|exceeds|larger\ than)
            | (?:message|mail)\ (?:file\ )?(?:size|length)\ (?:limit|exceed) | 552\ .{0,40}size
            | exceeds?\ (?:the\ )?maximum\ (?:message|mail)""",
        ),
        (
            "mailbox_full",
            r"""mailbox\ (?:is\ |size\ )?(?:full|exceed|limit|quota)
            | (?:over|exceed\w{0,3}|above)\ (?:the\ |his\ |its\ |their\ |disk\ |mailbox\ |storage\ ){0,3}(?:quota|limit|size\ limit|storage)
            | quota\ (?:exceed|full|excess|violation) | overquota
            | (?:disk|storage|space)\ (?:is\ )?full | insufficient\ (?:system\ )?storage
            | out\ of\ (?:storage|space)
            | not\ enough\ (?:storage|disk)?\ ?space | too\ much\ mail\ data | user\ is\ overquota
            | mailbox\ is\ full | inbox\ is\ full | mail\ ?folder\ is\ full | boite\ .{0,20}pleine""",
        ),
        (
            "suspended",
            r"""(?:account|mailbox|user|address)\ (?:that\ you\ tried\ to\ reach\ |has\ been\ |is\ |was\ |\w{6,16}ly\ ){0,4}
              (?:disabled|suspended|locked|inactive|blocked|deactivated|not\ active)
            | (?:disabled|inactive|suspended)\ (?:account|mailbox|user|recipient)
            | mailbox\ (?:currently\ )?(?:disabled|unavailable\ or\ access\ denied)""",
        ),
        (
            "moved",
            r"""(?:user|recipient|mailbox|address)\ (?:has\ |is\ )?moved | has\ moved\ to
            | no\ longer\ (?:in\ use|available|exists?|valid|with) | address\ .{0,40}\ has\ changed
            | adresse\ .{0,20}chang""",
        ),
        (
            "no_mail",
            r"""does\ not\ accept\ (?:any\ )?mail | null\ mx | nullmx | mail\ receiving\ disabled
            | not\ accept\ (?:smtp\ )?mail | no\ smtp\ service | smtp\ protocol\ returned\ a\ permanent\ error\ 556
            | (?:host|domain)\ (?:does\ not|doesn't)\ (?:receive|accept)""",
        ),
        (
            "spam",
            r"""\bspam\b | blacklist | blocklist | block(?:ed)?\ list | \brbl\b | dnsbl | spamhaus
            | reputation | junk\ mail | dmarc | \bspf\b | dkim | sender\ policy | unauthenticated
            | authentication
            | reverse\ (?:dns|host|lookup) | \bptr\b | rdns | virus | malware
            | message\ (?:content\ )?rejected | content\ (?:filter|reject) | policy
            | (?:ip|address)\ .{0,40}(?:has\ been\ |is\ )?(?:blocked|banned)
            | too\ many\ (?:connections|concurrent|hops|recipients|sessions) | rate\ limit | throttl""",
        ),
        (
            "unknown_user",
            r"""(?:user|recipient|mailbox|account|address|addressee|rcpt|local\ part|destinataire|person)\ (?:\S{1,100}\ )?
              (?:is\ |was\ |has\ |does\ |account\ )?
              (?:unknown|not\ ?(?:found|exist|known|valid|recogni[sz]ed|listed|have\ an\ account|our\ customer)
              |non-existent|invalid|doesn't\ exist|nonexist|inconnu|unavailable:\ unknown)
            | (?:unknown|no\ such|invalid|non-?existent|bad|illegal|unrouteable|undeliverable)\ (?:local\ )?
              (?:user|recipient|mailbox|address(?!\ error)|account|person|destination\ mailbox|rcpt|alias|local\ part)
            | no\ (?:mailbox|account|user|one)\ (?:here|by|with|named|of\ that)
            | doesn't\ have\ a[n]?\ .{0,60}account
            | (?:does\ not|doesn't)\ (?:exist|have\ (?:a|an)\ \S{1,40}\ account)
            | not\ a\ (?:valid|known)\ (?:user|mailbox|recipient|address) | not\ listed\ in
            | user\ not\ (?:found|exist|known) | not\ a\ registered
            | recipient\ (?:address\ )?rejected:\ (?:user\ unknown|undeliverable|unknown|invalid|no\ such)
            | isn't\ in\ my\ (?:control|list) | no\ mailbox\ (?:here|by\ that) | recipnotfound | address\ rejected\.?\s*$
            | mailbox\ unavailable | unknown\ (?:or\ illegal\ )?(?:alias|address(?!\ error)|user)
            | invalid\ (?:e-?mail\ address|final\ delivery\ userid)
            | adresse\ (?:d\ ?au\ moins|inconnue|invalide) | utilisateur\ inconnu
            | address\ not\ found | couldn't\ be\ found | wasn't\ found
            | no\ such\ (?:user|person|mailbox)""",
        ),
        (
            "unknown_host",
            r"""(?:host|domain|server)(?:\ name)?\ (?:\S{1,100}\ )?(?:is\ )?(?:unknown|not\ found|unrecogni[sz]ed|does\ not\ exist)
            | (?:unknown|no\ such|unrouteable|illegal|bad)\ (?:host|domain|mail\ domain|destination\ host)
            | (?:couldn't|cannot|could\ not|unable\ to)\ (?:find|resolve)\ (?:any\ |a\ )?(?:host|domain|mail\ exchanger|mx|the\ domain)
            | name\ (?:service\ error|or\ service\ not\ known|does\ not\ resolve)
            | no\ (?:mx\b|relevant\ (?:dns|answers)) | nxdomain
            | dns\ (?:error|fail|lookup) | recipient'?s?\ domain\ (?:name\ )?(?:not|does)
            | all\ relevant\ mx | domain\ is\ not\ reachable | invalid\ domain | domain\ .{0,80}not\ found""",
        ),
        (
            "expired",
            r"""timed?\ ?-?out | expired | time\ limit
            | (?:not\ been|couldn't\ be)\ (?:able\ to\ be\ )?(?:delivered|sent)\ (?:for|in|within|after)
            | retry\ (?:time(?:out)?|limit) | (?:too|been\ in\ the\ queue)\ (?:old|long)
            | delivery\ time | deferred | multiple\ retries | within\ \d{1,3}\ days | requests\ to\ connect
            | for\ \d{1,3}\ (?:days?|hours?) | could\ not\ be\ delivered\ (?:within|for)""",
        ),
        (
            "network",
            r"""connection\ (?:refused|lost|reset|closed|dropped) | (?:no\ route|unreachable)
            | (?:loops?\ back|mail\ loop|routing\ loop|too\ many\ hops) | connect\ to | network | not\ reachable
            | tls | lost\ connection""",
        ),
        (
            "refused",
            r"""reject | denied | refused | not\ (?:permitted|allowed|authorized|member) | relay
            | permission | protected | block | violat | forbidden | unauthorized""",
        ),
    )
)
_BY_STATUS = {
    "1.1": "unknown_user",
    "1.2": "unknown_host",
    "1.3": "unknown_user",
    "1.6": "moved",
    "1.10": "unknown_user",
    "2.1": "suspended",
    "2.2": "mailbox_full",
    "2.3": "too_big",
    "3.4": "too_big",
    "4.4": "unknown_host",
    "4.7": "expired",
}


def reason_of(status: str, words: str) -> str:
    """A code of ``Failed.reason``. ``status``: ``x.y.z`` or ''; ``words``: what the server said, on one line."""
    by_status = _BY_STATUS.get(status.partition(".")[2], "undefined")
    for reason, pattern in _REASONS:
        if pattern.search(words[:2000]):
            is_vague = reason in _VAGUE and by_status != "undefined"
            return by_status if is_vague else reason
    return by_status
