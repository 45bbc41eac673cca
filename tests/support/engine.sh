#!/bin/sh
# Stands in for a container engine: writes what it is told to $ENGINE_SAW, a call a line, and runs the entry point of a container on this machine,
# with the paths that this has for the container's own. ENGINE_DOES has it do otherwise, by the names below; $ENGINE_IDS is a file for the ids of its
# containers' processes.
does=${ENGINE_DOES:-runs}
said=''
for word in "$@"; do
  case "$word" in *'
'*) word=SCRIPT ;; esac
  said="$said $word"
done
echo "${said# }" >> "$ENGINE_SAW"
case "$1" in
  info)
    [ "$does" != floods ] || exec yes
    [ "$does" != "is stopped" ] ;;
  image)
    [ "$does" != "has no image" ] || { echo "Error response from daemon: No such image: $3" >&2; exit 1; }
    [ "$does" != "tells no image" ] || { echo 'permission denied' >&2; exit 1; } ;;
  run)
    [ "$does" != "runs nothing" ] || { echo 'docker: no space left on device' >&2; exit 125; }
    while [ "$1" != --entrypoint ]; do
      case "$1 $2" in
        '-v '*:/app/src:ro) source=${2%%:*} ;;
        '-v '*:/workspace/agent) work=${2%%:*} ;;
        '-v '*:/home/node/.codex) codex=${2%%:*} ;;
        '-v '*:/home/node/.codex/auth.json) ln -s "${2%%:*}" "$codex/auth.json" ;;
      esac
      shift
    done
    entry=$2
    shift 3
    if [ "$does" = "has a daemon" ]; then
      # The container is the daemon's child, and its client ends when nobody waits for it any more.
      trap '' TERM
      (setsid sleep 1000 < /dev/null > /dev/null 2>&1 & echo $! >> "$ENGINE_IDS")
    fi
    cd "$work" || exit 1
    sed -u -e "s#/app/src#$source#g" -e "s#/workspace/agent#$work#g" | HOME=${codex%/*}/inside CODEX_HOME=$codex exec "$entry" "$@"
    ;;
  rm)
    [ "$does" != "removes nothing" ] || { echo 'Error: cannot connect to the daemon' >&2; exit 1; }
    [ ! -e "$ENGINE_IDS" ] || kill -KILL $(cat "$ENGINE_IDS")
    ;;
esac
