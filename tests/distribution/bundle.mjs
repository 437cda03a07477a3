// Verifies a bundle offline by Sigstore's own verifier, and checks that forged ones are refused.
import { readFileSync } from "node:fs";
import { createPublicKey } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { Verifier, toSignedEntity, toTrustMaterial } from "@sigstore/verify";

const [bundlePath, keyPath, digest] = process.argv.slice(2);
const text = readFileSync(bundlePath, "utf8");
const publicKey = createPublicKey(readFileSync(keyPath));
const root = { mediaType: "", tlogs: [], ctlogs: [], timestampAuthorities: [], certificateAuthorities: [] };
const trust = toTrustMaterial(root, () => ({ publicKey, validFor: () => true }));
const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0, tsaThreshold: 0 });
const verify = (text) => verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(text))));
const refused = (text) => {
  try {
    verify(text);
  } catch {
    return;
  }
  throw new Error("a forged bundle was verified");
};

verify(text);
const bundle = JSON.parse(text);
const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, "base64"));
if (!statement.subject.some((subject) => subject.digest.sha256 === digest)) throw new Error("another component");
const builder = statement.predicate.runDetails.builder.id;
if (builder !== "urn:auth-connector:builder:developer-machine") throw new Error(`builder ${builder}`);
const forged = structuredClone(bundle);
statement.predicate.runDetails.builder.id = "https://github.com/actions/runner";
forged.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement)).toString("base64");
refused(JSON.stringify(forged));
console.log("the bundle is verified by @sigstore/verify, a forged one is refused");
