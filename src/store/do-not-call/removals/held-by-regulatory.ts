import { sql } from 'kysely'

import { DNC_REASONS } from '../../../domain/do-not-call/dnc-entry.ts'
import { DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import type { DncSubmissionStore } from '../../../workflows/ports/do-not-call/submissions.ts'
import type { Db } from '../../homes/database.ts'
import { scopeOf } from '../append-entries.ts'
import { NOT_OVER } from '../standing-entries.ts'

/**
 * The places of those entries of a removal for which a REGULATORY entry of the same person and
 * scope is in force. They are read while the removal is received, before its chunks are stored. The
 * 202 can therefore report them.
 */
export const createHeldByRegulatory =
  (db: Db): DncSubmissionStore['heldByRegulatory'] =>
  async ({ tenantId, dncListId }, { entries, terms, subjects }) => {
    const scopes = terms.map(({ contactListIds }) => scopeOf(contactListIds))
    const asked = entries.map((entry, place) => ({
      subject: subjects.toString('hex', place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES),
      scope: scopes[entry.terms]!,
    }))
    const { rows } = await sql<{ place: number }>`select (asked.number - 1)::int as place
      from unnest(${asked.map(({ subject }) => subject)}::text[]::uuid[], ${asked.map(({ scope }) => scope)}::bigint[])
        with ordinality as asked (subject, scope, number)
      where exists (select from dnc_entry e join dnc_submission s on s.number = e.submission
        where e.subject = asked.subject and e.scope = asked.scope and e.reason = ${DNC_REASONS.REGULATORY}
          and s.tenant_id = ${tenantId} and s.dnc_list_id = ${dncListId} and s.epoch is not null
          and s.kind in ('add', 'pull') and ${NOT_OVER})
      order by asked.number`.execute(db)
    return rows.map(({ place }) => place)
  }
