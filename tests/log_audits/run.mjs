// Reads {log, cases} from standard input and prints what Sigstore's verifier says of each case: "accepted" or its error.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { toTrustMaterial } = require("@sigstore/verify");
const { verifyTLogInclusion } = require("@sigstore/verify/dist/tlog");
const { PublicKeyDetails } = require("@sigstore/protobuf-specs");

const { log, cases } = JSON.parse(readFileSync(0, "utf-8"));
const keyId = { keyId: Buffer.from(log.keyId, "hex") };
const trusted = toTrustMaterial({
  certificateAuthorities: [],
  timestampAuthorities: [],
  ctlogs: [],
  tlogs: [
    {
      baseUrl: `https://${log.name}`,
      logId: keyId,
      checkpointKeyId: keyId,
      publicKey: { rawBytes: Buffer.from(log.publicKey, "base64"), keyDetails: PublicKeyDetails.PKIX_ED25519 },
    },
  ],
});

const verdict = ({ entry, index, hashes, checkpoint }) => {
  try {
    const inclusionProof = {
      logIndex: String(index),
      hashes: hashes.map((hash) => Buffer.from(hash, "base64")),
      checkpoint: { envelope: checkpoint },
    };
    verifyTLogInclusion({ canonicalizedBody: Buffer.from(entry, "base64"), inclusionProof }, trusted.tlogs);
    return "accepted";
  } catch (error) {
    return `${error.code}: ${error.message}`;
  }
};
console.log(JSON.stringify(cases.map(verdict)));
