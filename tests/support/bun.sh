#!/bin/sh
# Stands in for bun with the script that drives a provider: answers what is asked of the script with events that are always the same. BUN_DOES has it
# do otherwise, by the names below; $BUN_SAW is a file for what it was started with and asked, $BUN_IDS one for
# the ids of its processes. With BUN_STARTS it starts one that leaves its group, and does not heed SIGTERM or, where that
# is a file, writes it a while after.
does=${BUN_DOES:-answers}
say() { printf '%s\n' "$1"; }
case "$BUN_STARTS" in
  '') ;;
  /*)
    setsid sh -c 'trap "sleep 1; echo done > \"$0\"; exit" TERM; echo ready > "$0"; while :; do sleep 0.1; done' "$BUN_STARTS" < /dev/null > /dev/null 2>&1 &
    echo $! >> "$BUN_IDS"
    while [ ! -s "$BUN_STARTS" ]; do sleep 0.1; done
    ;;
  *)
    (trap '' TERM; exec setsid sleep 1000 < /dev/null > /dev/null 2>&1) &
    echo $! >> "$BUN_IDS"
    ;;
esac
echo "HOME=$HOME CODEX_HOME=$CODEX_HOME CODEX_MODEL=$CODEX_MODEL" >> "$BUN_SAW"
while read -r line; do
  say "$line" >> "$BUN_SAW"
  case "$line" in
    *'"providers"'*)
      case "$does" in
        "does not load") say '{"type":"unloaded","message":"Cannot find package zod"}' ;;
        "has no codex") say '{"type":"unknown","message":"Unknown provider: codex"}' ;;
        "never loads") exec sleep 1000 ;;
        "is not made") say '{"type":"unmade","message":"no key"}' ;;
        "says nonsense") say 'Welcome!' ;;
        "breaks later") sleep 1; exit 1 ;;
        breaks) echo 'out of memory' >&2; exit 137 ;;
        *) say '{"type":"ready","model":"gpt-own"}' ;;
      esac
      ;;
    *'"continuation":"00000000'*)
      case "$does" in
        "forgets by itself") say '{"type":"init","continuation":"t-2"}'; say '{"type":"end"}' ;;
        "does not know") say '{"type":"thrown","message":"out of luck","stale":false}' ;;
        "looks for the thread") exec sleep 1000 ;;
        *) say '{"type":"thrown","message":"no rollout found","stale":true}' ;;
      esac
      ;;
    *)
      thread=t-1
      [ "$does" != "goes astray" ] || case "$line" in *'"continuation"'*) thread=t-3 ;; esac
      text='"pong"'
      case "$does" in "is silent"*) text=null ;; esac
      say "{\"type\":\"init\",\"continuation\":\"$thread\"}"
      case "$does" in hangs | "is silent and starts another")
        setsid sleep 1000 &
        echo "$$ $!" >> "$BUN_IDS"
        ;;
      esac
      [ "$does" != hangs ] || wait
      # What is no folder is not removed as one.
      [ "$does" != "replaces its home" ] || { rm -r "$HOME"; : > "$HOME"; }
      say '{"type":"activity"}'
      say '{"type":"progress","message":"status: active\u001b[2J"}'
      if [ "$does" = fails ]; then
        say '{"type":"error","message":"Turn failed","retryable":false}'
      else
        say "{\"type\":\"result\",\"text\":$text}"
        [ "$does" != "answers twice" ] || say '{"type":"result","text":null}'
        [ "$does" != "never ends" ] || exec sleep 1000
      fi
      say '{"type":"end"}'
      ;;
  esac
done
