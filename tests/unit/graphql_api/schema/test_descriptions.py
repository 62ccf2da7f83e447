"""Docstrings become descriptions, and nothing that clients see goes without."""

import pytest

from graphql_api.schema.descriptions import Undescribed, described, field, input_type, object_type


def test_a_docstring_is_told_apart_into_a_whole_and_its_parts() -> None:
    """Lines are joined, parts are sentences, and words before a colon that name nothing stay prose."""
    text = """What it is: a test,
    of two lines.

    one: the first,
         over two lines
    two: the second?
    """

    whole, parts = described(text, ["one", "two"])

    assert whole == "What it is: a test, of two lines."
    assert parts == {"one": "The first, over two lines.", "two": "The second?"}


def test_an_attribute_without_words_is_refused() -> None:
    """The module that declares it cannot be imported."""
    with pytest.raises(Undescribed, match=r"Bare\.amount"):

        @object_type
        class Bare:
            """Something."""

            amount: int


def test_an_argument_without_words_is_refused() -> None:
    """Also where the field itself has some."""
    with pytest.raises(Undescribed, match="size"):

        @object_type
        class Bare:
            """Something."""

            @field()
            def lots(self, size: int) -> int:
                """Some lots."""
                return size


def test_inherited_attributes_keep_their_words() -> None:
    """They are described where they are declared."""

    @input_type
    class Parent:
        """A parent.

        one: the first
        """

        one: int

    @input_type
    class Child(Parent):
        """A child.

        two: the second
        """

        two: int

    found = {each.python_name: each.description for each in Child.__strawberry_definition__.fields}  # type: ignore[attr-defined]

    assert found == {"one": "The first.", "two": "The second."}
