import { randomUUID } from 'node:crypto'

/** The answer of an endpoint. Without `body` it has no content. */
export type Answer = {
  status: number
  body?: unknown
  headers?: Record<string, string>
  /** The call has taken effect, but its answer waits for this promise. */
  ready?: Promise<void>
}

/**
 * An error answer in the form of Genesys' ErrorBody [platform-api: 2.11]. Endpoints throw it, and
 * the exchange sends it.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: string
  readonly about: {
    messageParams?: Record<string, string>
    headers?: Record<string, string>
    members?: Record<string, unknown>
  }

  constructor(status: number, code: string, message: string, about: Refusal['about'] = {}) {
    super(message)
    this.status = status
    this.code = code
    this.about = about
  }
}

/**
 * The answer for a refusal. `contextId` repeats the ININ-Correlation-Id header, as on the platform.
 */
export const refusalAnswer = (refusal: Refusal, contextId: string = randomUUID()): Answer => ({
  status: refusal.status,
  headers: refusal.about.headers ?? {},
  body: {
    message: refusal.message,
    code: refusal.code,
    status: refusal.status,
    messageParams: refusal.about.messageParams ?? {},
    contextId,
    details: [],
    errors: [],
    ...refusal.about.members,
  },
})
