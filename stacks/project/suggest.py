"""Suggestions for mistyped words, and lists of words in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

_LETTERS_PER_EDIT = 3
_MOST_EDITS = 3
_MOST = 100
"""How many known words are compared with a word, and how many are listed: files can have thousands of services."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that differs from `word` by the fewest edits, ignoring case; None when all differ by many.

    Up to three edits are few, and at most one in three letters. Of equally near words, the one with the nearest
    characters: `us-east-2` rather than `us-east-1` for `us-east-3`. Of more than 100 words, only those with the same
    first letter are compared.
    """
    plain = word.lower()
    names = list(known)
    if len(names) > _MOST:
        names = [name for name in names if name[:1].lower() == plain[:1]][:_MOST]
    most = min(_MOST_EDITS, max(1, len(plain) // _LETTERS_PER_EDIT))
    found = [(edits, name) for name in names if (edits := _edits(plain, name.lower(), most)) <= most]
    if not found or (len(plain) < 2 and min(found)[0]):
        return None
    return min(found, key=lambda pair: (pair[0], _gap(plain, pair[1].lower())))[1]


def _gap(word: str, other: str) -> int:
    """How far the characters are from each other, position by position."""
    return sum(abs(ord(one) - ord(two)) for one, two in zip(word, other, strict=False))


def _edits(word: str, other: str, most: int) -> int:
    """The insertions, deletions, replacements and swaps of neighbors between two words; more than `most` if many."""
    if abs(len(word) - len(other)) > most:
        return most + 1
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(word, start=1):
        line = [row]
        for column, wanted in enumerate(other, start=1):
            cost = min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and word[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > most:
            return most + 1
        before, above = above, line
    return above[-1]


def listed(words: Iterable[object], last: str = "or") -> str:
    """`a, b or c`."""
    names = [str(word) for word in words]
    return f"{', '.join(names[:-1])} {last} {names[-1]}" if len(names) > 1 else "".join(names)


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """The fix for an unknown word: the most similar one, or all known words after `otherwise`.

    `otherwise` ends in "are" where it introduces all that there is; a single word has another introduction then.
    """
    names = list(known)
    match = nearest(word, names)
    if match:
        return f"did you mean {match}?"
    if len(names) == 1 and otherwise.endswith("are"):
        return f"the only one is {names[0]}"
    last = "and" if otherwise.endswith("are") else "or"
    more = [f"{len(names) - _MOST:,} more"] if len(names) > _MOST else []
    return f"{otherwise} {listed([*names[:_MOST], *more], last)}"
