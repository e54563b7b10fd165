#!/bin/sh
# Runs a command while leading an election, by Tenure's HTTP lease API. Needs curl and Linux (/proc/uptime); no jq.
#
#   lease.sh http://127.0.0.1:7654 billing worker-1 ./charge-invoices.sh
#
# It waits for the office, runs the command with TENURE_TERM (the fencing token) and TENURE_ATTEMPT in its environment, sends
# the heartbeats, and resigns when the command has ended. When the lease is about to run out, or is lost, the command gets
# TERM, and KILL at the end of the lease. If this script is killed (kill -9), its command goes on: a fence must stop its writes.
#
# LEASE_MS (default 10000); TENURE_TOKEN: the agent's token; CURL_OPTIONS: more options for curl, e.g. --config sign.curl for a
# function URL, with aws-sigv4 and user in that file (curl 7.75 or later), so that no secret shows in a list of processes.
set -u
[ $# -ge 4 ] || { echo "usage: lease.sh URL ELECTION ID COMMAND [ARGUMENT ...]" >&2; exit 64; }
base=${1%/}/elections/$2 id=$3
shift 3
case $id in *[!A-Za-z0-9._-]*) echo "lease.sh: the id must be letters, digits, '.', '_', '-', but is '$id'" >&2; exit 64 ;; esac
lease_ms=${LEASE_MS:-10000}
renew_ms=$((lease_ms * 3 / 10)) step_down_ms=$((lease_ms / 10))
timeout_s=$(awk "BEGIN { print $renew_ms / 2000 }")

# Both clocks, in ms. /proc/uptime goes on while the machine sleeps; the wall clock is read all the same.
clocks() {
  read -r up _ </proc/uptime
  mono=${up%.*}${up#*.}0
  wall=$(date +%s%3N)
}
# How long ago the stamp was: the larger of both.
elapsed() {
  clocks
  by_mono=$((mono - stamp_mono)) by_wall=$((wall - stamp_wall))
  [ "$by_mono" -ge "$by_wall" ] && age=$by_mono || age=$by_wall
}
# POST WHAT BODY TIMEOUT: the status in $status (000 without an answer), the answer in $answer.
post() {
  # CURL_OPTIONS is split into words on purpose.
  # shellcheck disable=SC2086
  answer=$(printf '%s' "$2" | curl -sS --max-time "$3" -w '\n%{http_code}' -X POST -H 'content-type: application/json' \
    ${TENURE_TOKEN:+-H "authorization: Bearer $TENURE_TOKEN"} ${CURL_OPTIONS:-} --data-binary @- "$base/$1" 2>/dev/null)
  status=${answer##*
}
  [ -n "$status" ] || status=000
}
number() { printf '%s' "$answer" | sed -n 's/.*"'"$1"'":\([0-9]*\).*/\1/p'; }
code() { printf '%s' "$answer" | sed -n 's/.*"code":"\([A-Za-z]*\)".*/\1/p'; }
new_attempt() { attempt=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n'); }
mine() { printf '{"id":"%s","term":%s,"attempt":"%s","beat":%s}' "$id" "$term" "$attempt" "$beat"; }

# One heartbeat with a beat of its own. The stamp is taken before it is sent, and counts only if the answer is 200.
heartbeat() {
  clocks
  sent_mono=$mono sent_wall=$wall beat=$((beat + 1))
  post heartbeat "$(mine)" "$timeout_s"
  case $status in
    200)
      stamp_mono=$sent_mono stamp_wall=$sent_wall hold_ms=$(number holdMs)
      # An operator asks for the office, perhaps in favour of another candidate.
      case $answer in *'"yields":true'*) why=yielded heir=$(printf '%s' "$answer" | sed -n 's/.*"to":"\([A-Za-z0-9._-]*\)".*/\1/p') ;; esac
      ;;
    409) [ "$(code)" = LeadershipLost ] && why=superseded ;;
  esac
}

resign() {
  for _ in 1 2 3; do
    beat=$((beat + 1))
    body=$(mine)
    [ -z "$heir" ] || body="${body%?},\"to\":\"$heir\"}"
    post resign "$body" "$timeout_s"
    [ "$status" = 200 ] && return
  done
}

new_attempt
while :; do
  post acquire "{\"id\":\"$id\",\"attempt\":\"$attempt\",\"leaseMs\":$lease_ms,\"renewMs\":$renew_ms,\"waitMs\":20000}" 30
  case $status in
    200) break ;;
    409) [ "$(code)" = Held ] || new_attempt ;;
    000 | 5??) sleep 0.5 ;; # the outcome is unknown: the same attempt again
    *) printf 'lease.sh: %s\n' "$answer" >&2; exit 70 ;;
  esac
done
term=$(number term) beat=$(number beat) hold_ms=0 why= heir=

# In office; the first heartbeat that is answered gives the lease.
tries=0
while [ "$hold_ms" = 0 ] && [ -z "$why" ] && [ $tries -lt 5 ]; do
  heartbeat
  tries=$((tries + 1))
done
[ "$hold_ms" != 0 ] && [ -z "$why" ] || { echo "lease.sh: term $term had no lease (${why:-no answer})" >&2; resign; exit 75; }

echo "lease.sh: $id leads term $term" >&2
TENURE_TERM=$term TENURE_ATTEMPT=$attempt "$@" &
command=$!
trap 'why=stopped' TERM INT
next_mono=$((stamp_mono + renew_ms))
asked=
while kill -0 "$command" 2>/dev/null; do
  elapsed
  if [ -z "$why" ] && [ "$age" -ge $((hold_ms - step_down_ms)) ]; then why=expired; fi
  if [ -n "$why" ] && [ -z "$asked" ]; then
    kill -TERM "$command" 2>/dev/null
    asked=yes
  fi
  if [ "$age" -ge "$hold_ms" ]; then kill -KILL "$command" 2>/dev/null; fi
  if [ -z "$why" ] && [ "$mono" -ge "$next_mono" ]; then
    next_mono=$((mono + renew_ms))
    heartbeat
  fi
  sleep 0.1
done
wait "$command"
result=$?
resign
echo "lease.sh: term $term is over: ${why:-the command has ended}" >&2
[ -z "$why" ] || [ "$why" = stopped ] || exit 75
exit $result
