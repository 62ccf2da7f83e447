"""Which versions of each stream were met: two numbers for a stream that is whole, however long it is."""

from collections.abc import Iterable


class StreamVersions:
    """The versions by stream. Those of a stream may come in any order, and more than once."""

    def __init__(self) -> None:
        self._begun: dict[str, int] = {}
        self._reached: dict[str, int] = {}
        self._strays: dict[str, list[int]] = {}

    def meet(self, streams: Iterable[str], versions: Iterable[int]) -> None:
        """Takes in some more: a version for each stream that is named."""
        reached = self._reached
        for stream, version in zip(streams, versions, strict=True):
            before = reached.get(stream)
            if before is None:
                reached[stream] = version
                if version != 1:
                    self._begun[stream] = version
            elif version == before + 1:
                reached[stream] = version
            else:
                self._strays.setdefault(stream, []).append(version)

    def of(self, stream: str) -> list[int]:
        """All that were met of the stream."""
        if stream not in self._reached:
            return []
        run = range(self._begun.get(stream, 1), self._reached[stream] + 1)
        return [*run, *self._strays.get(stream, ())]

    def uneven(self, *, from_first: bool) -> list[str]:
        """The streams that were not met one version after the other; with `from_first`, from the first version on."""
        return [*{**self._strays, **(self._begun if from_first else {})}]

    def __len__(self) -> int:
        return len(self._reached)
