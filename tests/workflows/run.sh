#!/bin/bash
# The workflows of .github/workflows, by linters of other authors, offline. Each linter also gets a workflow that it has to
# refuse. No workflow was run: that needs GitHub.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

environment=${SDK_WORK_DIR:-$root/target/sdk}/workflows
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt

lint() { "$environment/bin/zizmor" --offline --no-progress --pedantic "$@"; }
fits() { "$environment/bin/check-jsonschema" --builtin-schema vendor.github-workflows "$@"; }
refused() {
    if "$@" >"$work/said" 2>&1; then
        echo "a broken workflow passed: $*" >&2
        exit 1
    fi
}

rules() { "$environment/bin/python" rules.py "$@"; }

lint "$root/.github/workflows"
fits "$root"/.github/workflows/*.yml
rules "$root"/.github/workflows/*.yml

broken=$work/.github/workflows
mkdir -p "$broken"
sed 's/@[0-9a-f]\{40\} # /@/' "$root/.github/workflows/ci.yml" >"$broken/ci.yml"
refused lint "$broken"
grep -q 'unpinned-uses' "$work/said" || { cat "$work/said"; exit 1; }
sed 's/^permissions: {}$/permissions: write-all/' "$root/.github/workflows/ci.yml" >"$broken/ci.yml"
refused lint "$broken"
grep -q 'excessive-permissions' "$work/said" || { cat "$work/said"; exit 1; }
sed 's/runs-on:/run-on:/' "$root/.github/workflows/ci.yml" >"$broken/ci.yml"
refused fits "$broken/ci.yml"
# Refused for one reason: an edit of release.yml, and the text that names it.
refused_by_rule() {
    sed "$1" "$root/.github/workflows/release.yml" >"$broken/release.yml"
    refused rules "$broken/release.yml"
    grep -qF "$2" "$work/said" || { cat "$work/said"; exit 1; }
}
refused_by_rule 's/shell: bash/shell: sh/' 'has no `defaults'
refused_by_rule 's/publisher.auth-connector-publish "/cargo xtask publish "/' 'publish: `cargo` runs programs'
refused_by_rule 's/ --no-verify//' 'crates: `cargo` runs programs'
refused_by_rule 's/npm publish .*/npm ci/' 'npm: `npm ci` runs programs'

# Everything whose version the tag is. A registry refuses what it has under that version, after the rest was published.
tagged=$work/tagged
"$environment/bin/python" ../distribution/release.py commands "$root/.github/workflows/release.yml" \
    'The tag is the version' >"$work/tagged.sh"
is_tagged() { (cd "$tagged" && GITHUB_REF_NAME=v$version bash --noprofile --norc -eo pipefail "$work/tagged.sh") >"$work/said" 2>&1; }
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | sed -n 1p)
for manifest in '' Cargo.toml examples/webhook/Cargo.toml deploy/gateway/Cargo.toml packages/logto-connector/package.json; do
    rm -rf "$tagged"
    mkdir -p "$tagged"/{examples/webhook,deploy/gateway,packages/logto-connector}
    for file in {,examples/webhook/,deploy/gateway/}Cargo.toml packages/logto-connector/package.json; do
        cp "$root/$file" "$tagged/$file"
    done
    if [ -z "$manifest" ]; then
        is_tagged || { cat "$work/said"; exit 1; }
        continue
    fi
    sed -i -E '/^(version =|  "version":)/s/"[^"]*"(,?)$/"9.9.9"\1/' "$tagged/$manifest"
    refused is_tagged
    grep -qF "$manifest has version 9.9.9" "$work/said" || { cat "$work/said"; exit 1; }
done

# The step that publishes, with another program in the place of the publisher. The shell is the one that GitHub starts for
# `shell: bash`, by its table of shells.
published=$work/publishes
publishes() {
    mkdir -p "$published"/publisher "$published"/target/dist/{contract,webhook,gateway/composed}
    printf '#!/bin/bash\n%s\n' "$1" >"$published/publisher/auth-connector-publish"
    "$environment/bin/python" ../distribution/release.py commands "$root/.github/workflows/release.yml" \
        'Publish, checked by the public key first' >"$published/step.sh"
    for folder in . webhook gateway gateway/composed; do
        printf '{"revision":"%s"}' "${2:-v1.2.3}" >"$published/target/dist/$folder/oci-manifest.json"
    done
    printf '{"annotations":{"org.opencontainers.image.version":"0.7.0"}%s}' "${3:-}" \
        >"$published/target/dist/contract/oci-manifest.json"
    : >"$published/names"
    (cd "$published" && RUNNER_TEMP=$published GITHUB_OUTPUT=$published/outputs GITHUB_REPOSITORY_OWNER=Acme \
        GITHUB_REF_NAME=${2:-v1.2.3} MINISIGN_PUB=key bash --noprofile --norc -eo pipefail step.sh) >"$work/said" 2>&1
}
refused publishes 'test "$2" != --contract && echo "Published: oci://$1@sha256:0f"'
refused publishes 'echo "Nothing was sent."'
grep -q 'named no digest for auth-connector' "$work/said" || { cat "$work/said"; exit 1; }
# A registry: a tag that is there keeps its bytes.
registry='
words=" $* "
case $words in
    *" --contract "*) folder=target/dist/contract ;;
    *" --folder "*) folder=${words#* --folder }; folder=${folder%% *} ;;
    *) folder=target/dist ;;
esac
tag=tags/${1//[\/:]/_}
mkdir -p tags
[ -e "$tag" ] || cp "$folder/oci-manifest.json" "$tag"
cmp "$folder/oci-manifest.json" "$tag" || { echo "The tag of $1 is taken." >&2; exit 1; }
echo "$1" >>names
echo "Published: oci://$1@sha256:0f"'
for release in 1.2.3 1.2.4; do
    rm -f "$published/outputs"
    publishes "$registry" "v$release"
    diff - "$published/names" <<END
ghcr.io/acme/auth-connector:0.7.0
ghcr.io/acme/tencent-sms:$release
ghcr.io/acme/webhook-sms:$release
ghcr.io/acme/sms-gateway:$release
ghcr.io/acme/tencent-sms-gateway:$release
END
    [ "$(grep -c '=sha256:0f$' "$published/outputs")" = 5 ]
done
# Another contract under the same version ends the step before a plugin is published.
refused publishes "$registry" v1.2.5 ',"changed":true'
grep -q 'The tag of ghcr.io/acme/auth-connector:0.7.0 is taken' "$work/said"
[ ! -s "$published/names" ]

# Every action by the digest of a commit, with the tag beside it.
uses=$(grep -h 'uses:' "$root"/.github/workflows/*.yml)
if grep -vE 'uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$' <<<"$uses"; then
    echo "an action is not pinned by digest and tag" >&2
    exit 1
fi
# docs/releasing.md lists the same digests.
while read -r action; do
    grep -qF "$action" "$root/docs/releasing.md" || { echo "docs/releasing.md does not list $action" >&2; exit 1; }
done < <(sed 's/.*uses: \([^ ]*\) # .*/\1/; s/@/ /' <<<"$uses" | awk '{print $2}' | sort -u)
echo "the workflows pass, and broken ones do not"
