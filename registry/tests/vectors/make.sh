#!/bin/sh
# Makes provenance.pub and provenance.sigstore.json by openssl alone: the vector that provenance.rs is tested with.
# The private key is not kept.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/key.pem" 2>/dev/null
openssl pkey -in "$work/key.pem" -pubout -out provenance.pub
digest=$(printf '\0asm\015\0\001\0' | sha256sum | cut -d' ' -f1)
cat >"$work/statement.json" <<END
{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"empty.wasm","digest":{"sha256":"$digest"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"buildType":"urn:example:build","externalParameters":{},"resolvedDependencies":[{"uri":"git+https://example.com/acme.git@0123456789abcdef","digest":{"gitCommit":"0123456789abcdef"}}]},"runDetails":{"builder":{"id":"urn:example:builder"}}}}
END
type=application/vnd.in-toto+json
{
    printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(wc -c <"$work/statement.json")"
    cat "$work/statement.json"
} >"$work/signed"
signature=$(openssl dgst -sha256 -sign "$work/key.pem" "$work/signed" | base64 -w0)
cat >provenance.sigstore.json <<END
{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {"publicKey": {"hint": "test"}},
  "dsseEnvelope": {
    "payload": "$(base64 -w0 <"$work/statement.json")",
    "payloadType": "$type",
    "signatures": [{"sig": "$signature"}]
  }
}
END
