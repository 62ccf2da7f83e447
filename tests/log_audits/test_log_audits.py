"""Sigstore's verifier (npm `@sigstore/verify`), which nobody here wrote, accepts our log and refuses what was altered."""

import asyncio
import json
import shutil
from base64 import b64encode
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.checkpoint import Checkpoint
from audit.merkle import EMPTY_ROOT
from audit.signing import SigningKey, sign_checkpoint
from audit.tree import prove_inclusion
from tests.sequenced_log import KEY, Connection, connection, record_events, sequencing

__all__ = ["connection"]

HERE = Path(__file__).parent
SIZE = 700

pytestmark = pytest.mark.node


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the verifier is shown; bytes as base64."""

    entry: str
    index: int
    hashes: tuple[str, ...]
    checkpoint: str


def encoded(content: bytes) -> str:
    """Bytes as JSON can carry them."""
    return b64encode(content).decode()


async def verdicts_on(cases: list[Case]) -> list[str]:
    """What the verifier says, which trusts our key only."""
    node = shutil.which("node")
    assert node, "the log audits need Node; install it, or run `make test`, which leaves them out"
    assert (HERE / "node_modules").is_dir(), f"run `npm ci` in {HERE.name}/ first"
    public = Ed25519PublicKey.from_public_bytes(KEY.verifier.public_key)
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    log = {"name": KEY.name, "keyId": KEY.verifier.id.hex(), "publicKey": encoded(spki)}
    process = await asyncio.create_subprocess_exec(
        *(node, str(HERE / "run.mjs")), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate(json.dumps({"log": log, "cases": [asdict(case) for case in cases]}).encode())
    return list(json.loads(output))


@pytest.fixture
async def genuine(connection: Connection, database_url: str) -> list[Case]:
    """Entries of a sequenced log with their proofs and the newest checkpoint, on both sides of the tiles' borders."""
    ids = await record_events(connection, SIZE)
    async with sequencing(database_url) as sequencer:
        await sequencer.sequence()
    checkpoint = await connection.fetchval("SELECT note FROM audit.checkpoints ORDER BY id DESC LIMIT 1")
    return [
        Case(
            entry=encoded(str(ids[index]).encode()),
            index=index,
            hashes=tuple(encoded(step) for step in await prove_inclusion(connection, index, SIZE)),
            checkpoint=checkpoint,
        )
        for index in (0, 1, 255, 256, 511, 512, SIZE - 1)
    ]


async def test_sigstore_accepts_our_checkpoint_and_proofs(genuine: list[Case]) -> None:
    """Every entry's proof leads to the root that our key has signed."""
    assert await verdicts_on(genuine) == ["accepted"] * len(genuine)


async def test_sigstore_refuses_what_was_altered(genuine: list[Case]) -> None:
    """Another entry, place, proof, size or root, and another key's signature: each by the check that it should fail."""
    one, other = genuine[2], genuine[3]
    stranger = replace(KEY, seed=b"\x09" * 32)

    def signed(key: SigningKey) -> str:
        return sign_checkpoint(
            Checkpoint(origin=KEY.name, size=SIZE, root=EMPTY_ROOT), key, datetime(2026, 1, 1, tzinfo=UTC)
        )

    altered = {
        "entry": replace(one, entry=other.entry),
        "index": replace(one, index=other.index),
        "step": replace(one, hashes=(other.hashes[0], *one.hashes[1:])),
        "missing step": replace(one, hashes=one.hashes[1:]),
        "size": replace(one, checkpoint=one.checkpoint.replace(f"\n{SIZE}\n", f"\n{SIZE + 1}\n", 1)),
        "root": replace(one, checkpoint=signed(KEY)),
        "key": replace(one, checkpoint=signed(stranger)),
    }

    verdicts = dict(zip(altered, await verdicts_on(list(altered.values())), strict=True))

    assert verdicts == {
        "entry": "TLOG_INCLUSION_PROOF_ERROR: calculated root hash does not match inclusion proof",
        "index": "TLOG_INCLUSION_PROOF_ERROR: calculated root hash does not match inclusion proof",
        "step": "TLOG_INCLUSION_PROOF_ERROR: calculated root hash does not match inclusion proof",
        "missing step": "TLOG_INCLUSION_PROOF_ERROR: invalid hash count",
        "size": "TLOG_INCLUSION_PROOF_ERROR: invalid checkpoint signature",
        "root": "TLOG_INCLUSION_PROOF_ERROR: calculated root hash does not match inclusion proof",
        "key": "TLOG_INCLUSION_PROOF_ERROR: invalid checkpoint signature",
    }
