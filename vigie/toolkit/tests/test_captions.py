"""Pictures with a caption in the text of a message, and sentences before a quotation."""

from __future__ import annotations

from vigie.toolkit import richtext


def test_a_caption_is_no_part_of_the_sentence_above_it() -> None:
    source = "<div>Rien cet après-midi.<figure><img src='/files/x'><figcaption>ok.png</figcaption></figure>Merci</div>"
    assert richtext.to_text(source) == "Rien cet après-midi.\n[ok.png]\nMerci"


def test_a_sentence_before_the_head_of_a_quotation_stays() -> None:
    head = "Le 26/11/2026 à 12:57, Léa Martin a écrit :"
    written, quoted = richtext.shown_folded(
        f"<p>Le technicien est passé à 14 h. {head}</p><blockquote>Bonjour</blockquote>"
    )
    assert "Le technicien est passé à 14 h." in written
    assert head in quoted
