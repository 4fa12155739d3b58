/** Headers that a call may carry for its operation. */
export const REQUEST_HEADERS = {
  'Idempotency-Key':
    '1 to 255 visible ASCII characters, quoted or bare. Send the same key with every retry',
  'Content-Encoding': '`gzip`, if the body is the file itself',
  'X-File-Name':
    'The name of the file in the body, in UTF-8 or percent-encoded. The option `fileName` overrides it',
  'If-Match': 'The ETag of the version that you saw',
  'If-None-Match': 'The caller has this version already',
  'Last-Event-ID': 'The id of the last event that you received. The stream continues after it',
  'webhook-id': 'The id of Standard Webhooks, the same on every attempt. Replaces `token`',
  'webhook-timestamp':
    'Unix time in seconds. It may differ from the present time by at most five minutes',
  'webhook-signature': 'v1,<base64 of HMAC-SHA256 under WEBHOOK_SECRET>',
} as const
export type RequestHeader = keyof typeof REQUEST_HEADERS

/** The sender proves its identity by a token in the query, or by these headers. */
export const PROOF_HEADERS = {
  'webhook-id': 'optional',
  'webhook-timestamp': 'optional',
  'webhook-signature': 'optional',
} as const
