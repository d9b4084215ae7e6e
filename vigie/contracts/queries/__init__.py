"""Reads of contracts: the promise book a ticket is judged by, and stamped terms."""

from vigie.contracts.queries.book import PromiseBook, promise_book, terms_of, terms_of_many

__all__ = ["PromiseBook", "promise_book", "terms_of", "terms_of_many"]
