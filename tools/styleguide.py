"""Show the interface kit without the application: realistic pages, the real policy, no database.

python tools/styleguide.py            serve on http://127.0.0.1:8765/ (queue, ticket, portal, request, form, signin)
python tools/styleguide.py --check    screenshots in --out, axe-core, policy violations, width at 320 px; fails on any
python tools/styleguide.py --check --only ticket
"""

import argparse
import json
import re
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace as Bag
from urllib.parse import parse_qs, urlparse

import jinja2
from markupsafe import Markup

ROOT = Path(__file__).parent.parent
TOOLKIT = ROOT / "vigie/toolkit"
PAGES = Path(__file__).parent / "styleguide_pages"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
NAMES = ["queue", "ticket", "portal", "request", "form", "signin", "refused"]


def duration(seconds: float) -> str:
    minutes = int(abs(seconds)) // 60
    return f"{minutes // 60}:{minutes % 60:02d}"


def ago(at: datetime) -> Markup:
    minutes = round((NOW - at).total_seconds() / 60)
    h, m = divmod(abs(minutes), 60)
    words = f"{m} min" if not h else (f"{h} h {m:02d}" if m else f"{h} h")
    text = when(at) if h >= 48 else (f"dans {words}" if minutes < 0 else f"il y a {words}")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), when(at), text)


def when(at: datetime, style: str = "short") -> str:
    months = [
        "janv.",
        "févr.",
        "mars",
        "avr.",
        "mai",
        "juin",
        "juil.",
        "août",
        "sept.",
        "oct.",
        "nov.",
        "déc.",
    ]
    return f"{at.day} {months[at.month - 1]} {at:%H:%M}"


def field(
    name: str,
    label: str,
    html: str,
    help_text: str = "",
    errors: tuple = (),
    required: bool = True,
    kind: str = "text",
) -> Bag:
    """What the kit reads of a Django bound field."""
    tie = (
        f' aria-describedby="id_{name}_helptext id_{name}_error"'
        if errors
        else (f' aria-describedby="id_{name}_helptext"' if help_text else "")
    )
    bad = ' aria-invalid="true"' if errors else ""
    control = Markup(html.replace("@", f'id="id_{name}" name="{name}"{tie}{bad}'))

    class Bound(Bag):
        def __html__(self) -> str:
            return control

    return Bound(
        label=label,
        help_text=help_text,
        errors=list(errors),
        id_for_label=f"id_{name}",
        auto_id=f"id_{name}",
        is_hidden=False,
        use_fieldset=False,
        widget_type=kind,
        field=Bag(required=required),
    )


class Form(list):
    errors: dict

    def non_field_errors(self) -> list:
        return []


def engine(language: str) -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader([PAGES, TOOLKIT / "templates"]),
        autoescape=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    words = json.loads((PAGES / "fr.json").read_text()) if language == "fr" else {}
    env.install_gettext_callables(
        lambda text: words.get(text, text),
        lambda one, many, n: words.get(one if n < 2 else many, one if n < 2 else many),
        newstyle=True,
    )
    env.globals.update(
        static=lambda path: f"/static/{path}",
        url=lambda name, *args: f"/{name}",
        csrf_input=Markup('<input type="hidden" name="csrfmiddlewaretoken" value="sample">'),
        csrf_token="sample",
        now=NOW,
        before=lambda **k: NOW - timedelta(**k),
        after=lambda **k: NOW + timedelta(**k),
    )
    env.filters.update(duration=duration, ago=ago, when=when)
    return env


def sample_form() -> Form:
    form = Form(
        [
            field(
                "subject",
                "Objet",
                "<input type=text @ required value='Accès VPN'>",
                "En quelques mots : ce qui ne marche pas, et où.",
            ),
            field(
                "when",
                "Date souhaitée",
                "<input type=text @ value='31/02/2026'>",
                "",
                ["Cette date n’existe pas : choisissez un jour du calendrier."],
            ),
            field(
                "site",
                "Site",
                "<select @><option>Lyon</option><option>Nantes</option></select>",
                required=False,
            ),
            field("vip", "Prévenir aussi mon responsable", "<input type=checkbox @>", kind="checkbox"),
            field(
                "body",
                "Description",
                "<textarea @ rows=4></textarea>",
                "Les images se collent directement dans le texte.",
            ),
        ]
    )
    form.errors = {"when": ["x"]}
    return form


def render(name: str, theme: str, language: str = "fr") -> str:
    console = name in ("queue", "ticket", "form")
    nav = [
        ("queue", "Tickets", "inbox", 3),
        ("clients", "Clients", "building", 0),
        ("catalog", "Catalogue", "apps", 0),
        ("knowledge", "Savoir", "book-2", 0),
        ("reports", "Rapports", "chart-bar", 0),
    ]
    portal_nav = [
        ("home", "Accueil", "home", 0),
        ("requests", "Mes demandes", "ticket", 2),
        ("approve", "À approuver", "checklist", 1),
        ("catalog", "Catalogue", "apps", 0),
    ]
    context = {
        "language": language,
        "languages": [("fr", "Français"), ("en", "English")],
        "theme": theme,
        "live_url": "/live" if console else "",
        "palette_url": "/palette",
        "theme_url": "/theme",
        "language_url": "/language",
        "signout_url": "/signout",
        "home_url": "/queue",
        "code": "tickets.unknown",
        "message": "Cette demande n’existe pas, ou vous n’y avez pas accès.",
        "status": 404,
        "person": None
        if name in ("signin", "refused")
        else Bag(name="Aïcha Belkacem", email="aicha.belkacem@vigie.example", href="/me"),
        "notices": Bag(href="/notices", count=3),
        "nav": [
            Bag(code=c, label=w, icon=i, href=f"/{c}", current=c in ("queue", "home"), count=n, key=c[0])
            for c, w, i, n in (nav if console else portal_nav)
        ],
        "nav_end": [
            Bag(code="setup", label="Réglages", icon="settings", href="/setup", current=False, count=0)
        ],
        "creations": [
            Bag(label="Incident", href="/new/incident", icon="bolt", key="c"),
            Bag(label="Demande", href="/new/request", icon="shopping-cart", key=None),
        ],
        "client": None if console else Bag(name="Alpha Industries", logo=""),
        "client_style": "" if console or name in ("signin", "refused") else "/alpha.css",
        "accessibility": Bag(href="/accessibility", level="partiellement conforme"),
        "sample_form": sample_form(),
        "toasts": [Bag(text="Ticket INC-20418 affecté à Karim Haddad", tone="ok")] if name == "queue" else [],
    }
    return engine(language).get_template(f"{name}.html").render(context)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        address = urlparse(self.path)
        path, query = address.path.strip("/") or "queue", parse_qs(address.query)
        if path in NAMES:
            return self.answer(
                render(path, query.get("theme", ["system"])[0], query.get("language", ["fr"])[0]), "text/html"
            )
        if path == "alpha.css":
            return self.answer(
                ":root { --accent: light-dark(#0b6b52, #5fc6a4); --on-accent: light-dark(#fff, #06231b); }",
                "text/css",
            )
        if path in ("palette", "people"):
            return self.answer(
                engine("fr").get_template("options.html").render(q=query.get("q", [""])[0]), "text/html"
            )
        if path == "live":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(b'data: {"topics": ["queue"]}\n\n')
            return time.sleep(20)
        if path == "fresh":
            return self.answer("<span>3 nouveaux</span>", "text/html")
        target = (TOOLKIT / path).resolve()
        if path.startswith("static/") and target.is_relative_to(TOOLKIT / "static") and target.is_file():
            return self.answer(target.read_bytes(), KINDS.get(target.suffix, "application/octet-stream"))
        return self.answer("not here", "text/plain", 404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/presence":
            return self.answer("", "text/html")
        return self.answer(json.dumps({"url": "/static/vigie/icons/vigie.svg"}), "application/json")

    do_PUT = do_POST

    def answer(self, body: str | bytes, kind: str, status: int = 200) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind + ("" if kind.startswith("image/png") else "; charset=utf-8"))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args) -> None:
        pass


def serve(port: int) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def check(base: str, names: list[str], out: Path) -> int:
    from playwright.sync_api import sync_playwright

    axe = (ROOT / "tests/vendor/axe.min.js").read_text()
    tags = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    wrong = 0
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        for name in names:
            for theme in ("light", "dark"):
                for width, height in ((1440, 900), (390, 844), (320, 640)):
                    said: list[str] = []
                    page = browser.new_page(viewport={"width": width, "height": height})
                    page.on(
                        "console",
                        lambda m, said=said: said.append(m.text) if m.type in ("error", "warning") else None,
                    )
                    page.on("pageerror", lambda e, said=said: said.append(str(e)))
                    page.goto(f"{base}/{name}?theme={theme}")
                    page.wait_for_timeout(500)
                    if width > 320:
                        page.screenshot(path=out / f"{name}-{width}-{theme}.png")
                        if width == 390:
                            page.screenshot(path=out / f"{name}-{width}-{theme}-full.png", full_page=True)
                    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    if over > 0:
                        said.append(f"{over} px too wide")
                    page.close()
                    free = browser.new_context(bypass_csp=True, viewport={"width": width, "height": height})
                    page = free.new_page()
                    page.goto(f"{base}/{name}?theme={theme}")
                    page.wait_for_timeout(300)
                    page.add_script_tag(content=axe)
                    found = page.evaluate("tags => axe.run(document, tags)", tags)["violations"]
                    said += [
                        f"axe {v['id']}: {n['target']} {re.sub(chr(10), ' ', n['failureSummary'])[:220]}"
                        for v in found
                        for n in v["nodes"][:3]
                    ]
                    free.close()
                    wrong += len(said)
                    print(f"{name} {theme} {width}:", "ok" if not said else "\n  " + "\n  ".join(said))
        browser.close()
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only", choices=NAMES)
    parser.add_argument("--out", type=Path, default=Path("var/styleguide"))
    options = parser.parse_args()
    server = serve(options.port)
    if options.check:
        options.out.mkdir(parents=True, exist_ok=True)
        sys.exit(
            1
            if check(
                f"http://127.0.0.1:{options.port}", [options.only] if options.only else NAMES, options.out
            )
            else 0
        )
    print(f"http://127.0.0.1:{options.port}/")
    threading.Event().wait()
