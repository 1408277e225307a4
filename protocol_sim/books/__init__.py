"""Account books: thousands of accounts as columns, read from a file or generated.

`book` is the record, `words` its exact integers, `files` the schema of CSV and Parquet, `generate` draws one.
"""

from protocol_sim.books.book import Book
from protocol_sim.books.files import read_book, write_book

__all__ = ["Book", "read_book", "write_book"]
