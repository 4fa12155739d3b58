import { sql } from 'kysely'

import { subjectDigest } from '../../domain/do-not-call/subject.ts'
import type { Erasure, ErasurePosition, ErasureSubject } from '../../domain/erasures/erasure.ts'
import { keyedDigest } from '../../lib/keyed-digest.ts'
import type { ErasureStore, ErasureWork } from '../../workflows/ports/erasures/erasures.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { freeLeases } from '../delivery/object-lane.ts'
import { inTransaction, type Database } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import type { Seals } from '../homes/seals.ts'
import { createEncodeChunk } from '../uploads/chunk-codec.ts'
import { answerClaim } from '../uploads/stored-answer.ts'
import { createErasureContacts, eraseRegister, eraseRetractions } from './erase-contacts.ts'
import { countSuppressions, eraseEntries } from './erase-entries.ts'
import { eraseRows } from './erase-rows.ts'
import {
  eraseAnswers,
  eraseDeliveries,
  eraseFileNames,
  eraseGuestFiles,
  reportSegments,
} from './erase-texts.ts'
import {
  ERASURE_COLUMNS,
  erasureLane,
  lockErasure,
  toErasure,
  type ErasureRow,
} from './erasure-row.ts'
import { findContacts } from './find-contacts.ts'
import type { EraseLot, ErasingDeps } from './lots.ts'

/** For each step, the function that works on one lot of it. */
const LOTS: Record<Parameters<ErasureStore['eraseLot']>[1], EraseLot> = {
  found: findContacts,
  rows: eraseRows,
  file_names: eraseFileNames,
  answers: eraseAnswers,
  deliveries: eraseDeliveries,
  segments: reportSegments,
  entries: eraseEntries,
  guest_files: eraseGuestFiles,
  register: eraseRegister,
  retractions: eraseRetractions,
}

const digestOf = (key: Buffer, { kind, value }: ErasureSubject): Buffer =>
  kind === 'contact' ? keyedDigest(key, value) : subjectDigest(key, value)

/** Another call took over the idempotency key. Thrown to undo everything that was written. */
class ClaimLost extends Error {
  override readonly name = 'ClaimLost'
}

const createAsk =
  ({ database, seals, digestKey }: ErasingDeps): ErasureStore['ask'] =>
  async ({ id, tenantId, subject, actor, scope, answerOf, audit }) => {
    try {
      return await inTransaction(database, async (tx) => {
        const { rows } = await sql<ErasureRow>`insert into erasure
            (id, tenant_id, kind, contact_list_id, subject_digest, sealed_subject, state, actor, request_id)
          values (${id}, ${tenantId}, ${subject.kind}, ${subject.contactListId}, ${digestOf(digestKey, subject)},
            ${seals.sealSubject(id, subject.value)}, 'erasing', ${actor}, ${audit.requestId}) returning ${ERASURE_COLUMNS}`.execute(
          tx,
        )
        const erasure = toErasure(rows[0]!)
        const answer = answerOf(erasure)
        if (!(await answerClaim(tx, seals, scope, answer))) throw new ClaimLost()
        await appendAudit(tx, [{ ...audit, digest: erasure.subjectDigest }])
        return answer
      })
    } catch (error) {
      if (error instanceof ClaimLost) return null
      throw error
    }
  }

const workOf = (seals: Seals, claim: ErasureWork['claim'], row: ErasureRow): ErasureWork => {
  const value = seals.openSubject(row.id, row.sealed_subject!)
  const subject: ErasureSubject =
    row.kind === 'contact'
      ? { kind: 'contact', contactListId: row.contact_list_id!, value }
      : { kind: row.kind, contactListId: null, value }
  return {
    claim,
    erasure: toErasure(row),
    requestId: row.request_id,
    subject,
    position:
      row.position === null
        ? { step: 'found', after: null }
        : (JSON.parse(row.position) as ErasurePosition),
  }
}

const hasRemains = ({ places }: Erasure): boolean =>
  Object.values(places).some(({ remains }) => Object.keys(remains).length > 0)

const createLane = ({
  database: { db },
  seals,
}: ErasingDeps): Pick<ErasureStore, 'claim' | 'renew' | 'release' | 'freeAll'> => ({
  claim: async (owner) => {
    for (;;) {
      const claimed = await erasureLane.claim(db, owner)
      if (claimed === null) return null
      const row = claimed.row as ErasureRow
      if (row.sealed_subject !== null) return workOf(seals, claimed.claim, row)
      // Completed, but left ready: an earlier version of the gateway was killed just then.
      await erasureLane.release(db, claimed.claim, null)
    }
  },
  renew: (claim) => erasureLane.renew(db, claim),
  release: (claim, readyInMs) => erasureLane.release(db, claim, readyInMs),
  freeAll: () => freeLeases(db, 'erasure'),
})

/**
 * The SQL store of erasures. Each lot stores its result together with its changes, so a repeated
 * lot finds nothing and counts nothing.
 */
export const createErasureStore = (given: {
  database: Database
  keyring: Keyring
  seals: Seals
  digestKey: Buffer
}): ErasureStore => {
  const deps: ErasingDeps = { ...given, encodeChunk: createEncodeChunk() }
  const { database } = deps
  return {
    ask: createAsk(deps),
    find: async (tenantId, id) => {
      const { rows } = await sql<ErasureRow>`select ${ERASURE_COLUMNS} from erasure
        where id = ${id} and tenant_id = ${tenantId}`.execute(database.db)
      return rows[0] === undefined ? null : toErasure(rows[0])
    },
    ...createLane(deps),
    eraseLot: (work, step, after) => LOTS[step](deps, work, after),
    ...createErasureContacts(deps),
    wait: (work, failure, outages) =>
      inTransaction(database, async (tx) => {
        await lockErasure(tx, work.claim)
        await sql`update erasure set state = 'waiting', failure = ${failure}, attempts = ${outages}::int,
            version = version + 1, updated_at = clock_timestamp() where id = ${work.claim.erasureId}`.execute(
          tx,
        )
      }),
    complete: (work, auditOf) =>
      inTransaction(database, async (tx) => {
        await lockErasure(tx, work.claim)
        const { rows: now } = await sql<ErasureRow>`select ${ERASURE_COLUMNS} from erasure
          where id = ${work.claim.erasureId}`.execute(tx)
        const state = hasRemains(toErasure(now[0]!)) ? 'completed_with_remains' : 'completed'
        const suppressions = await countSuppressions(tx, work)
        await sql`delete from erasure_contact where erasure_id = ${work.claim.erasureId}`.execute(
          tx,
        )
        // Also ends the claim. A release in another transaction may never come, or may ask for
        // another claim because the answer to this commit was lost. Such a claim would fail for
        // ever, because the person is gone.
        const { rows } =
          await sql<ErasureRow>`update erasure set state = ${state}, ready_at = 'infinity', owner = null, lease_until = null,
            sealed_subject = null, position = null,
            suppressions = ${suppressions}, failure = null, completed_at = clock_timestamp(), version = version + 1, updated_at = clock_timestamp()
          where id = ${work.claim.erasureId} returning ${ERASURE_COLUMNS}`.execute(tx)
        const done = toErasure(rows[0]!)
        await appendAudit(tx, [auditOf(done)])
        return done
      }),
  }
}
