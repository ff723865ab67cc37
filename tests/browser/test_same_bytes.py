"""The same archive and the same notebooks make the same book, byte for byte."""

from __future__ import annotations

from pathlib import Path


def files(book: Path) -> dict[str, bytes]:
    return {
        path.relative_to(book).as_posix(): path.read_bytes()
        for path in sorted(book.rglob("*"))
        if path.is_file()
    }


def test_two_builds_are_the_same(two_books: list[Path]) -> None:
    one, another = map(files, two_books)
    assert len(one) > 30
    assert list(one) == list(another)
    assert [name for name in one if one[name] != another[name]] == []
