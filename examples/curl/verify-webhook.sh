#!/usr/bin/env bash
# Verifies one webhook that you recorded. Give the headers as arguments, and a file with the body, byte for byte.
#
#   WEBHOOK_SECRET=whsec_… ./verify-webhook.sh "$webhook_id" "$webhook_timestamp" "$webhook_signature" body.json
#
# Needs openssl. This script checks what the libraries of https://www.standardwebhooks.com check. In a program, use a library.
# The script accepts an old timestamp, because your recording may be old. A library refuses a timestamp that differs from the
# present time by more than five minutes.
set -euo pipefail
id=$1 timestamp=$2 signatures=$3 body=$4

# The key is the base64 after whsec_, as bytes.
key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
expected=$({ printf '%s.%s.' "$id" "$timestamp" && cat "$body"; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

# While a secret is rotated, there are several signatures, separated by spaces. One that matches is enough.
for signature in $signatures; do
  [ "$signature" != "v1,$expected" ] || { echo 'The signature holds.'; exit 0; }
done
echo 'The signature does not hold.' >&2
exit 1
