import { randomUUID } from 'node:crypto'

import type { Clock } from '../../lib/clock.ts'
import { sameBytes } from '../../lib/digest.ts'
import type { SandboxDialect } from '../faults/rate-referee.ts'

type Grant = { clientId: string; endsAtMs: number; dialect: SandboxDialect | null }

/** Issues and checks access tokens of the client-credentials grant. */
export type TokenDesk = {
  /** Issues a token. null: the credentials are wrong. */
  issue(clientId: string, clientSecret: string): { token: string; expiresInSeconds: number } | null
  /** The OAuth client of a valid token. null: the token is not valid. */
  clientOf(token: string): string | null
  /**
   * Notes which dialect the holder of a token uses. The calls that both dialects share need this.
   */
  noteDialect(token: string, dialect: SandboxDialect): void
  dialectOf(token: string): SandboxDialect | null
  revokeAll(): void
}

/**
 * Accepts the credentials of one OAuth client. A new token does not end earlier ones: each token is
 * valid for `lifetimeSeconds`.
 */
export const createTokenDesk = (deps: {
  clock: Clock
  clientId: string
  clientSecret: string
  lifetimeSeconds: number
}): TokenDesk => {
  const living = new Map<string, Grant>()
  return {
    issue: (clientId, clientSecret) => {
      const known =
        clientId === deps.clientId &&
        sameBytes(Buffer.from(clientSecret), Buffer.from(deps.clientSecret))
      if (!known) return null
      const now = deps.clock.monotonicMs()
      for (const [token, { endsAtMs }] of living) if (endsAtMs <= now) living.delete(token)
      const token = `sandbox-${randomUUID()}`
      living.set(token, { clientId, endsAtMs: now + deps.lifetimeSeconds * 1000, dialect: null })
      return { token, expiresInSeconds: deps.lifetimeSeconds }
    },
    clientOf: (token) => {
      const grant = living.get(token)
      return grant && grant.endsAtMs > deps.clock.monotonicMs() ? grant.clientId : null
    },
    noteDialect: (token, dialect) => {
      const grant = living.get(token)
      if (grant) grant.dialect = dialect
    },
    dialectOf: (token) => living.get(token)?.dialect ?? null,
    revokeAll: () => living.clear(),
  }
}
