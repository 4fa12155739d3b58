#!/usr/bin/env bash
# Sends a file of do-not-call entries, and waits until Genesys has them. The gateway suppresses
# the people of these entries as soon as it has answered the first call.
#
#   GATEWAY_KEY=… ./do-not-call.sh demo-dnc entries.csv
#
# Needs curl, jq, openssl, and gateway.sh in the same folder. If the script is stopped, run it again: nothing is sent twice.
set -euo pipefail
. "$(dirname "$0")/gateway.sh"
list=$1 file=$2

submission=$(send_file POST "/v1/dnc-lists/$list/entries" "$file" text/csv)
id=$(jq -r .id <<< "$submission")
# A quarantined entry suppresses too, but goes to Genesys only after its release.
echo "$id: $(jq '.counts | .accepted + .quarantined' <<< "$submission") entries suppress"

until [[ $(jq -r .state <<< "$submission") == applied* ]]; do
  sleep 1
  submission=$(call GET "/v1/dnc-submissions/$id")
done

jq '{state, counts}' <<< "$submission"
call GET "/v1/dnc-submissions/$id/entries?outcome=rejected" | jq -r '.items[] | "line \(.line): \(.code), \(.reason)"'
forget_key "$file"
