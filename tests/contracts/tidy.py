"""The house rules that a linter lacks, as functions from one parsed file to what is wrong with it."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 60

COMMITTING_MODULES = frozenset(
    {
        "ledger/engine/unit_of_work.py",
        # The write path's own transaction: one per batch.
        "ledger/engine/batch.py",
    }
)
RANDOM_MODULES = frozenset(
    {
        # Ids, the jitter of retries, and the nonces and data keys of sealing.
        "ledger/engine/ids.py",
        "ledger/engine/writer.py",
        "audit/cipher.py",
        "audit/keyring.py",
        "audit/turnover.py",
    }
)
CLOCK_MODULES = frozenset(
    {
        # The milliseconds inside an id name it; they say nothing about business time.
        "ledger/engine/ids.py",
    }
)

FORBIDDEN_NAMES = frozenset({"service", "repository", "manager", "utils", "helpers", "common", "base"})
CLOCKS = frozenset({"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"})
DURATIONS = ("_seconds", "_ms", "_s")
RANDOM = ("random.", "secrets.", "os.urandom", "uuid.uuid1", "uuid.uuid4", "uuid.uuid7")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file: its path from the project's root, its text and the nodes of its syntax tree."""

    path: str
    text: str

    @property
    def nodes(self) -> Sequence[ast.AST]:
        """All that was parsed, from the module down."""
        return _nodes(self.text)

    @property
    def is_test(self) -> bool:
        """Whether it is a test or a test's tool."""
        return self.path.startswith("tests/")

    @property
    def is_pure(self) -> bool:
        """Whether clock, randomness and floats are forbidden in it."""
        return self.path.startswith(("ledger/", "audit/"))

    @property
    def is_migration(self) -> bool:
        """Whether it is a migration, which is SQL and may be long."""
        return self.path.startswith("migrations/versions/")


@cache
def _nodes(text: str) -> Sequence[ast.AST]:
    return tuple(ast.walk(ast.parse(text)))


Rule = Callable[[Source], Iterator[str]]


def file_is_short(source: Source) -> Iterator[str]:
    """Ask for at most 300 lines a file."""
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX and not source.is_test and not source.is_migration:
        yield f"{source.path}: {lines} lines, {FILE_LINES_MAX} at most"


def functions_are_short(source: Source) -> Iterator[str]:
    """Ask for at most 60 lines a function."""
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not source.is_migration:
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield _at(source, node, f"{node.name} has {lines} lines, {FUNCTION_LINES_MAX} at most")


def name_is_allowed(source: Source) -> Iterator[str]:
    """Refuse file and folder names that say nothing."""
    for part in source.path.removesuffix(".py").split("/"):
        if part in FORBIDDEN_NAMES:
            yield f"{source.path}: no file or folder is called {part}"


def only_engine_commits(source: Source) -> Iterator[str]:
    """Refuse `commit(` outside the modules that own a transaction."""
    if source.is_test or source.path in COMMITTING_MODULES or source.path.startswith("benchmarks/"):
        return
    for call in _calls(source):
        if _name(call.func).rpartition(".")[2] == "commit":
            yield _at(source, call, "only the engine commits")


def no_floats(source: Source) -> Iterator[str]:
    """Refuse `float(` and float annotations in ledger/ and audit/, but for seconds: a name ending in _s, _seconds or _ms."""
    if not source.is_pure:
        return
    durations = {id(node) for node in _duration_annotations(source)}
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id == "float" and id(node) not in durations:
            yield _at(
                source,
                node,
                "amounts are whole numbers; a float here is a duration whose name ends in _s, _seconds or _ms",
            )


def _duration_annotations(source: Source) -> Iterator[ast.AST]:
    for node in source.nodes:
        if isinstance(node, ast.arg) and node.annotation and node.arg.endswith(DURATIONS):
            yield from ast.walk(node.annotation)
        if isinstance(node, ast.AnnAssign) and _name(node.target).endswith(DURATIONS):
            yield from ast.walk(node.annotation)
        if isinstance(node, ast.FunctionDef) and node.returns and node.name.endswith(DURATIONS):
            yield from ast.walk(node.returns)


def no_wall_clock(source: Source) -> Iterator[str]:
    """Refuse reading the clock in ledger/ and audit/; decisions are told `now`."""
    if not source.is_pure or source.path in CLOCK_MODULES:
        return
    for call in _calls(source):
        name = _name(call.func)
        if any(name == clock or name.endswith("." + clock) for clock in CLOCKS):
            yield _at(source, call, f"{name} reads the wall clock; take `now`")


def no_randomness(source: Source) -> Iterator[str]:
    """Refuse randomness in ledger/ and audit/ outside the modules whose work it is."""
    if not source.is_pure or source.path in RANDOM_MODULES:
        return
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module in {"random", "secrets"}:
            yield _at(source, node, f"{node.module} is randomness; take the bytes")
        if isinstance(node, ast.Call) and _name(node.func).startswith(RANDOM):
            yield _at(source, node, f"{_name(node.func)} is randomness; take the bytes")


def no_swallowed_exceptions(source: Source) -> Iterator[str]:
    """Refuse a bare except, and a broad one that neither raises nor does anything."""
    for node in source.nodes:
        if not isinstance(node, ast.ExceptHandler):
            continue
        broad = node.type is None or _name(node.type) in {"Exception", "BaseException"}
        if node.type is None:
            yield _at(source, node, "a bare except")
        elif broad and all(isinstance(part, ast.Pass | ast.Continue) for part in node.body):
            yield _at(source, node, "an exception is swallowed")
    for call in _calls(source):
        if _name(call.func).endswith("suppress") and any(_name(arg).endswith("Exception") for arg in call.args):
            yield _at(source, call, "an exception is swallowed")


def todos_name_an_issue(source: Source) -> Iterator[str]:
    """Ask for an issue number on every note about later work."""
    if source.path == "tests/contracts/tidy.py":  # the pattern below
        return
    for number, line in enumerate(source.text.splitlines(), start=1):
        if re.search(r"#.*\b(TODO|FIXME|XXX)\b(?!.*#\d+)", line):
            yield f"{source.path}:{number}: a TODO needs an issue number"


def pragmas_name_a_code(source: Source) -> Iterator[str]:
    """Ask every silenced linter or type error to name what it silences."""
    for number, line in enumerate(source.text.splitlines(), start=1):
        if re.search(r"#\s*(noqa(?!: ?[A-Z])|type:\s*ignore(?!\[))", line):
            yield f"{source.path}:{number}: a pragma names its code"


RULES: tuple[Rule, ...] = (
    file_is_short,
    functions_are_short,
    name_is_allowed,
    only_engine_commits,
    no_floats,
    no_wall_clock,
    no_randomness,
    no_swallowed_exceptions,
    todos_name_an_issue,
    pragmas_name_a_code,
)


def modules_without_importer(sources: list[Source], entry_points: frozenset[str]) -> list[str]:
    """Name the modules that nothing imports and that are not started by themselves; a dead file is a false lead."""
    imported = {name for source in sources for name in _imports(source)}
    product = (source for source in sources if not source.is_test and not source.is_migration)
    paths = (source.path for source in product if not source.path.endswith("/__init__.py"))
    return sorted(path for path in paths if path not in entry_points and _module(path) not in imported)


def _imports(source: Source) -> Iterator[str]:
    own = _module(source.path)
    for node in source.nodes:
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name != own)


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def _calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in source.nodes if isinstance(node, ast.Call))


def _name(node: ast.AST) -> str:
    """Return the dotted name of an expression, as far as it is one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}".lstrip(".")
    return ""


def _at(source: Source, node: ast.AST, message: str) -> str:
    return f"{source.path}:{getattr(node, 'lineno', 0)}: {message}"
