#!/usr/bin/env bash
# Sets the segment of a campaign, shows what the gateway found in it, and waits until the segment is applied in Genesys
# or has failed.
#
#   GATEWAY_KEY=… ./segment.sh demo-campaign segment.json
#
# Needs curl, jq, openssl, and gateway.sh in the same folder. If the script is stopped, run it again: no second version is made.
# A refusal with the code segment-needs-confirm means that the campaign would dial nobody, or that the change is large.
# If you want this, set `confirm` in the file to the `digest` of the refusal, and run the script again.
set -euo pipefail
. "$(dirname "$0")/gateway.sh"
campaign=$1 file=$2

segment=$(send_file PUT "/v1/campaigns/$campaign/segment" "$file" application/json)
version=$(jq .version <<< "$segment")
jq -r '.analysis.findings[] | "\(.severity) \(.code): \(.detail)"' <<< "$segment"
jq -c '.analysis.matches | {selected, total}' <<< "$segment"

until [[ $(jq -r .state <<< "$segment") =~ ^(applied|failed)$ ]]; do
  sleep 1
  segment=$(call GET "/v1/campaigns/$campaign/segment")
done

forget_key "$file"
echo "version $version is $(jq -r .state <<< "$segment")"
# A newer version may have replaced yours in the meantime.
jq -e --argjson version "$version" '.version == $version and .state == "applied"' <<< "$segment" > /dev/null
