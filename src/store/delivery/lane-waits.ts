import { sql } from 'kysely'

import type { LaneWait, Upload } from '../../domain/uploads/upload.ts'
import type { DeliveryStore } from '../../workflows/ports/delivery/delivery.ts'
import type { Database, Db } from '../homes/database.ts'
import { isLaneState, LANE_STATES_SQL } from '../uploads/upload-row.ts'

/**
 * How long a reported reason for waiting counts. The holder reports the reason again at each call
 * that fails, and every minute while it waits for its next call. A call lasts up to a minute.
 */
const BELIEVED_SECONDS = 180

/**
 * Stores what a lane waits for. The update compares the fence, but the lane is not locked first,
 * because nothing depends on the reason. A reason counts until the holder reports another reason or
 * none. It never counts longer than `BELIEVED_SECONDS` after its last report.
 */
export const createLaneWaits = ({ db }: Database): Pick<DeliveryStore, 'noteWait'> => ({
  noteWait: async ({ key, owner, fence }, reason) => {
    const until = sql`clock_timestamp() + make_interval(secs => ${BELIEVED_SECONDS}::float8)`
    await sql`update lane set waits_for = ${reason}::text,
        waits_since = case when ${reason}::text is null then null
          when waits_for = ${reason}::text and waits_until > clock_timestamp() then waits_since
          else clock_timestamp() end,
        waits_until = case when ${reason}::text is not null then ${until} end
      where key = ${key} and owner = ${owner} and fence = ${fence}::bigint`.execute(db)
  },
})

type WaitRow = { id: string; reason: LaneWait; since: Date }

/**
 * Adds to each waiting upload what it waits for in its lane: the reason that the lane's holder
 * reported, or the uploads before it. Runs one statement. If no upload is in a lane, runs none.
 */
export const withWaits = async (db: Db, uploads: readonly Upload[]): Promise<Upload[]> => {
  const ids = uploads.filter(({ state }) => isLaneState(state)).map(({ id }) => id)
  if (ids.length === 0) return [...uploads]
  const { rows } = await sql<WaitRow>`select u.id,
      coalesce(waiting.reason, 'earlier_uploads') as reason, coalesce(waiting.since, u.created_at) as since
    from upload u left join lateral (select waits_for as reason, waits_since as since from lane
      where key = u.lane_key and waits_until > clock_timestamp()) as waiting on true
    where u.id = any(${ids}::text[]) and (waiting.reason is not null or (u.state = 'staged' and exists (
      select from upload before where before.lane_key = u.lane_key and before.accepted_seq < u.accepted_seq
        and before.state in (${LANE_STATES_SQL}))))`.execute(db)
  const waits = new Map(rows.map(({ id, reason, since }) => [id, { reason, since }]))
  return uploads.map((upload) => {
    const wait = waits.get(upload.id)
    if (wait === undefined) return upload
    return { ...upload, waitingFor: { reason: wait.reason, since: wait.since.toISOString() } }
  })
}
