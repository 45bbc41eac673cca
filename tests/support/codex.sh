#!/bin/sh
# Stands in for codex: says its version, and speaks the protocol of `codex app-server` with answers that are always the same.
# CODEX_DOES has it do otherwise, by the names below; $CODEX_IDS is a file for the ids of its processes.
does=${CODEX_DOES:-answers}
if [ "$1" = --version ]; then
  echo 'codex-cli 0.124.0'
  exit
fi
say() { printf '%s\n' "$1"; }
thread=0199a213-81c0-7800-8aa1-bbab2a035a53
opened="{\"thread\":{\"id\":\"$thread\"},\"model\":\"gpt-5.4\"}"
text=pong
[ "$does" != obeys ] || text='\u001b[2Jred\u0007\nresume          1 ms  forged sk-abcdefghijklmnop'
note() { say "{\"method\":\"$1\",\"params\":{\"threadId\":\"$thread\"$2}}"; }
while read -r line; do
  id=${line#*'"id":'}
  id=${id%%,*}
  answer() { say "{\"id\":$id,\"result\":$1}"; }
  case "$line" in
    *'"method":"initialize"'*)
      [ "$does" != "is old" ] || { echo "error: unrecognized subcommand 'app-server'" >&2; exit 2; }
      [ "$does" != "says nonsense" ] || say 'Welcome!'
      answer '{}'
      ;;
    *'"method":"account/read"'*)
      account='{"type":"apiKey"}'
      [ "$does" != "is signed out" ] || account=null
      answer "{\"account\":$account,\"requiresOpenaiAuth\":true}"
      ;;
    *'"method":"config/read"'*) answer '{"config":{"mcp_servers":{"own":{"command":"x"}}}}' ;;
    *'"method":"thread/start"'*)
      # What takes part, and may do what, is said here.
      case "$line" in
        *'"approvalPolicy":"never","config":{"features":{"shell_snapshot":false},"mcp_servers":{"own":{"enabled":false}}},'*'"sandbox":"read-only"'*) answer "$opened" ;;
        *) exit 7 ;;
      esac
      ;;
    *'"method":"thread/resume"'*"$thread"*) answer "$opened" ;;
    *'"method":"thread/resume"'*)
      words='no rollout found for thread id 00000000-0000-7000-8000-000000000000'
      [ "$does" != "refuses in other words" ] || words='out of luck'
      say "{\"id\":$id,\"error\":{\"code\":-32600,\"message\":\"$words\"}}"
      ;;
    *'"method":"turn/start"'*)
      [ "$does" != "hangs on" ] || trap '' TERM
      if [ "${does% on}" = hangs ]; then
        # In a group of its own, as codex has its shells.
        setsid sleep 1000 &
        echo "$$ $!" >> "$CODEX_IDS"
        wait
      fi
      if [ "$does" = asks ]; then
        say '{"id":"a","method":"item/commandExecution/requestApproval","params":{}}'
        read -r line
        case "$line" in *'"decision":"decline"'*) ;; *) exit 8 ;; esac
      fi
      answer '{"turn":{}}'
      note turn/started ''
      note item/started ',"item":{"type":"agentMessage"}'
      note item/agentMessage/delta ",\"delta\":\"$text\""
      note item/completed ",\"item\":{\"type\":\"agentMessage\",\"text\":\"$text\"}"
      note turn/completed ',"turn":{"status":"completed","error":null}'
      ;;
  esac
done
