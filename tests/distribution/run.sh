#!/bin/bash
# The commands of docs/publishing.md and docs/plugins.md against Debian's docker-registry over TLS, and what they made read
# by programs of other authors: oras, wash, minisign, @sigstore/verify, CycloneDX's validator. See README.md.
set -euo pipefail
cd "$(dirname "$0")"
: "${AUTH_HOST_BIN:?set AUTH_HOST_BIN to auth-host}"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to tencent-sms-simulator}"
for program in minisign openssl; do
    command -v "$program" >/dev/null ||
        { echo "$program is needed and was not found (Debian: apt-get install $program)" >&2; exit 1; }
done
root=$(cd ../.. && pwd)
work=$(mktemp -d)
cleanup() {
    for pid in ${pids:-}; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$work" "$root/target/tencent-sms" "$root/target/plugins"
}
trap cleanup EXIT
rm -rf "$root/target/tencent-sms" "$root/target/plugins"

environment=${SDK_WORK_DIR:-$root/target/sdk}/distribution
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
"$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements-wash.txt
npm install --no-save --no-audit --no-fund --loglevel=error

# A private authority, and a certificate for this machine.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
    -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=registry \
    -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
printf 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >"$work/extensions"
openssl x509 -req -in "$work/tls.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -days 2 \
    -extfile "$work/extensions" -out "$work/tls.pem" 2>/dev/null

# Two registries on one store: over TLS for us, and plain for clients that take no authority.
serve() {
    local port name=$1 more=$2
    for port in $(shuf -i 20000-29999 -n 20); do
        printf '%s\n' 'version: 0.1' 'log: {level: error, accesslog: {disabled: true}}' \
            "storage: {filesystem: {rootdirectory: $work/store}}" \
            "http: {addr: '127.0.0.1:$port'$more}" >"$work/$name.yml"
        docker-registry serve "$work/$name.yml" >"$work/$name.log" 2>&1 &
        local pid=$!
        for _ in $(seq 50); do
            if curl -sko /dev/null "http://127.0.0.1:$port/v2/"; then
                pids="${pids:-} $pid"
                found=127.0.0.1:$port
                return
            fi
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
    done
    echo "docker-registry did not start:" >&2
    cat "$work/$name.log" >&2
    exit 1
}
serve tls ", tls: {certificate: '$work/tls.pem', key: '$work/tls.key'}"
secure=$found
serve plain ""
plain=$found

# The page's commands, in order, in one shell. Keys are made without a passphrase, which minisign would ask for.
blocks() { awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$root/docs/$1"; }
commands=$(blocks publishing.md |
    sed -e "s#ghcr.io/acme#$secure/acme#g" -e "s#\$HOME/connector-keys#$work/keys#" -e 's#minisign -G#minisign -G -W#')
auth-host() { "$AUTH_HOST_BIN" "$@"; }
export -f auth-host
export AUTH_HOST_BIN SSL_CERT_FILE=$work/ca.pem
(cd "$root" && bash -euo pipefail -c "$commands" </dev/null) >"$work/page.log" 2>&1 ||
    { cat "$work/page.log"; echo "a command of docs/publishing.md failed" >&2; exit 1; }
for line in 'listed in the fallback index' 'Published: oci-layout' 'manifest     verified' 'provenance   verified' \
    "Published: oci://$secure/acme/auth-connector@" "Published: oci://$secure/acme/sms-gateway@" \
    "Published: oci://$secure/acme/tencent-sms-gateway@" '2 plugins in catalogue.json' 'webhook-sms 0.1.0'; do
    grep -q "$line" "$work/page.log" || { cat "$work/page.log"; echo "the page's commands do not print: $line" >&2; exit 1; }
done
# A file that the commit has not would make the source a changed one.
mv "$root/catalogue.json" "$work/catalogue.json"
echo "the commands of docs/publishing.md run"
(cd "$root" && cargo xtask publish "$secure/acme/not-sent:0.1.0" --trust "$work/keys/minisign.pub" --dry-run) >"$work/dry.log" 2>&1
grep -q 'Nothing was sent' "$work/dry.log"
if [ "$(curl -sko /dev/null -w '%{http_code}' "https://$secure/v2/acme/not-sent/tags/list")" != 404 ] ||
    [ "$(curl -sko /dev/null -w '%{http_code}' "https://$secure/v2/acme/tencent-sms/tags/list")" != 200 ]; then
    echo "a dry run sent something" >&2
    exit 1
fi
echo "a dry run sends nothing"

"$environment/bin/python" catalogue.py "$root/docs/catalogue.schema.json" "$work/catalogue.json"

# The operator's page, in a folder of its own, with what the publisher handed over. Programs by their names: a function of
# the shell would stand between it and what it has to end.
unset -f auth-host
operator=$work/operator
mkdir -p "$operator/bin"
ln -s "$AUTH_HOST_BIN" "$operator/bin/auth-host"
ln -s "$SIMULATOR_BIN" "$operator/bin/tencent-sms-simulator"
cp "$work/keys/minisign.pub" "$work/keys/provenance.pub" "$work/catalogue.json" "$operator"
blocks auth-host.md | awk "/^cat > config.json/ { inside = 1 } inside { print } inside && /^END\$/ { exit }" >"$work/config.sh"
commands=$(blocks plugins.md | sed -e "s#ghcr.io/acme#$secure/acme#g" -e 's#^tencent-sms-simulator .*#&\nsleep 1#')
# On ports that are free here.
mapfile -t ports < <("$environment/bin/python" ports.py)
page="trap 'kill \$(jobs -p) 2>/dev/null || true' EXIT; $(cat "$work/config.sh")
$commands"
page=$(sed -e "s#127.0.0.1:8419#127.0.0.1:${ports[0]}#g" -e "s#127.0.0.1:8420#127.0.0.1:${ports[1]}#g" <<<"$page")
(cd "$operator" && export AUTH_HOST_LISTEN=127.0.0.1:${ports[1]} AUTH_HOST_ADMIN=127.0.0.1:${ports[2]} &&
    PATH=$operator/bin:$PATH bash -euo pipefail -c "$page" </dev/null) >"$work/operator.log" 2>&1 ||
    { cat "$work/operator.log"; echo "a command of docs/plugins.md failed" >&2; exit 1; }
if curl --silent --output /dev/null "http://127.0.0.1:${ports[1]}/healthz" && sleep 5 &&
    curl --silent --output /dev/null "http://127.0.0.1:${ports[1]}/healthz"; then
    echo "the service of docs/plugins.md still runs" >&2
    exit 1
fi
for line in 'tencent-short-message-service 0.1.0' 'manifest     verified' 'provenance   verified' 'SBOM         NOT verified' \
    'asks for https://sms.tencentcloudapi.com: granted' 'stored       verified' 'updated: false' '"state":"accepted"'; do
    grep -qF "$line" "$work/operator.log" ||
        { cat "$work/operator.log"; echo "the operator's commands do not print: $line" >&2; exit 1; }
done
echo "the commands of docs/plugins.md run"

dist=$root/target/dist
digest=$(sha256sum "$dist/tencent_sms_connector.wasm" | cut -d' ' -f1)
same() {
    [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$digest" ] || { echo "$2 gives another file" >&2; exit 1; }
    echo "$2 gives the same file"
}
same "$root/target/tencent-sms/tencent_sms_connector.wasm" "auth-host --save"
# Adding from the registry beside compiling the same component: medians of five each, alternating, with nothing in the
# cache. Printed and not judged, because a busy machine is no failure.
for _ in 1 2 3 4 5; do
    "$AUTH_HOST_BIN" inspect "$root/target/dist/tencent_sms_connector.wasm" --no-cache --json |
        sed -n 's/.*"compile_us": \([0-9]*\).*/\1/p' >>"$work/compiled"
    rm -rf "$work/figures"
    begun=$(date +%s%N)
    "$AUTH_HOST_BIN" plugin add "oci://$secure/acme/tencent-sms:0.1.0" --trust "$work/keys/minisign.pub" --allow-asked \
        --data "$work/figures" >/dev/null 2>&1
    echo $((($(date +%s%N) - begun) / 1000)) >>"$work/added"
done
median() { sort -n "$1" | sed -n 3p; }
awk -v added="$(median "$work/added")" -v compiled="$(median "$work/compiled")" \
    'BEGIN { printf "adding from the registry: %.0f ms, compiling: %.0f ms, ratio %.2f\n", added / 1000, compiled / 1000, added / compiled }'
unset SSL_CERT_FILE
"$environment/bin/wash" oci pull --insecure "$plain/acme/tencent-sms:0.1.0" "$work/washed.wasm" >/dev/null
same "$work/washed.wasm" "wash oci pull"
"$environment/bin/python" oras_pull.py "$plain/acme/tencent-sms:0.1.0" "$work/orased"
same "$work/orased/tencent_sms_connector.wasm" "oras pull"

"$environment/bin/wash" oci pull --insecure "$plain/acme/auth-connector:0.1.0" "$work/contract.wasm" >/dev/null
cmp "$work/contract.wasm" "$dist/contract/auth_connector.wasm"
echo "wash oci pull gives the same contract"

# The gateway, alone and composed: the same bytes by another client, and what is attached to them by the documents' own tools.
# Holds a form of the gateway to what dist wrote: name, component, and crates that are linked.
gateway() {
    local name=$1 component=$dist/$2
    shift 2
    "$environment/bin/wash" oci pull --insecure "$plain/acme/$name:0.1.0" "$work/$name.wasm" >/dev/null
    cmp "$work/$name.wasm" "$component"
    "$environment/bin/python" referrers.py "$plain" "acme/$name" 0.1.0 "$work/$name"
    minisign -V -q -p "$work/keys/minisign.pub" -m "$work/$name.wasm" -x "$work/$name/$(basename "$component").minisig"
    node bundle.mjs "$work/$name/provenance.sigstore.json" "$work/keys/provenance.pub" "$(sha256sum "$component" | cut -d' ' -f1)"
    "$environment/bin/python" sbom.py "$work/$name/sbom.cdx.json" "$@"
    echo "wash oci pull gives the same $name, and its signature, provenance and SBOM hold"
}
gateway sms-gateway gateway/sms_gateway.wasm subtle
gateway tencent-sms-gateway gateway/composed/tencent_sms_gateway.wasm subtle tencent-sms-connector sha2

# What another tool pushes is the component alone, and we say so.
"$environment/bin/wash" oci push --insecure "$plain/washed/tencent-sms:0.1.0" "$dist/tencent_sms_connector.wasm" >/dev/null
if "$AUTH_HOST_BIN" inspect "oci://$plain/washed/tencent-sms:0.1.0" --loopback-http --unsigned --save "$work/bare" 2>"$work/bare.log"; then
    echo "an artifact without a manifest passed for a package" >&2
    exit 1
fi
grep -q 'no manifest of a plugin' "$work/bare.log"
same "$work/bare/component.wasm" "what wash pushed, kept by auth-host,"
"$environment/bin/python" oras_push.py "$plain/orased/tencent-sms:0.1.0" "$dist/tencent_sms_connector.wasm" "$dist/oci-config.json"
for tool in wash oras; do
    reference=oci://$plain/${tool}ed/tencent-sms:0.1.0
    add=(plugin add "$reference" --loopback-http --name "$tool" --allow https://sms.tencentcloudapi.com --data "$work/bare-data")
    if "$AUTH_HOST_BIN" "${add[@]}" >"$work/bare.log" 2>&1; then
        echo "what $tool pushed was added without leave to be unsigned" >&2
        exit 1
    fi
    grep -q 'no manifest of a plugin' "$work/bare.log"
    "$AUTH_HOST_BIN" "${add[@]}" --unsigned >"$work/bare.log" 2>&1 || { cat "$work/bare.log"; exit 1; }
    grep -q 'manifest     NOT verified' "$work/bare.log"
    "$AUTH_HOST_BIN" plugin list --json --data "$work/bare-data" | grep -q "\"digest\": \"$digest\""
    echo "what $tool pushed is added as unsigned"
done

minisign -V -q -p "$work/keys/minisign.pub" -m "$dist/manifest.json"
node bundle.mjs "$dist/provenance.sigstore.json" "$work/keys/provenance.pub" "$digest"
"$environment/bin/python" sbom.py "$dist/sbom.cdx.json" sha2
if grep -rlF --exclude-dir=build "$root" "$dist"; then
    echo "a published file names this machine's folder" >&2
    exit 1
fi

# docs/releasing.md lists what is there, and nothing else. The signed provenance is a developer's.
"$environment/bin/python" release.py list "$root/docs/releasing.md" "$dist"
# The commands of the release's last job, with a program that notes its arguments in the place of `gh`. The options of bash
# are GitHub's for `shell: bash`, which tests/workflows/rules.py requires.
"$environment/bin/python" release.py commands "$root/.github/workflows/release.yml" 'Checksums, and the release' >"$work/release.sh"
mkdir -p "$work/release/bin" "$work/release/dist"
(cd "$dist" && find . -path ./build -prune -o -type f -exec cp --parents -t "$work/release/dist" {} +)
printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >"$work/release/bin/gh"
chmod +x "$work/release/bin/gh"
(cd "$work/release" && GITHUB_REF_NAME=v0.1.0 PATH=$work/release/bin:$PATH bash --noprofile --norc -eo pipefail "$work/release.sh") >"$work/released"
(cd "$work/release/dist" && sha256sum --check --quiet SHA256SUMS)
for asset in SHA256SUMS manifest.json.minisig tencent_sms_connector.wasm sms-gateway.tar.gz webhook-sms.tar.gz guides.tar.gz; do
    grep -qx "$asset" "$work/released" || { cat "$work/released"; echo "the release has no $asset" >&2; exit 1; }
done
tar -tzf "$work/release/dist/sms-gateway.tar.gz" >"$work/packed"
grep -qx 'gateway/composed/tencent_sms_gateway.wasm.minisig' "$work/packed"
echo "the release's files are those of docs/releasing.md"
