"""Standard output is written to its end once, however a command ends."""

import io
import sys

import pytest

from graphql_api.processes.cli.output import written_to_the_end


class _FullDisk(io.StringIO):
    """Counts how often it was to be written to the end, which it cannot be."""

    flushed = 0

    def flush(self) -> None:
        self.flushed += 1
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("ended_by", "told"),
    [
        (None, OSError),
        (SystemExit(1), OSError),
        (ValueError("a bug"), ValueError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_what_ended_a_command_goes_before_a_full_disk(
    ended_by: BaseException | None, told: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that was done is told of the disk, one that failed of its failure; each writes once."""
    disk = _FullDisk()
    monkeypatch.setattr(sys, "stdout", disk)

    with pytest.raises(told):
        _end(ended_by)

    assert disk.flushed == 1


@written_to_the_end()
def _end(by: BaseException | None) -> None:
    if by is not None:
        raise by
