import type { Caller, Scope } from '../../domain/access/access.ts'
import {
  type IssuedKey,
  KEY_BYTES,
  keyOfBytes,
  prefixOfKey,
} from '../../domain/access/issued-key.ts'
import type { AuditSaid } from '../../domain/audit/audit-details.ts'
import { type AuditEntry, byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import { sha256 } from '../../lib/digest.ts'
import type { Ids } from '../../lib/ids.ts'
import { nearestStorable } from '../../lib/storable-time.ts'
import type { KeyStore, NewKey } from '../ports/access/keys.ts'
import type { TenantStore } from '../ports/access/tenants.ts'
import type { Page } from '../ports/uploads/uploads.ts'
import type {
  CREATE_KEY_REFUSALS,
  FIND_ACCESS_REFUSALS,
  REVOKE_KEY_REFUSALS,
  ROTATE_KEY_REFUSALS,
} from './refusals.ts'

type Issued = { issued: IssuedKey; key: string }

/**
 * The keys of all tenants, for admins. Only the results of `create` and `rotate` contain the text
 * of a key.
 */
export type Keys = {
  create: Refusing<
    (typeof CREATE_KEY_REFUSALS)[number],
    (
      caller: Caller,
      plan: { tenantId: string; name: string; scopes: readonly Scope[]; expiresAt: Date | null },
    ) => Promise<Issued>
  >
  find: Refusing<(typeof FIND_ACCESS_REFUSALS)[number], (keyId: string) => Promise<IssuedKey>>
  /** null: the cursor cannot be read. */
  list: Refusing<
    (typeof FIND_ACCESS_REFUSALS)[number],
    (page: {
      limit: number
      cursor: string | null
      tenantId?: string
    }) => Promise<Page<IssuedKey> | null>
  >
  rotate: Refusing<
    (typeof ROTATE_KEY_REFUSALS)[number],
    (caller: Caller, keyId: string, overlapHours: number) => Promise<Issued>
  >
  revoke: Refusing<
    (typeof REVOKE_KEY_REFUSALS)[number],
    (caller: Caller, keyId: string) => Promise<void>
  >
}

export type KeysDeps = {
  keys: KeyStore
  tenants: Pick<TenantStore, 'find'>
  ids: Ids
  random: (size: number) => Uint8Array
}

/**
 * Stores only the SHA-256 and the prefix of a key, so nobody can read a key again later. Each
 * change writes its audit entry in the same transaction. Throws `key-fixed` for a key from the
 * environment, which nobody can rotate or revoke here.
 */
export const createKeys = (deps: KeysDeps): Keys => ({
  create: async (caller, asked) => {
    const { expiresAt } = asked
    const plan = { ...asked, expiresAt: expiresAt && nearestStorable(expiresAt) }
    const made = newKey(deps)
    const audit = auditOf(deps, caller, createdBy(plan), made.stored.id)(plan.tenantId)
    const result = await deps.keys.create({ ...plan, key: made.stored, audit })
    if (result.kind === 'tenant_unknown') throw tenantUnknown()
    if (result.kind === 'past') {
      throw new GatewayProblem('key-expiry-past', 'expiresAt is not in the future.')
    }
    return { issued: result.key, key: made.key }
  },
  find: async (keyId) => {
    const key = await deps.keys.find(keyId)
    if (key === null) throw unknown()
    return key
  },
  list: async (page) => {
    const { tenantId } = page
    if (tenantId !== undefined && (await deps.tenants.find(tenantId)) === null) {
      throw tenantUnknown()
    }
    return deps.keys.list(page)
  },
  rotate: async (caller, keyId, overlapHours) => {
    const made = newKey(deps)
    const details = { overlapHours, newKeyId: made.stored.id }
    const audit = auditOf(deps, caller, { action: 'key.rotated', details }, keyId)
    const result = await deps.keys.rotate({ keyId, key: made.stored, overlapHours, audit })
    if (result === null) throw unknown()
    if (result.kind === 'fixed') throw fixed()
    if (result.kind === 'ended') {
      const { replacedBy } = result
      throw new GatewayProblem('key-ended', 'The key has ended.', { replacedBy })
    }
    return { issued: result.key, key: made.key }
  },
  revoke: async (caller, keyId) => {
    const audit = auditOf(deps, caller, { action: 'key.revoked' }, keyId)
    const result = await deps.keys.revoke({ keyId, audit })
    if (result === null) throw unknown()
    if (result.kind === 'fixed') throw fixed()
  },
})

const tenantUnknown = (): GatewayProblem =>
  new GatewayProblem('not-found', 'The tenant does not exist.')

const newKey = ({ ids, random }: KeysDeps): { key: string; stored: NewKey } => {
  const key = keyOfBytes(random(KEY_BYTES))
  return { key, stored: { id: ids.newId('key'), digest: sha256(key), prefix: prefixOfKey(key) } }
}

const createdBy = ({
  scopes,
  expiresAt,
}: {
  scopes: readonly Scope[]
  expiresAt: Date | null
}): AuditSaid => ({
  action: 'key.created',
  details: { scopes: [...scopes], expiresAt: expiresAt?.toISOString() ?? null },
})

/** The audit entry of a change. It belongs to the tenant of the key, with the admin as actor. */
const auditOf =
  ({ ids }: KeysDeps, caller: Caller, said: AuditSaid, object: string) =>
  (tenantId: string): AuditEntry =>
    createAuditEntry(ids, { ...byCaller(caller), tenantId }, { ...said, object })

const unknown = (): GatewayProblem => new GatewayProblem('not-found', 'The key does not exist.')

const fixed = (): GatewayProblem =>
  new GatewayProblem('key-fixed', 'The key comes from the environment.')
