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

lint "$root/.github/workflows"
fits "$root"/.github/workflows/*.yml

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
