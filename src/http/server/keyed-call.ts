import type { FastifyReply } from 'fastify'

import type { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refuse } from '../../domain/problems/refusing.ts'
import type { UploadAnswer } from '../../workflows/contract.ts'

/**
 * The Idempotency-Key in the form in which keys are compared. Draft-07 puts it in quotes and many
 * clients do not; with and without quotes it is the same key. null if there is none. Throws 400 if
 * it is not 1 to 255 visible ASCII characters.
 */
export const givenIdempotencyKey = (
  refuse: Refuse<'idempotency-key-invalid'>,
  header: string | string[] | undefined,
): string | null => {
  if (header === undefined) return null
  const text = Array.isArray(header) ? header.join(',') : header.trim()
  const quoted = /^"(.*)"$/u.exec(text)
  const key = quoted ? quoted[1]!.replace(/\\(["\\])/gu, '$1') : text
  if (!/^[\x21-\x7e]{1,255}$/u.test(key)) {
    const detail = 'The Idempotency-Key must be 1 to 255 visible ASCII characters.'
    throw refuse('idempotency-key-invalid', detail)
  }
  return key
}

type RefuseKey = Refuse<'idempotency-key-missing' | 'idempotency-key-invalid'>

/** The Idempotency-Key of a call that needs one. Throws 400. `what`: as in "with a retry". */
export const idempotencyKeyOf = (
  refuse: RefuseKey,
  headers: Record<string, string | string[] | undefined>,
  what: string,
): string => {
  const key = givenIdempotencyKey(refuse, headers['idempotency-key'])
  if (key === null) throw keyMissing(refuse, what)
  return key
}

export const keyMissing = (
  refuse: Refuse<'idempotency-key-missing'>,
  what: string,
): GatewayProblem => refuse('idempotency-key-missing', `Send an Idempotency-Key ${what}.`)

/** Sends the answer stored under the key, byte for byte. */
export const sendKept = (reply: FastifyReply, answer: UploadAnswer): FastifyReply => {
  reply.code(answer.status).header('content-type', 'application/json; charset=utf-8')
  if (answer.location !== null) reply.header('location', answer.location)
  if (answer.replayed) reply.header('idempotency-replayed', 'true')
  return reply.send(answer.body)
}
