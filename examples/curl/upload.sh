#!/usr/bin/env bash
# Uploads a file of contacts, follows the upload to its end, and saves the rejected rows beside the file.
#
#   GATEWAY_KEY=… ./upload.sh demo-contacts contacts.csv
#
# Needs curl, jq, openssl, and gateway.sh in the same folder. If the script is stopped, run it again: it continues
# with the same upload.
set -euo pipefail
. "$(dirname "$0")/gateway.sh"
list=$1 file=$2

upload=$(send_file POST "/v1/contact-lists/$list/uploads" "$file" text/csv)
id=$(jq -r .id <<< "$upload")
echo "$id"

state='' shown=''
until [[ $state =~ ^(completed|completed_with_errors|failed|cancelled)$ ]]; do
  [ -z "$state" ] || sleep 2
  upload=$(call GET "/v1/uploads/$id")
  state=$(jq -r .state <<< "$upload")
  # A held upload waits for something. `hold` says what that is, and whether you must act.
  now=$(jq -c '{state, hold: .hold.reason, delivered: .counts.delivered, accepted: .counts.accepted}' <<< "$upload")
  [ "$now" = "$shown" ] || echo "$now"
  shown=$now
done

jq '{state, counts, problem}' <<< "$upload"
if [ "$(jq .counts.rejected <<< "$upload")" -gt 0 ]; then
  call GET "/v1/uploads/$id/rows?outcome=rejected" -H 'Accept: text/csv' > "$file.rejected.csv"
  echo "Fix $file.rejected.csv and upload it."
fi
forget_key "$file"
[[ $state == completed* ]]
