#!/usr/bin/env bash
# Builds the image of the commit that is checked out and pushes it as <version>-<sha>.
#   REGISTRY=registry.example.com/platform scripts/build-and-push.sh
# ENGINE is docker unless it says otherwise (podman takes the same words).
set -euo pipefail
cd "$(dirname "$0")/.."

refuse() {
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 2
}

[ -n "${REGISTRY:-}" ] || refuse 'REGISTRY is not set' 'REGISTRY=registry.example.com/platform scripts/build-and-push.sh'
[ -z "$(git status --porcelain)" ] || refuse 'the tree has changes that no commit holds' 'commit them or put them away: the tag names a commit'

engine=${ENGINE:-docker}
command -v "$engine" >/dev/null || refuse "$engine is not installed" 'install it, or name another one: ENGINE=podman'

sha=$(git rev-parse --short=12 HEAD)
version=$(sed -n 's/^version = "\([^"]*\)"$/\1/p' pyproject.toml)
[ -n "$version" ] || refuse 'pyproject.toml has no version' 'it needs a line: version = "0.1.0"'
name=$REGISTRY/kube-watchdog
tag=$version-$sha

"$engine" build --platform linux/amd64 --build-arg "SHA=$sha" --tag "$name:$tag" .
"$engine" push "$name:$tag"

echo 'pushed; these lines go into the kustomization.yaml of your overlay, deploy/overlays/observe or act:' >&2
cat <<EOF
images:
  - name: registry.invalid/kube-watchdog
    newName: $name
    newTag: $tag
EOF
