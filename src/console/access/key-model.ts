import { type Caller, SCOPES } from '../../domain/access/access.ts'
import {
  type IssuedKey,
  MOST_OVERLAP_HOURS,
  USUAL_OVERLAP_HOURS,
} from '../../domain/access/issued-key.ts'
import { ENGLISH } from '../texts/texts.ts'

const { keys: words } = ENGLISH

const BADGE_OF = { live: 'completed', replaced: 'waiting', expired: 'plain', revoked: 'failed' }

const standing = (
  { revokedAt, expiresAt, replacedBy }: IssuedKey,
  now: Date,
): keyof typeof BADGE_OF => {
  if (revokedAt !== null) return 'revoked'
  if (expiresAt !== null && new Date(expiresAt) <= now) return 'expired'
  return replacedBy === null ? 'live' : 'replaced'
}

/** A key as a line of the list, without its secret. */
export const keyLine = (key: IssuedKey, now: Date) => {
  const stands = standing(key, now)
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    tenantId: key.tenantId,
    scopes: key.scopes,
    badge: BADGE_OF[stands],
    state: words.states[stands],
    works: stands === 'live' || stands === 'replaced',
    expiresAt: key.expiresAt,
    lastUsedAt: key.lastUsedAt,
  }
}

/**
 * The model of the page of one key. `own`: the viewer signed in with this key, so revoking it ends
 * the viewer's session.
 */
export const keyModel = (key: IssuedKey, now: Date, caller: Pick<Caller, 'keyId'>) => {
  const line = keyLine(key, now)
  const fixed = key.source === 'environment'
  return {
    ...line,
    createdAt: key.createdAt,
    revokedAt: key.revokedAt,
    replacedBy: key.replacedBy,
    scopes: key.scopes.map((scope) => ({ scope, label: words.scopes[scope] })),
    fixed,
    own: key.id === caller.keyId,
    canRevoke: line.works && !fixed,
    canRotate: line.works && !fixed && key.replacedBy === null,
    overlapHours: USUAL_OVERLAP_HOURS,
    mostOverlapHours: MOST_OVERLAP_HOURS,
  }
}

/** All scopes with their labels, for the form that makes a key. */
export const scopeChoices = () => SCOPES.map((scope) => ({ scope, label: words.scopes[scope] }))
