"""What an auditor pins before looking at anything: whose log it is, and how old a checkpoint may be.

A text file, one rule a line, `#` begins a comment. `log` and `quorum` are written as in C2SP tlog-policy:

    log scrip.example/journey+1c2d3e4f+ARpc…     the log's key, NAME+ID+KEY; exactly once
    former-log KEY 41200                         a key of the same log before it, and the size up to which it spoke for it;
                                                 any number of them
    quorum none                                  no witness is asked for; the only quorum that this release knows
    max-age-hours 48                             the checkpoint was signed at most so long ago; without it any age passes
    imported-history                             entries may state other times than those of their recording, as a
                                                 replay of history and a sandbox's clock make them

The file comes from the auditor, never from the bank that hands over the bundle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from audit.note import Note, NoteRefused, SignatureKind, VerifierKey

AGE_HOURS_MAX = 10 * 366 * 24
SIZE_DIGITS_MAX = 18
FORMER_MAX = 64
_FORMER = "former-log"
_RULES = frozenset({"log", "quorum", "max-age-hours", "imported-history"})


class PolicyRefused(Exception):
    """The policy cannot be used; the message names the line."""

    code: ClassVar[str] = "POLICY_REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerKey:
    """A key that spoke for the log until another took its place, and the largest log that it speaks for."""

    key: VerifierKey
    size_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which key speaks for the log, how old its newest word may be (None = any age), whether it holds replayed history.

    former: keys that spoke for it before
    """

    key: VerifierKey
    former: Sequence[FormerKey] = ()
    age_max: timedelta | None = None
    has_imported_history: bool = False

    def key_for(self, note: Note, size: int) -> VerifierKey:
        """The key whose signature counts under a note about a log of that size: the log's, unless it has not signed, a
        former one has, and the log was no larger while that one spoke for it.
        """
        named = {(line.name, line.key_id) for line in note.signatures}
        if (self.key.name, self.key.id) not in named:
            for former in self.former:
                if size <= former.size_max and (former.key.name, former.key.id) in named:
                    return former.key
        return self.key


def parse_policy(text: str) -> Policy:
    """The policy that the text states; PolicyRefused where a rule is unknown, missing, malformed or given twice."""
    rules: dict[str, list[str]] = {}
    former: list[FormerKey] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        # What not every editor shows as one could hide a rule in a comment, or join two.
        if line.splitlines() not in ([], [line]):
            raise PolicyRefused(f"line {number}: it has a character that only some take for a line's end")
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0] == _FORMER and len(former) < FORMER_MAX:
            former.append(_former(words[1:]))
            continue
        if words[0] not in _RULES or words[0] in rules:
            raise PolicyRefused(f"line {number}: {words[0]!r} is no rule, or stands there twice")
        rules[words[0]] = words[1:]
    if rules.get("quorum", ["none"]) != ["none"]:
        raise PolicyRefused("quorum: this release verifies no witnesses; only `quorum none` can be met")
    if rules.get("imported-history"):
        raise PolicyRefused("imported-history: nothing follows it")
    key = _key(rules.get("log", []))
    if any(each.key.name != key.name or each.key == key for each in former):
        raise PolicyRefused("former-log: other keys of the same log, by its name")
    return Policy(
        key=key,
        former=tuple(former),
        age_max=_age_max(rules),
        has_imported_history="imported-history" in rules,
    )


def _key(words: Sequence[str]) -> VerifierKey:
    # C2SP allows the log's URL after its key; nothing here uses it.
    if len(words) not in {1, 2}:
        raise PolicyRefused("log: exactly one key is pinned, as NAME+ID+KEY")
    try:
        key = VerifierKey.parse(words[0])
    except NoteRefused as error:
        raise PolicyRefused(f"log: {error}") from None
    if key.kind is not SignatureKind.ED25519:
        raise PolicyRefused("log: the key of a log is a plain Ed25519 key")
    return key


def _former(words: Sequence[str]) -> FormerKey:
    if len(words) != 2 or not (words[1].isascii() and words[1].isdigit()) or len(words[1]) > SIZE_DIGITS_MAX:
        raise PolicyRefused("former-log: a key, as NAME+ID+KEY, and the size up to which it spoke for the log")
    return FormerKey(key=_key(words[:1]), size_max=int(words[1]))


def _age_max(rules: Mapping[str, Sequence[str]]) -> timedelta | None:
    if "max-age-hours" not in rules:
        return None
    digits = " ".join(rules["max-age-hours"])
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 6 or not 0 < int(digits) <= AGE_HOURS_MAX:
        raise PolicyRefused(f"max-age-hours: a number from 1 to {AGE_HOURS_MAX}")
    return timedelta(hours=int(digits))
