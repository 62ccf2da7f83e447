"""Wrong codes are counted by till, by merchant and by network, and in all processes alike."""

from contextlib import ExitStack
from uuid import UUID

from graphql_api.code_guesses import IN_FLIGHT_MAX, Attempt, CodeGuesses
from graphql_api.notices import Channel, Notices

SHOP, OTHER = UUID(int=1), UUID(int=2)


class Carrier(Notices):
    """Carries notices between the channels of two processes, when told to, instead of PostgreSQL."""

    def __init__(self) -> None:
        super().__init__("")
        self.channels: list[Channel] = []
        self.woken = 0

    def add(self, channel: Channel) -> None:
        """One more."""
        self.channels.append(channel)

    def wake(self) -> None:
        """Counts."""
        self.woken += 1

    def carry(self) -> list[str]:
        """What waits goes to everybody, its sender too."""
        payloads = [payload for channel in self.channels for payload in channel.take()]
        for payload in payloads:
            for channel in self.channels:
                channel.hear(payload)
        return payloads


def guesses(notices: Notices) -> CodeGuesses:
    """One process's."""
    return CodeGuesses(notices, now=lambda: 0.0)


def test_a_till_waits_ever_longer_and_its_neighbour_does_not() -> None:
    """Five wrong codes are free; a right one lets the till start afresh."""
    counted = guesses(Carrier())
    till, neighbour = Attempt(SHOP, "T1"), Attempt(SHOP, "T2")

    for _ in range(7):
        counted.failed(till)
    waits = counted.wait_seconds(till), counted.wait_seconds(neighbour)
    counted.succeeded(till)

    assert waits == (2.0, 0.0)
    assert counted.wait_seconds(till) == 0.0


def test_many_tills_of_one_shop_are_one_guesser() -> None:
    """Naming another till for each guess helps for fifty of them; a right code in between helps for none."""
    counted = guesses(Carrier())

    for number in range(51):
        counted.failed(Attempt(SHOP, f"T{number}"))
    counted.succeeded(Attempt(SHOP, "T0"))

    assert counted.wait_seconds(Attempt(SHOP, "fresh")) == 1.0
    assert counted.wait_seconds(Attempt(OTHER, "T1")) == 0.0


def test_many_shops_of_one_network_are_one_guesser() -> None:
    """Who holds keys of many shops and calls from one place has a hundred guesses."""
    counted = guesses(Carrier())

    for number in range(102):
        counted.failed(Attempt(UUID(int=number), None, "203.0.113.0/24"))

    assert counted.wait_seconds(Attempt(OTHER, None, "203.0.113.0/24")) == 2.0
    assert counted.wait_seconds(Attempt(OTHER, None, "203.0.114.0/24")) == 0.0


def test_a_burst_is_bounded_while_nobody_knows_yet_that_its_codes_are_wrong() -> None:
    """Beyond 256 attempts of one shop at the same moment the next must wait; another shop's need not."""
    counted = guesses(Carrier())

    with ExitStack() as burst:
        waits = [burst.enter_context(counted.attempting(Attempt(SHOP))) for _ in range(IN_FLIGHT_MAX + 1)]
        with counted.attempting(Attempt(OTHER)) as other:
            pass
    with counted.attempting(Attempt(SHOP)) as after:
        pass

    assert waits == [0.0] * IN_FLIGHT_MAX + [1.0]
    assert (other, after) == (0.0, 0.0)


def test_what_one_process_sees_all_count() -> None:
    """Two processes that see three wrong codes each make six; a right one is told too."""
    notices = Carrier()
    first, second = guesses(notices), guesses(notices)
    till = Attempt(SHOP, "T1", "203.0.113.0/24")

    for process in (first, second):
        for _ in range(3):
            process.failed(till)
    notices.carry()
    waits = first.wait_seconds(till), second.wait_seconds(till)
    second.succeeded(till)
    notices.carry()

    assert waits == (1.0, 1.0)
    assert first.wait_seconds(till) == 0.0


def test_right_codes_are_told_only_after_wrong_ones() -> None:
    """The happy path costs no notice."""
    notices = Carrier()
    counted = guesses(notices)

    counted.succeeded(Attempt(SHOP, "T1"))

    assert (notices.woken, notices.carry()) == (0, [])


def test_payloads_fit_and_nonsense_is_ignored() -> None:
    """A thousand wrong codes go out in notices below 8,000 bytes; what is no notice of ours counts nothing."""
    notices = Carrier()
    first, second = guesses(notices), guesses(notices)
    for number in range(1_000):
        first.failed(Attempt(SHOP, f"T{number}", "203.0.113.0/24"))

    payloads = notices.carry()
    for nonsense in ("", "ä", "A", "QUJD", "////" * 10):
        second.hear(nonsense)

    assert max(len(payload) for payload in payloads) < 8_000
    assert second.wait_seconds(Attempt(SHOP, "T5000")) == 300.0
