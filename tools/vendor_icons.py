"""Build the icon sprite from the Tabler package: python tools/vendor_icons.py PATH/tabler-icons-3.48.0.tgz

Only the icons named here go in. Add a name, run again, commit the sprite.
"""

import re
import sys
import tarfile
from pathlib import Path

SPRITE = Path(__file__).parent.parent / "vigie/toolkit/static/vigie/icons/icons.svg"

ICONS = """
activity adjustments alert-circle alert-octagon alert-triangle apps arrow-back-up arrow-down arrow-forward-up arrow-left arrow-right
arrow-up arrows-sort ban bell bell-off bold bolt book book-2 briefcase bug building building-community bulb calendar calendar-event
certificate chart-bar check checklist chevron-down chevron-left chevron-right chevron-up circle circle-check circle-dashed
circle-dot circle-x clipboard-list clock clock-pause code columns-3 command contract copy crown currency-euro database-import
device-desktop device-floppy device-laptop dots download edit external-link eye eye-off file file-text filter fingerprint flag
folder git-branch git-merge headset help-circle history home hourglass inbox info-circle italic key keyboard language layout-dashboard
license lifebuoy link list list-check list-numbers loader-2 lock lock-open login logout mail map-pin menu-2 message message-2 messages
minus moon note notes paperclip phone photo pin player-pause player-play plus printer progress quote refresh rocket search send server
settings shield shield-check shopping-cart sitemap speakerphone star strikethrough subtask sun tag tags target template text-plus
thumb-down thumb-up ticket tool trash unlink upload urgent user user-check user-circle user-plus users vip world x
""".split()  # noqa: SIM905


def symbol(name: str, svg: str) -> str:
    body = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.S).group(1)
    body = re.sub(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", body)
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(line.strip() for line in body.splitlines())}</symbol>'


def main(package: str) -> None:
    with tarfile.open(package) as archive:
        parts = [
            symbol(name, archive.extractfile(f"package/icons/outline/{name}.svg").read().decode())
            for name in sorted(set(ICONS))
        ]
    head = (
        "<!-- Tabler Icons 3.48.0, MIT licence: ../vendor/tabler/LICENSE. Built by tools/vendor_icons.py -->"
    )
    SPRITE.write_text(f'{head}\n<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(parts) + "\n</svg>\n")
    print(f"{len(parts)} icons, {SPRITE.stat().st_size / 1000:.1f} kB: {SPRITE.name}")


if __name__ == "__main__":
    main(sys.argv[1])
