/** Headers that a call may carry for its operation. */
export const REQUEST_HEADERS = {
  'Idempotency-Key': '1 to 255 visible ASCII characters, quoted or bare; the same for every retry',
  'Content-Encoding': '`gzip`, where the body is the file itself',
  'X-File-Name':
    'The name of the file that is the body, in UTF-8 or percent-encoded; the option `fileName` goes before it',
  'If-Match': 'The ETag of the version seen',
  'If-None-Match': 'A version that the caller has',
  'Last-Event-ID': 'The id of the last event seen: it is not told again',
  'webhook-id': 'Instead of `token`: Standard Webhooks, the same on every attempt',
  'webhook-timestamp': 'Seconds since 1970, at most five minutes from now',
  'webhook-signature': 'v1,<base64 of HMAC-SHA256 under WEBHOOK_SECRET>',
} as const
export type RequestHeader = keyof typeof REQUEST_HEADERS

/** The sender proves himself by a token in the query, or by these. */
export const PROOF_HEADERS = {
  'webhook-id': 'optional',
  'webhook-timestamp': 'optional',
  'webhook-signature': 'optional',
} as const
