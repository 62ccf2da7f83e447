"""Root keys in a file: many lines, one a key, each named by what reveals nothing of it."""

import secrets
from pathlib import Path

import pytest

from audit.key_provider import ROOTS_MAX, FileKeyProvider, HeldKeyProvider, RootUnavailable, parse_root, reference_of

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one root key."""
    path = tmp_path / "root.key"
    path.write_text(KEY.hex() + "\n")
    return path


def _fill(path: Path, *lines: str) -> FileKeyProvider:
    path.write_text("\n".join(lines))
    return FileKeyProvider(path, secrets.token_bytes)


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_a_root_opens_what_it_wrapped_and_nothing_else(path: Path) -> None:
    """The context is bound, and so is the root."""
    provider = FileKeyProvider(path, secrets.token_bytes)
    first = (await provider.references())[0]
    second = await provider.create()

    wrapped = await provider.wrap(first, b"context", b"k" * 32)

    assert await provider.unwrap(first, b"context", wrapped) == b"k" * 32
    for reference, context in ((second, b"context"), (first, b"other")):
        with pytest.raises(ValueError, match="do not open"):
            await provider.unwrap(reference, context, wrapped)


async def test_a_root_is_created_last_and_destroyed_alone(path: Path) -> None:
    """The file stays private, and what another process reads agrees."""
    provider, other = FileKeyProvider(path, secrets.token_bytes), FileKeyProvider(path, secrets.token_bytes)
    first = (await provider.references())[0]

    second = await provider.create()
    assert await other.references() == [first, second]
    await other.destroy(first)
    await other.destroy(first)

    assert await provider.references() == [second]
    assert _mode(path) == 0o600
    with pytest.raises(RootUnavailable, match=first):
        await provider.wrap(first, b"", b"k" * 32)


async def test_a_reference_reveals_nothing_of_the_key() -> None:
    """It is a digest."""
    assert KEY.hex()[:16] not in reference_of(KEY)
    assert reference_of(KEY) != reference_of(KEY[::-1])


async def test_a_held_root_wraps_but_is_never_replaced() -> None:
    """The operator is told to keep it in a file."""
    provider = HeldKeyProvider(KEY)
    reference = (await provider.references())[0]

    assert await provider.unwrap(reference, b"", await provider.wrap(reference, b"", b"k" * 32)) == b"k" * 32
    with pytest.raises(RootUnavailable, match="file"):
        await provider.create()
    with pytest.raises(RootUnavailable, match=reference):
        await provider.destroy(reference)
    with pytest.raises(RootUnavailable, match="not at hand"):
        await provider.wrap("0" * 16, b"", b"k" * 32)


@pytest.mark.parametrize("content", ["not hexadecimal", "abcd"])
async def test_a_file_that_holds_no_keys_is_one_sentence(path: Path, content: str) -> None:
    """It names the file and not what stands in it."""
    provider = _fill(path, content)

    with pytest.raises(RootUnavailable, match="holds no root keys"):
        await provider.references()


async def test_the_number_of_roots_is_bounded(path: Path) -> None:
    """A turnover that always fails must not fill the file."""
    provider = _fill(path, *(secrets.token_bytes(32).hex() for _ in range(ROOTS_MAX)))

    with pytest.raises(RootUnavailable, match="at most"):
        await provider.create()


def test_a_root_has_64_digits() -> None:
    """Neither more nor less."""
    with pytest.raises(ValueError, match="64"):
        parse_root("ab" * 31)
