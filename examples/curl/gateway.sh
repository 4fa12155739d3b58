# The code that the other scripts of this folder share. Copy it beside them. Do not run it.
#
#   GATEWAY_KEY   your key, required
#   GATEWAY_URL   address of the gateway. Default: http://127.0.0.1:3000

: "${GATEWAY_KEY:?Set GATEWAY_KEY to your key}"
GATEWAY_URL=${GATEWAY_URL:-http://127.0.0.1:3000}
MAX_ATTEMPTS=10

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# call METHOD PATH [options of curl]: prints the answer of the gateway.
# Tries again after a lost connection, 429, 5xx, or any refusal with Retry-After. Any other refusal ends the script, and
# so does the failure of the 10th attempt.
call() {
  local method=$1 path=$2 attempt=0 status wait
  shift 2
  while :; do
    : > "$work/headers"
    status=$(curl -sS -X "$method" -H "Authorization: Bearer $GATEWAY_KEY" "$@" \
      -o "$work/answer" -D "$work/headers" -w '%{http_code}' "$GATEWAY_URL$path") ||
      [ $? = 22 ] || status=000 # 22 means a refusal, if your .curlrc has `fail`.
    wait=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,\}\).*/\1/p' "$work/headers" | tail -n 1)
    attempt=$((attempt + 1))
    case "$status:$wait" in
      2*) cat "$work/answer" && return ;;
      000:* | 429:* | 5*:* | *:[0-9]*) [ "$attempt" -lt "$MAX_ATTEMPTS" ] || break ;;
      *) break ;;
    esac
    [ -n "$wait" ] || wait=$((attempt < 6 ? 1 << (attempt - 1) : 60))
    echo "$method $path: $status, attempt $((attempt + 1)) in $wait s" >&2
    sleep "$wait"
  done
  echo "$method $path: $status $(cat "$work/answer" 2> /dev/null)" >&2
  return 1
}

# send_file METHOD PATH FILE CONTENT_TYPE: sends a file, and prints the answer.
# The Idempotency-Key is stored beside the file, so every attempt has the same key, even after a crash of this script.
# Nothing happens twice, even if an answer was lost. Call `forget_key FILE` when you have the result.
send_file() {
  local method=$1 path=$2 file=$3 type=$4
  [ -s "$file.idempotency-key" ] || openssl rand -hex 16 > "$file.idempotency-key"
  call "$method" "$path" -T "$file" -H "Content-Type: $type" \
    -H "Idempotency-Key: $(cat "$file.idempotency-key")"
}

forget_key() {
  rm -f "$1.idempotency-key"
}
