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

# The step that publishes, with another program in the place of the publisher. The shell is the one that GitHub starts for
# `shell: bash`, by its table of shells.
publishes() {
    local published=$work/publishes
    rm -rf "$published"
    mkdir -p "$published/publisher" "$published/target/dist/contract"
    printf '{"annotations":{"org.opencontainers.image.version":"0.7.0"}}' >"$published/target/dist/contract/oci-manifest.json"
    printf '#!/bin/sh\n%s\n' "$1" >"$published/publisher/auth-connector-publish"
    "$environment/bin/python" ../distribution/release.py commands "$root/.github/workflows/release.yml" \
        'Publish, checked by the public key first' >"$published/step.sh"
    (cd "$published" && RUNNER_TEMP=$published GITHUB_OUTPUT=$published/outputs GITHUB_REPOSITORY_OWNER=Acme \
        GITHUB_REF_NAME=v1.2.3 MINISIGN_PUB=key bash --noprofile --norc -eo pipefail step.sh) >"$work/said" 2>&1
}
refused publishes 'test "$2" != --contract && echo "Published: oci://$1@sha256:0f"'
refused publishes 'echo "Nothing was sent."'
grep -q 'named no digest for tencent-sms' "$work/said"
publishes 'echo "$1" >>names; echo "Published: oci://$1@sha256:0f"'
diff - "$work/publishes/names" <<'END'
ghcr.io/acme/tencent-sms:1.2.3
ghcr.io/acme/webhook-sms:1.2.3
ghcr.io/acme/sms-gateway:1.2.3
ghcr.io/acme/tencent-sms-gateway:1.2.3
ghcr.io/acme/auth-connector:0.7.0
END
[ "$(grep -c '=sha256:0f$' "$work/publishes/outputs")" = 5 ]

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
