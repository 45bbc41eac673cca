#!/usr/bin/env bash
# The skill's document done by a script, as a careful person would: look, fetch, copy, insert. Builds nothing.
# Usage: by-hand.sh CHECKOUT
set -euo pipefail
cd "$1"

host=src/providers/index.ts
runner=container/agent-runner/src/providers
image=container/Dockerfile
line="import './codex.js';"
install='"@openai/codex@${CODEX_VERSION}"'
files="src/providers/codex.ts $runner/codex.ts $runner/codex-app-server.ts $runner/codex.factory.test.ts"

is_installed() {
  for file in $files; do [ -f "$file" ] || return 1; done
  grep -qxF "$line" "$host" && grep -qxF "$line" "$runner/index.ts" || return 1
  grep -q '^ARG CODEX_VERSION' "$image" && grep -qF "$install" "$image"
}

# After the last import that sorts before ours, else above the first one, else at the end.
import_codex() {
  grep -qxF "$line" "$1" && return
  if ! grep -q '^import ' "$1"; then
    printf '\n%s\n' "$line" >> "$1"
    return
  fi
  place=$(LC_ALL=C awk -v line="$line" '/^import / { if ($0 > line) { print NR "i"; found = 1; exit } last = NR } END { if (!found) print last "a" }' "$1")
  sed -i "$place $line" "$1"
}

if is_installed; then
  echo 'already installed'
  exit
fi
git fetch --quiet origin providers
for file in $files; do git show "origin/providers:$file" > "$file"; done
import_codex "$host"
import_codex "$runner/index.ts"
grep -q '^ARG CODEX_VERSION' "$image" || sed -i '/^ARG CLAUDE_CODE_VERSION=/a ARG CODEX_VERSION=0.124.0' "$image"
grep -qF "$install" "$image" || sed -i '/pnpm install -g "@anthropic-ai\/claude-code@/a \
\
RUN --mount=type=cache,target=/root/.cache/pnpm \\\
    pnpm install -g "@openai/codex@${CODEX_VERSION}"' "$image"
echo 'installed'
