"""GraphQL text in, an executable document out; parsed, measured and validated once.

Only valid documents are kept, in a store bounded by count, so nonsense costs its sender a parse each time and
never pushes out what others use.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Token,
    TokenKind,
    parse,
    validate,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature

from graphql_api.http.document_limits import DocumentLimits, Measure, exceeded, measure_operations
from graphql_api.http.refusals import RequestRefused
from graphql_api.http.strawberry_internals import VALIDATION_RULES, Selections

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NUMBERS = frozenset({TokenKind.INT, TokenKind.FLOAT})


class TrustedDocumentRefused(ValueError):
    """A document of the allow-list has another digest or cannot run here; the message says which, and why."""


class DocumentRefused(Exception):
    """The document cannot run; `errors` say why, `code` says what kind of reason it is."""

    def __init__(self, errors: list[GraphQLError], code: str) -> None:
        super().__init__(code)
        self.errors = errors
        self.code = code


def refuse(message: str, code: str) -> DocumentRefused:
    """A refusal with one sentence."""
    return DocumentRefused([GraphQLError(message, extensions={"code": code})], code)


def document_not_allowed() -> RequestRefused:
    """403: this caller may run documents of the allow-list only."""
    return RequestRefused(
        403, "Only documents of the allow-list may be run with this credential.", code="DOCUMENT_NOT_ALLOWED"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a document, ready to run.

    selections: what its runs collect and keep; None where directives make that depend on variables.
    is_introspection: it asks for nothing but the schema itself.
    is_confidential: it takes codes, which have no place in a URL.
    """

    name: str | None
    kind: OperationType
    node: OperationDefinitionNode
    cost: int
    variables: tuple[GraphQLVariableSignature, ...]
    selections: Selections | None
    is_introspection: bool
    is_confidential: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A valid document of `length` characters. `trusted`: its text stands in the allow-list."""

    operations: Mapping[str | None, Operation]
    fragments: dict[str, FragmentDetails]
    fragment_definitions: dict[str, FragmentDefinitionNode]
    length: int
    trusted: bool

    def choose(self, name: str | None) -> Operation:
        """The operation to run, by the rules of the specification; an empty name is no name."""
        if not name:
            if len(self.operations) == 1:
                return next(iter(self.operations.values()))
            raise refuse("The document has several operations: say which in operationName.", "OPERATION_UNCLEAR")
        operation = self.operations.get(name)
        if operation is None:
            raise refuse(f"The document has no operation named '{name[:100]}'.", "OPERATION_UNKNOWN")
        return operation


def digest_of(text: str) -> str:
    """The lower-case hexadecimal SHA-256 of a document's text."""
    return hashlib.sha256(text.encode()).hexdigest()


class _Shelf:
    """Documents by text or digest, bounded in number and in the length of their texts: one parsed takes sixty-five
    times as much memory.
    """

    def __init__(self, *, capacity: int, length_max: int) -> None:
        self._capacity = capacity
        self._length_max = length_max
        self._length = 0
        self._documents: dict[str, Document] = {}

    def get(self, key: str) -> Document | None:
        """The document under that key."""
        return self._documents.get(key)

    def put(self, key: str, document: Document) -> None:
        """Keeps a document under a key that nothing has."""
        # First in, first out: a busy document that falls out is compiled again within milliseconds.
        while self._documents and (
            len(self._documents) >= self._capacity or self._length + document.length > self._length_max
        ):
            self._length -= self._documents.pop(next(iter(self._documents))).length
        self._documents[key] = document
        self._length += document.length


class DocumentStore:
    """Finds documents by text or digest.

    Raises DocumentRefused; TrustedDocumentRefused at construction where one is invalid or over the limits.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        limits: DocumentLimits,
        trusted: Mapping[str, str] = MappingProxyType({}),
        capacity: int = 1_000,
        length_max: int = 1_000_000,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._by_text = _Shelf(capacity=capacity, length_max=length_max)
        self._by_digest = _Shelf(capacity=capacity, length_max=length_max)
        self._trusted: dict[str, Document] = {}
        self._trusted_texts: dict[str, Document] = {}
        for digest, text in trusted.items():
            self._trust(digest, text)

    def by_text(self, text: str) -> Document:
        """The document with this text, compiled now or before."""
        known = self._trusted_texts.get(text) or self._by_text.get(text)
        if known is None:
            known = self._compile(text, trusted=False)
            self._by_text.put(text, known)
        return known

    def knows(self, text: str) -> bool:
        """Whether this text is compiled already."""
        return self._by_text.get(text) is not None or text in self._trusted_texts

    def trusted_text(self, text: str) -> Document:
        """The trusted document with exactly this text; nothing is parsed to find out."""
        document = self._trusted_texts.get(text)
        if document is None:
            raise document_not_allowed()
        return document

    def by_digest(self, digest: str, text: str | None = None) -> Document:
        """The document with this digest; `text`, when given, must have it and is remembered under it.

        What a caller registers this way is not trusted by it.
        """
        if not _DIGEST.fullmatch(digest):
            raise refuse("A document id is 'sha256:' and 64 lower-case hexadecimal digits.", "DOCUMENT_ID_MALFORMED")
        # Looked at first: what stands between may have read the text, and it is the text that must run.
        if text is not None and digest_of(text) != digest:
            raise refuse("The document's SHA-256 is not the one given.", "DOCUMENT_ID_MISMATCH")
        known = self._trusted.get(digest) or self._by_digest.get(digest)
        if known is not None:
            return known
        if text is None:
            raise refuse("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        document = self.by_text(text)
        self._by_digest.put(digest, document)
        return document

    def _trust(self, digest: str, text: str) -> None:
        if digest_of(text) != digest:
            raise TrustedDocumentRefused(f"the text of sha256:{digest} has another SHA-256")
        try:
            document = self._compile(text, trusted=True)
        except DocumentRefused as refusal:
            raise TrustedDocumentRefused(f"sha256:{digest}: {refusal.errors[0].message.rstrip('.')}") from refusal
        self._trusted[digest] = self._trusted_texts[text] = document

    def _compile(self, text: str, *, trusted: bool) -> Document:
        if len(text) > self._limits.text_bytes_max or len(text.encode()) > self._limits.text_bytes_max:
            raise refuse(f"The document is longer than {self._limits.text_bytes_max} bytes.", "DOCUMENT_TOO_LARGE")
        node = _parse(text, self._limits.tokens_max)
        measures = _measure(node, self._schema)
        if not measures:
            raise refuse("The document has no operation.", "OPERATION_UNKNOWN")
        broken = [sentence for _, measure in measures for sentence in exceeded(measure, self._limits)]
        if broken:
            raise DocumentRefused([GraphQLError(sentence) for sentence in broken[:5]], "DOCUMENT_TOO_LARGE")
        errors = validate(self._schema, node, VALIDATION_RULES, max_errors=10, hide_suggestions=True)
        if errors:
            raise DocumentRefused(errors, "DOCUMENT_INVALID")
        plain = "@" not in text
        operations = [_operation(part, measure, self._schema, plain=plain) for part, measure in measures]
        return _document(node, operations, length=len(text), trusted=trusted)


def _parse(text: str, tokens_max: int) -> DocumentNode:
    try:
        node = parse(text, max_tokens=tokens_max)
    except GraphQLError as error:
        raise DocumentRefused([error], "DOCUMENT_UNPARSABLE") from None
    except RecursionError:
        raise refuse("The document is nested too deeply.", "DOCUMENT_TOO_LARGE") from None
    _refuse_endless_numbers(node)
    return node


def _refuse_endless_numbers(node: DocumentNode) -> None:
    """JSON has none either; read on, they would be an infinity, no number, or a sentence of Python's."""
    endless = [token for token in _tokens_of(node) if token.kind in _NUMBERS and not isfinite(float(token.value or 0))]
    if endless and node.loc:
        error = GraphQLError("A number is too large.", None, node.loc.source, [token.start for token in endless[:5]])
        raise DocumentRefused([error], "DOCUMENT_INVALID")


def _tokens_of(node: DocumentNode) -> Iterator[Token]:
    token = node.loc and node.loc.start_token
    while token:
        yield token
        token = token.next


def _measure(node: DocumentNode, schema: GraphQLSchema) -> list[tuple[OperationDefinitionNode, Measure]]:
    try:
        return measure_operations(node, schema)
    except RecursionError:
        raise refuse("The document is nested too deeply.", "DOCUMENT_TOO_LARGE") from None


def _operation(node: OperationDefinitionNode, measure: Measure, schema: GraphQLSchema, *, plain: bool) -> Operation:
    signatures = [get_variable_signature(schema, definition) for definition in node.variable_definitions or ()]
    return Operation(
        name=node.name.value if node.name else None,
        kind=node.operation,
        node=node,
        cost=max(measure.cost, 1),
        # Validation has made sure that every variable's type exists.
        variables=tuple(each for each in signatures if not isinstance(each, GraphQLError)),
        selections=Selections() if plain else None,
        is_introspection=all(
            isinstance(part, FieldNode) and part.name.value.startswith("__") for part in node.selection_set.selections
        ),
        is_confidential=bool(measure.moved),
    )


def _document(node: DocumentNode, operations: list[Operation], *, length: int, trusted: bool) -> Document:
    fragments = {part.name.value: part for part in node.definitions if isinstance(part, FragmentDefinitionNode)}
    return Document(
        operations={operation.name: operation for operation in operations},
        # Fragments with variables of their own are an experiment of graphql-core; the parser refuses them.
        fragments={name: FragmentDetails(part, None) for name, part in fragments.items()},
        fragment_definitions=fragments,
        length=length,
        trusted=trusted,
    )
