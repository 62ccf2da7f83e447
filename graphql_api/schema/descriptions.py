"""Types and fields of the schema, described by their docstrings.

The docstring's first sentences describe the type or field; after them, `name: text` describes an attribute, an argument
or an enum value. Whatever a client can see and nobody described is refused when its module is imported.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Annotated, TypeVar, Union, cast, dataclass_transform

import strawberry
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

C = TypeVar("C", bound=type)
E = TypeVar("E", bound=type[Enum])
F = TypeVar("F", bound=Callable[..., object])

_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*):\s+(.*)")


class Undescribed(Exception):
    """Something that clients see has no words for it."""


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def object_type(cls: C) -> C:
    """An output type."""
    return _describe(strawberry.type(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def interface_type(cls: C) -> C:
    """An interface."""
    return _describe(strawberry.interface(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def input_type(cls: C) -> C:
    """An input type."""
    return _describe(strawberry.input(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def one_of_type(cls: C) -> C:
    """An input type of which exactly one field is given."""
    return _describe(strawberry.input(cls, one_of=True))


def enum_type(kind: E, name: str, description: str, values: dict[str, str]) -> E:
    """Makes a Python enum a GraphQL one of the given name; `values` says what each value means."""
    strawberry.enum(kind, name=name, description=description)
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = _required(values.get(value.name), f"{name}.{value.name}")
    return kind


def field(rule: dict[object, object] | None = None) -> Callable[[F], F]:
    """A field whose method resolves it, under a rule of `field_rules`."""

    def make(resolver: F) -> F:
        return cast("F", strawberry.field(resolver=resolver, metadata=rule))

    return make


def result_union(name: str, description: str, members: Iterable[type]) -> object:
    """The union of a success and of the errors of one mutation, as an annotation."""
    return Annotated[Union[tuple(members)], strawberry.union(name, description=description)]  # noqa: UP007


def described(text: str | None, names: Iterable[str]) -> tuple[str, dict[str, str]]:
    """What a docstring says in general, and what it says about each of `names`."""
    known = frozenset(names)
    intro: list[str] = []
    about: dict[str, list[str]] = {}
    current = intro
    for line in inspect.cleandoc(text or "").splitlines():
        found = _LINE.match(line.strip())
        if found and found[1] in known:
            current = about.setdefault(found[1], [])
        current.append(found[2] if found and found[1] in known else line.strip())
    return _join(intro), {name: _sentence(_join(lines)) for name, lines in about.items()}


def _join(lines: Iterable[str]) -> str:
    paragraphs = "\n".join(lines).strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def _describe(cls: C) -> C:
    definition: StrawberryObjectDefinition = cls.__strawberry_definition__  # type: ignore[attr-defined]
    plain = [field.python_name for field in definition.fields if field.base_resolver is None]
    intro, _ = described(cls.__dict__.get("__doc__"), plain)
    about: dict[str, str] = {}
    for each_class in reversed(cls.__mro__[:-1]):
        about.update(described(each_class.__dict__.get("__doc__"), plain)[1])
    definition.description = _required(intro, definition.name)
    for each in definition.fields:
        if each.description:
            continue
        if each.base_resolver is None:
            each.description = _required(about.get(each.python_name), f"{definition.name}.{each.python_name}")
        else:
            _describe_resolver(each, definition.name)
    return cls


def _describe_resolver(each: StrawberryField, owner: str) -> None:
    assert each.base_resolver is not None
    names = [argument.python_name for argument in each.arguments]
    intro, about = described(each.base_resolver.wrapped_func.__doc__, names)
    place = f"{owner}.{each.python_name}"
    each.description = _required(intro, place)
    for argument in each.arguments:
        argument.description = argument.description or _required(
            about.get(argument.python_name), f"{place}({argument.python_name})"
        )


def _required(text: str | None, place: str) -> str:
    if not text:
        raise Undescribed(place)
    return text
