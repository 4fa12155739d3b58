import { sql } from 'kysely'

import type { Database } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import type { SegmentRow } from './segment-row.ts'

/** How many rows one round seals. A definition has at most 256 KiB. */
const LOT = 100

type Clear = Pick<SegmentRow, 'campaign_id' | 'version' | 'content' | 'analysis'>

/**
 * Seals the rules of versions that were stored before rules were sealed. After an interruption the
 * next start continues. Instances that start together may seal the same row. This is safe, because
 * they seal the same rules.
 */
export const sealSegments = async (database: Database, seals: Seals): Promise<void> => {
  for (;;) {
    const { rows } =
      await sql<Clear>`select campaign_id, version, content, analysis from segment_version
      where sealed is null limit ${LOT}`.execute(database.db)
    if (rows.length === 0) return
    for (const { campaign_id: campaignId, version, content, analysis } of rows) {
      const rules = JSON.stringify({ ...content, analysis })
      const sealed = seals.sealSegment({ campaignId, version }, rules)
      await sql`update segment_version set sealed = ${sealed}, content = null, analysis = null
        where campaign_id = ${campaignId} and version = ${version} and sealed is null`.execute(
        database.db,
      )
    }
  }
}
