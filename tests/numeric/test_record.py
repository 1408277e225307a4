"""Records: rows with a declared width."""

import copy

import pytest

from protocol_sim.numeric import U128, U256, record
from protocol_sim.numeric.record import assign, layout


@record
class Row:
    """Three widths."""

    wide: U256 = 5
    half: U128
    count: int = 7


def test_fields_are_keywords_and_default_to_zero() -> None:
    row = Row(count=1)
    assert (row.wide, row.half, row.count) == (5, 0, 1)
    with pytest.raises(TypeError):
        Row(1)  # type: ignore[misc]


def test_an_unknown_attribute_is_an_error() -> None:
    with pytest.raises(AttributeError):
        Row().other = 1  # type: ignore[attr-defined]


def test_copy_is_a_new_row() -> None:
    row = Row(half=3)
    other = copy.copy(row)
    other.half = 4
    assert (row.half, other) == (3, Row(half=4))


def test_assign_overwrites_in_place() -> None:
    row, other = Row(half=3), Row(wide=1, half=2, count=3)
    same = row
    assign(row, other)
    assert same == other
    assert same is not other


def test_layout_says_the_words_in_order() -> None:
    found = layout(Row)
    assert list(found) == ["wide", "half", "count"]
    assert [width.words for width in found.values()] == [4, 2, 1]
