import { sql, type RawBuilder } from 'kysely'

import { DNC_OUTCOMES } from '../../../domain/do-not-call/dnc-submission.ts'
import { newKey } from '../../../lib/envelope.ts'
import type { DncPullStore } from '../../../workflows/ports/do-not-call/pulls.ts'
import { StagingLost } from '../../../workflows/ports/uploads/uploads.ts'
import { appendAudit } from '../../audit/audit-store.ts'
import { STEADY_NOW } from '../../clock/steady-time.ts'
import type { Outbox } from '../../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'
import type { Seals } from '../../homes/seals.ts'
import { answerClaim } from '../../uploads/stored-answer.ts'
import { raiseEpoch, wakeLane } from '../accept-submission.ts'
import { holdSubmission } from '../submission-moves.ts'
import { SUBMISSION_COLUMNS, toSubmission, type SubmissionRow } from '../submission-row.ts'
import { createDataKeys, keyContext } from '../submission-store.ts'
import { createPulledEntries, lockPull } from './pulled-entries.ts'

type Deps = { database: Database; keyring: Keyring; seals: Seals; outbox: Pick<Outbox, 'tell'> }

type Begun = {
  id: string
  tenantId: string
  dncListId: string
  actor: string
  requestId: string
  owner: string
}

/**
 * The length of a pull's lease, which is renewed every 10 s. So the pull of a dead instance is free
 * within a minute.
 */
const LEASE = sql`clock_timestamp() + interval '60 seconds'`

/**
 * Stores the submission of a pull. It counts as accepted from the start, although it has no entries
 * yet.
 */
const begin = async (tx: Tx, keyring: Keyring, pull: Begun): Promise<SubmissionRow> => {
  const epoch = await raiseEpoch(tx, pull.tenantId)
  const wrapped = keyring.seal(keyContext(pull.id), newKey())
  const { rows } =
    await sql<SubmissionRow>`insert into dnc_submission (id, tenant_id, dnc_list_id, kind, state, epoch, reading,
      actor, request_id, owner, data_key, data_key_id, accepted_at, source)
    values (${pull.id}, ${pull.tenantId}, ${pull.dncListId}, 'pull', 'applying', ${epoch}::bigint, true, ${pull.actor},
      ${pull.requestId}, ${pull.owner}, ${wrapped.sealed}, ${wrapped.keyId}, clock_timestamp(),
      ${JSON.stringify({ fileName: null, format: 'csv', bytes: 0, sha256: '', delimiter: null })}::jsonb)
    returning ${SUBMISSION_COLUMNS}`.execute(tx)
  return rows[0]!
}

const createAsk =
  ({ database, keyring, seals, outbox }: Deps): DncPullStore['ask'] =>
  (about) =>
    inTransaction(database, async (tx) => {
      const { rows } = await sql`insert into dnc_pull (dnc_list_id, tenant_id, due_at)
        values (${about.dncListId}, ${about.tenantId}, clock_timestamp())
        on conflict (dnc_list_id) do update set due_at = clock_timestamp(), tenant_id = excluded.tenant_id
        where dnc_pull.submission is null and dnc_pull.owner is null returning dnc_list_id`.execute(
        tx,
      )
      if (rows.length === 0) return 'running'
      const submission = toSubmission(await begin(tx, keyring, about))
      await sql`update dnc_pull set submission = ${submission.number}::bigint, begun = ${submission.number}::bigint
        where dnc_list_id = ${about.dncListId}`.execute(tx)
      const answer = about.answerOf(submission)
      if (!(await answerClaim(tx, seals, about.scope, answer))) {
        throw new StagingLost(`Pull ${about.id}: the call no longer holds its Idempotency-Key`)
      }
      await appendAudit(tx, [about.audit])
      await outbox.tell(tx, [{ type: 'dnc.accepted', submission }])
      return { answer }
    })

/**
 * The tenants of a list, each with the number and the time of its newest pull. Entries of a pull
 * suppress only in the contact lists of the tenant of the pull, so each tenant needs its own.
 */
const tenantsOfList = (dncListId: string): RawBuilder<unknown> =>
  sql`(select tenant_id, min(number) as first, max(number) filter (where kind = 'pull') as newest,
      max(accepted_at) filter (where kind = 'pull') as pulled_at
    from dnc_submission s where dnc_list_id = ${dncListId} and epoch is not null
      and exists (select from tenant_grant g where g.tenant_id = s.tenant_id and g.kind = 'dnc_list' and g.object_id in (${dncListId}, '*'))
    group by tenant_id) as t`

/** The tenant of the next regular pull: the one that has waited longest. null: none may pull. */
const nextTenant = async (tx: Tx, dncListId: string): Promise<string | null> => {
  const { rows } = await sql<{
    tenant_id: string
  }>`select tenant_id from ${tenantsOfList(dncListId)}
    order by newest nulls first, first limit 1`.execute(tx)
  return rows[0]?.tenant_id ?? null
}

type Claimed = { dnc_list_id: string; tenant_id: string; submission: string | null; since: Date }

const createClaim =
  ({ database, keyring }: Deps): DncPullStore['claim'] =>
  (owner, { id, requestId }) =>
    inTransaction(database, async (tx) => {
      const { rows } =
        await sql<Claimed>`update dnc_pull set owner = ${owner}, lease_until = ${LEASE}
        where dnc_list_id = (select dnc_list_id from dnc_pull where due_at <= clock_timestamp()
          and (lease_until is null or lease_until < ${STEADY_NOW}) order by due_at limit 1 for update skip locked)
        returning dnc_list_id, tenant_id, submission, clock_timestamp() as since`.execute(tx)
      const [row] = rows
      if (row === undefined) return null
      const about = { dncListId: row.dnc_list_id, tenantId: row.tenant_id, since: row.since, owner }
      if (row.submission !== null) {
        await sql`delete from dnc_pull_seen where submission = ${row.submission}::bigint`.execute(
          tx,
        )
        const found = await sql<{
          id: string
          request_id: string
        }>`select id, request_id from dnc_submission where number = ${row.submission}::bigint`.execute(
          tx,
        )
        const { id: submissionId, request_id: asked } = found.rows[0]!
        return { ...about, submissionId, number: row.submission, requestId: asked }
      }
      const tenantId = (await nextTenant(tx, row.dnc_list_id)) ?? row.tenant_id
      const begun = { ...about, tenantId, id, requestId, actor: 'gateway' }
      const { number } = await begin(tx, keyring, begun)
      await sql`update dnc_pull set submission = ${number}::bigint, begun = ${number}::bigint, tenant_id = ${tenantId}
        where dnc_list_id = ${row.dnc_list_id}`.execute(tx)
      return { ...about, tenantId, submissionId: id, number, requestId }
    })

/**
 * When the next pull is due. null: no time is set. The pull then begins when a caller requests it,
 * Genesys reports a change, a person resumes it, or `plan` sets a time.
 */
const after = (ms: number | null): RawBuilder<unknown> =>
  ms === null
    ? sql`'infinity'::timestamptz`
    : sql`clock_timestamp() + make_interval(secs => ${ms / 1000}::float8)`

const createGiveUp =
  ({ database, outbox }: Deps): DncPullStore['giveUp'] =>
  ({ number, dncListId, owner }, againInMs, held) =>
    inTransaction(database, async (tx) => {
      const { rows } =
        await sql`update dnc_pull set owner = null, lease_until = null, due_at = ${after(againInMs)}
        where dnc_list_id = ${dncListId} and owner = ${owner} returning dnc_list_id`.execute(tx)
      if (rows.length === 0 || held === null) return
      const submission = await holdSubmission(tx, number, held.reason)
      if (submission === null) return
      await appendAudit(tx, [held.audit])
      await outbox.tell(tx, [{ type: 'dnc.held', submission }])
    })

const { failed } = DNC_OUTCOMES

const createFinish =
  ({ database }: Deps): DncPullStore['finish'] =>
  (pull, { read, rejected, blank }, about) =>
    inTransaction(database, async (tx) => {
      const { number, dncListId, since } = pull
      await lockPull(tx, pull)
      // Marks an entry as absent if two conditions are met:
      // - before the export was requested, a removal or an override had ended the entry, here and
      //   in Genesys
      // - the export does not contain the person of the entry
      //
      // If a later export contains the person, the person was added in Genesys again.
      await sql`update dnc_entry e set absent = true from dnc_submission s, dnc_submission r
        where s.dnc_list_id = ${dncListId} and s.kind in ('add', 'pull') and e.submission = s.number
          and e.closed_by = r.number and r.applied_at < ${since} and not e.absent
          and e.outcome is distinct from ${failed}::int
          and not exists (select from dnc_pull_seen x where x.submission = ${number}::bigint and x.subject = e.subject)`.execute(
        tx,
      )
      await sql`delete from dnc_pull_seen where submission = ${number}::bigint`.execute(tx)
      // `created` also counts the people whom an interrupted try of this pull has added.
      const duplicates = sql`greatest(0, ${read - rejected - blank}::int - created)`
      await sql`update dnc_submission set reading = false, rejected = ${rejected}, duplicates = ${duplicates}, blank = ${blank},
          read = accepted + ${rejected + blank}::int + ${duplicates}, rejections = ${JSON.stringify(about.rejections)}::jsonb,
          source = ${JSON.stringify(about.source)}::jsonb, columns = ${JSON.stringify(about.columns)}::jsonb,
          notes = ${JSON.stringify(about.notes)}::jsonb, state = 'applying', hold_reason = null, held_since = null, told_hold = null, version = version + 1, updated_at = clock_timestamp()
        where number = ${number}::bigint`.execute(tx)
      // If a tenant has made no pull for a whole period, or none since the list changed in Genesys,
      // its pull is next.
      await sql`update dnc_pull set submission = null, owner = null, lease_until = null,
          due_at = case when exists (select from ${tenantsOfList(dncListId)}
              where coalesce(newest, 0) <= changed_after
                or ${about.nextInMs !== null} and (pulled_at is null or pulled_at < clock_timestamp() - make_interval(secs => ${(about.nextInMs ?? 0) / 1000}::float8)))
            then clock_timestamp() else ${after(about.nextInMs)} end
        where dnc_list_id = ${dncListId}`.execute(tx)
      await wakeLane(tx, dncListId)
      await appendAudit(tx, [about.audit])
    })

/**
 * The SQL store of pulls. A claimed pull is leased for 60 s by the database's clock: call `renew`
 * before this time is over.
 */
export const createPullStore = (deps: Deps): DncPullStore => {
  const { db } = deps.database
  const keys = createDataKeys(db, deps.keyring)
  return {
    ask: createAsk(deps),
    claim: createClaim(deps),
    finish: createFinish(deps),
    ...createPulledEntries(deps.database, keys.read),
    plan: async (periodMs) => {
      await sql`insert into dnc_pull (dnc_list_id, tenant_id, due_at)
        select l.dnc_list_id, s.tenant_id, ${after(periodMs)} from dnc_list_lane l
          cross join lateral (select tenant_id from dnc_submission where dnc_list_id = l.dnc_list_id order by number limit 1) s
        where not exists (select from dnc_pull p where p.dnc_list_id = l.dnc_list_id) on conflict do nothing`.execute(
        db,
      )
      await sql`update dnc_pull set due_at = ${after(periodMs)}
        where due_at = 'infinity' or due_at > ${after(periodMs)}`.execute(db)
    },
    renew: async ({ dncListId, owner }) => {
      const { rows } = await sql`update dnc_pull set lease_until = ${LEASE}
        where dnc_list_id = ${dncListId} and owner = ${owner} returning dnc_list_id`.execute(db)
      return rows.length === 1
    },
    giveUp: createGiveUp(deps),
  }
}
