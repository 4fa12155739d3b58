import type { FastifyReply } from 'fastify'

import type { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refuse } from '../../domain/problems/refusing.ts'
import type { UploadAnswer } from '../../workflows/contract.ts'

/**
 * The Idempotency-Key in the form in which keys are compared. A key in quotes (as in draft-07)
 * equals the same key without quotes. null: the call has no key. Throws 400 if the key is not 1 to
 * 255 visible ASCII characters.
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

/**
 * The Idempotency-Key of a call that needs one. Throws 400. `what`: the words that name the call,
 * as in "with a retry".
 */
export const idempotencyKeyOf = (
  refuse: RefuseKey,
  headers: Record<string, string | string[] | undefined>,
  what: string,
): string => {
  const key = givenIdempotencyKey(refuse, headers['idempotency-key'])
  if (key === null) throw keyMissing(refuse, what)
  return key
}

/** Makes the problem (400) and does not throw it. `what`: as for `idempotencyKeyOf`. */
export const keyMissing = (
  refuse: Refuse<'idempotency-key-missing'>,
  what: string,
): GatewayProblem => refuse('idempotency-key-missing', `Send an Idempotency-Key ${what}.`)

/** Sends the answer that is stored under the key, byte for byte. */
export const sendKept = (reply: FastifyReply, answer: UploadAnswer): FastifyReply => {
  reply.code(answer.status).header('content-type', 'application/json; charset=utf-8')
  if (answer.location !== null) reply.header('location', answer.location)
  if (answer.replayed) reply.header('idempotency-replayed', 'true')
  return reply.send(answer.body)
}
