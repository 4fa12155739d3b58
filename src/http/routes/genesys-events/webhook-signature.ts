import type { IncomingHttpHeaders } from 'node:http'

import { Webhook, WebhookVerificationError } from 'standardwebhooks'

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const
const MAX_ID_CHARS = 255

const holds = (secret: string, text: string, headers: Record<string, string>): boolean => {
  try {
    new Webhook(secret).verify(text, headers, { jsonParse: false })
    return true
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false
    throw error
  }
}

/**
 * The `webhook-id` of a body that is signed with one of the secrets (Standard Webhooks 1.0,
 * symmetric). The signed time must be within five minutes of the gateway's time. null: a header is
 * missing or malformed, the time differs too much, or no signature matches exactly these bytes.
 */
export const signedMessageId = (
  secrets: readonly string[],
  headers: IncomingHttpHeaders,
  body: Buffer,
): string | null => {
  const given: Record<string, string> = {}
  for (const name of HEADERS) {
    const value = headers[name]
    if (typeof value !== 'string' || value === '') return null
    given[name] = value
  }
  const id = given['webhook-id']!
  if (id.length > MAX_ID_CHARS || !/^\d{1,12}$/u.test(given['webhook-timestamp']!)) return null
  // The library verifies text. Bytes that are not UTF-8 would become replacement characters, so
  // that a different body could match the same signature.
  const text = body.toString()
  if (!Buffer.from(text).equals(body)) return null
  return secrets.some((secret) => holds(secret, text, given)) ? id : null
}
