"""Versions of streams: however they come, all that were met are known."""

from hypothesis import given
from hypothesis import strategies as st

from audit.stream_versions import StreamVersions


@given(met=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), max_size=30))
def test_every_version_is_kept_once_for_each_time(met: list[tuple[str, int]]) -> None:
    """In any order, with gaps and repetitions; a stream that is even is the run of its versions."""
    versions = StreamVersions()
    versions.meet([stream for stream, _ in met], [version for _, version in met])

    assert len(versions) == len({stream for stream, _ in met})
    assert versions.of("z") == []
    for stream in "abc":
        found = sorted(version for each, version in met if each == stream)
        assert sorted(versions.of(stream)) == found
        if stream not in versions.uneven(from_first=False) and found:
            assert found == [*range(found[0], found[-1] + 1)]
        if stream not in versions.uneven(from_first=True):
            assert found == [*range(1, len(found) + 1)]
