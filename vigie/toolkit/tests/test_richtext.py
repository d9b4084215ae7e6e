"""What stored texts become when they are shown."""

from __future__ import annotations

import pytest
from django.utils import translation

from vigie.toolkit import richtext
from vigie.toolkit.richtext import is_blank


@translation.override("en")
def test_a_picture_is_never_without_words() -> None:
    token = "a" * 24
    bare = f'<figure><a href="/files/{token}"><img src="/files/{token}" width="9"><figcaption><span>écran.png</span></figcaption></a></figure>'
    assert 'alt="écran"' in richtext.shown(bare)
    assert 'alt="Picture"' in richtext.shown(f'<p>x</p><img src="/files/{token}" alt=" ">')
    assert richtext.shown(f'<img src="/files/{token}" alt="plan">').count("alt=") == 1
    assert 'alt="plan"' in richtext.shown(f'<img alt="plan" src="/files/{token}">')
    quoted = f'<p>voir</p><blockquote><img src="/files/{token}">là</blockquote>'
    assert 'alt="Picture"' in richtext.shown_folded(quoted)[1]
    odd = f'<img src="/files/{token}"><figcaption>a"b&lt;.png</figcaption>'
    assert 'alt="a&quot;b&lt;"' in richtext.shown(odd)


def test_a_long_text_begins_with_its_first_lines() -> None:
    assert richtext.long_text(richtext.plain_shown("\n".join(["ligne"] * 60))) is None
    long = richtext.long_text(richtext.plain_shown("\n".join(f"ligne {n}" for n in range(10_000))))
    assert long is not None
    assert long.lines == 10_000
    assert "ligne 39" in long.start
    assert "ligne 41" not in long.start
    one = richtext.long_text(richtext.plain_shown("mot " * 5000))
    assert one is not None
    assert len(one.start) < 4100
    assert richtext.long_text("") is None


@pytest.mark.parametrize("tag", ["img", "IMG", "image"])
def test_a_picture_alone_is_not_blank(tag: str) -> None:
    assert not is_blank(f'<p><{tag} src="/files/{"a" * 24}"></p>')
    assert is_blank("<p>&nbsp;</p>")
    assert is_blank("")
