import type { Caller } from '../../../domain/access/access.ts'
import { auditId } from '../../../domain/audit/audit-details.ts'
import { byCaller, createAuditEntry } from '../../../domain/audit/audit.ts'
import type { Edition, Registry } from '../../../domain/do-not-call/registries/registry.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Refusing } from '../../../domain/problems/refusing.ts'
import { canonicalJson } from '../../../lib/canonical-json.ts'
import { sha256Hex } from '../../../lib/digest.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { RegistryStore } from '../../ports/do-not-call/registries/registries.ts'
import type { PUT_REGISTRY_REFUSALS, REMOVE_EDITION_REFUSALS } from './refusals.ts'

type Deps = { registries: RegistryStore; ids: Ids }

export type PutRegistry = Refusing<
  (typeof PUT_REGISTRY_REFUSALS)[number],
  (caller: Caller, about: Pick<Registry, 'name' | 'country' | 'maxAgeDays'>) => Promise<Registry>
>

/**
 * Makes the registry, or changes an existing one. Throws `registry-fixed` if the country would
 * change after an edition was begun.
 */
export const createPutRegistry =
  ({ registries, ids }: Deps): PutRegistry =>
  async (caller, about) => {
    const audit = createAuditEntry(ids, byCaller(caller), {
      action: 'registry.changed',
      object: about.name,
      digest: sha256Hex(canonicalJson(about)),
    })
    const result = await registries.put({ ...about, audit })
    if (result.kind === 'put') return result.registry
    throw new GatewayProblem(
      'registry-fixed',
      'The registry already has editions with numbers of its present country.',
    )
  }

export type RemoveEdition = Refusing<
  (typeof REMOVE_EDITION_REFUSALS)[number],
  (caller: Caller, name: string, id: string) => Promise<Edition>
>

/** Deletes the numbers of an edition. Its record stays, because certificates name it. */
export const createRemoveEdition =
  ({ registries, ids }: Deps): RemoveEdition =>
  async (caller, name, id) => {
    const audit = createAuditEntry(ids, byCaller(caller), {
      action: 'registry.edition_deleted',
      details: { registry: auditId(name) },
      object: id,
    })
    const removed = await registries.remove({ name, id, audit })
    if (removed === null) throw new GatewayProblem('not-found', 'The edition does not exist.')
    if (removed === 'busy')
      throw new GatewayProblem(
        'edition-loading',
        'The edition, or a change of it, is being loaded.',
      )
    return removed
  }
