import { sql, type RawBuilder } from 'kysely'

import { SUBSCRIPTIONS } from '../../domain/genesys-events/genesys-webhook.ts'
import type {
  SubscriptionState,
  SubscriptionStore,
  SubscriptionTarget,
} from '../../workflows/ports/genesys-events/subscriptions.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'

/**
 * For each event, the evidence that a subscription to it works. `route`: the webhooks that the
 * subscription causes. `work`: whether there is work that must have caused such a webhook. The work
 * began after `since`, and its end meets the condition `ended`.
 */
const EVIDENCE: Record<
  string,
  {
    route: RawBuilder<unknown>
    work: (since: RawBuilder<unknown>, ended: RawBuilder<unknown>) => RawBuilder<unknown>
  }
> = {
  [SUBSCRIPTIONS.event.eventType]: {
    route: sql`'event'`,
    work: (since, ended) => sql`exists (select from upload u
      where u.data_key is not null and u.rows_delivered > 0 and u.created_at > ${since} and u.completed_at ${ended})`,
  },
  [SUBSCRIPTIONS.dnc.eventType]: {
    route: sql`'dnc'`,
    work: (since, ended) => sql`exists (select from dnc_submission u
      where u.created > 0 and u.applied_at > statement_timestamp() - interval '1 day' and u.created_at > ${since} and u.applied_at ${ended})`,
  },
}

const evidenceOf = ({ eventType }: SubscriptionTarget) => {
  const evidence = EVIDENCE[eventType]
  if (evidence === undefined) throw new Error(`Nothing is known of the event ${eventType}`)
  return evidence
}

/** An event arrives at most this long after the end of its upload or submission. */
const EVENT_WITHIN = sql`interval '5 minutes'`
/** How long the claim of a dead instance stays unknown before it is checked again. */
const UNKNOWN_FOR = sql`interval '10 minutes'`

const seconds = (ms: number) => sql`make_interval(secs => ${ms / 1000}::float8)`

const isTarget = ({ eventType, digest }: SubscriptionTarget) =>
  sql`s.event_type = ${eventType} and s.target_digest = ${digest}
    and (s.api_host, s.client_id) = (select api_host, client_id from binding)`

/**
 * Settles claims without a result. They become unknown `staleAfterMs` after the attempt. An unknown
 * claim becomes registered if an event has arrived since the attempt.
 */
const settleUnknown = async (
  tx: Tx,
  target: SubscriptionTarget,
  staleAfterMs: number,
): Promise<void> => {
  await sql`update event_subscription s set state = 'unknown', next_at = clock_timestamp() + ${UNKNOWN_FOR}
    where ${isTarget(target)} and s.state = 'registering'
      and s.attempted_at < clock_timestamp() - ${seconds(staleAfterMs)}`.execute(tx)
  await sql`update event_subscription s set state = 'registered', next_at = null
    where ${isTarget(target)} and s.state = 'unknown'
      and exists (select from webhook_receipt r where r.route = ${evidenceOf(target).route} and r.received_at > s.attempted_at)`.execute(
    tx,
  )
}

/**
 * The wait between two subscriptions that were made because no event arrived. It doubles each time,
 * up to a day, because events may be missing for other reasons too.
 */
const BETWEEN_DOUBTS = sql`least(interval '10 minutes' * power(2, least(s.attempts, 16) - 1), interval '1 day')`

/**
 * If work has ended and no event has arrived since the work was accepted, Genesys may have lost the
 * subscription (a restarted sandbox, a deletion). The subscription then counts as unknown since the
 * last event, or since its last attempt if that was later.
 */
const doubt = async (tx: Tx, target: SubscriptionTarget): Promise<void> => {
  const { route, work } = evidenceOf(target)
  await sql`update event_subscription s set state = 'unknown', genesys_id = null,
      attempted_at = greatest(s.attempted_at, last.at),
      next_at = greatest(clock_timestamp(), s.attempted_at + ${BETWEEN_DOUBTS})
    from (select max(received_at) as at from webhook_receipt where route = ${route}) as last
    where ${isTarget(target)} and s.state = 'registered' and ${work(
      sql`greatest(s.attempted_at, last.at)`,
      sql`between greatest(s.attempted_at, last.at, statement_timestamp() - interval '1 day')
        and statement_timestamp() - ${EVENT_WITHIN}`,
    )}`.execute(tx)
}

/**
 * Claims a refused or an unknown subscription whose `next_at` has passed, to subscribe again. An
 * unknown one is claimed only if work has ended without its event.
 */
const claimAgain = async (tx: Tx, target: SubscriptionTarget): Promise<number | null> => {
  const { rows } = await sql<{
    attempts: number
  }>`update event_subscription s set state = 'registering',
      attempts = attempts + 1, attempted_at = clock_timestamp(), next_at = null
    where ${isTarget(target)} and s.next_at <= clock_timestamp() and (s.state = 'refused'
      or (s.state = 'unknown' and ${evidenceOf(target).work(
        sql`'-infinity'::timestamptz`,
        sql`between s.attempted_at and statement_timestamp() - ${EVENT_WITHIN}`,
      )}))
    returning attempts`.execute(tx)
  return rows[0]?.attempts ?? null
}

/** The SQL store of the subscriptions to Genesys' events. */
export const createSubscriptionStore = (deps: { database: Database }): SubscriptionStore => ({
  claim: (target, staleAfterMs) =>
    inTransaction(deps.database, async (tx) => {
      const made =
        await sql`insert into event_subscription (api_host, client_id, event_type, target_digest, state)
        select api_host, client_id, ${target.eventType}, ${target.digest}::bytea, 'registering' from binding
        on conflict do nothing returning event_type`.execute(tx)
      if (made.rows.length === 1) return { claimed: true, attempt: 1 }
      await settleUnknown(tx, target, staleAfterMs)
      await doubt(tx, target)
      const attempt = await claimAgain(tx, target)
      if (attempt !== null) return { claimed: true, attempt }
      const { rows } = await sql<{ state: SubscriptionState }>`
        select s.state from event_subscription s where ${isTarget(target)}`.execute(tx)
      if (!rows[0]) throw new Error('The store is not bound to a Genesys org')
      return { claimed: false, state: rows[0].state }
    }),
  forget: async () => {
    await sql`delete from event_subscription
      where (api_host, client_id) = (select api_host, client_id from binding)`.execute(
      deps.database.db,
    )
  },
  record: async (target, attempt, result) => {
    const genesysId = result.state === 'registered' ? result.genesysId : null
    const nextIn = result.state === 'registered' ? null : result.nextInMs / 1000
    await sql`update event_subscription s set state = ${result.state}, genesys_id = ${genesysId},
        next_at = clock_timestamp() + make_interval(secs => ${nextIn}::float8)
      where ${isTarget(target)} and s.attempts = ${attempt}::int and s.state in ('registering', 'unknown')`.execute(
      deps.database.db,
    )
  },
})
