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
 * The `webhook-id` of a body signed with one of the secrets (Standard Webhooks 1.0, symmetric),
 * with its time within five minutes of ours. null if the headers are missing or do not match
 * exactly these bytes.
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
  // The library signs text: bytes that are no UTF-8 would count as the replacement characters they
  // turn into.
  const text = body.toString()
  if (!Buffer.from(text).equals(body)) return null
  return secrets.some((secret) => holds(secret, text, given)) ? id : null
}
