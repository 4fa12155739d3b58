/** The request headers that operations read, with their descriptions for the document. */
export const REQUEST_HEADERS = {
  'Idempotency-Key':
    '1 to 255 visible ASCII characters. You can put quotes around the key. If you repeat the call, send the same key',
  'Content-Encoding':
    '`gzip`, if the body is a file that is compressed with gzip. Not allowed for a form',
  'X-File-Name':
    'The name of the file in the body, in UTF-8 or percent-encoded. The option `fileName` overrides it',
  'If-Match': 'The ETag of the version that you saw',
  'If-None-Match': 'The ETag of the version that you already have',
  'Last-Event-ID':
    'The id of the last event that you received. If this event shows the current state, the stream does not send this state again',
  'webhook-id':
    'The id of the message (Standard Webhooks), the same on every attempt. A call with the three webhook headers needs no `token`',
  'webhook-timestamp':
    'Unix time in seconds. It may differ from the present time by at most five minutes',
  'webhook-signature': 'v1,<base64 of the HMAC-SHA256 with WEBHOOK_SECRET>',
} as const
export type RequestHeader = keyof typeof REQUEST_HEADERS

/**
 * The headers by which the sender of a webhook proves its identity. They are optional, because a
 * token in the query may replace them.
 */
export const PROOF_HEADERS = {
  'webhook-id': 'optional',
  'webhook-timestamp': 'optional',
  'webhook-signature': 'optional',
} as const
