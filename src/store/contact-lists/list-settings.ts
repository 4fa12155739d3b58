import { sql } from 'kysely'

import type { QueueDefaults } from '../../domain/contact-lists/queue-options.ts'
import type { ListSettingsStore } from '../../workflows/ports/contact-lists/list-settings.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database } from '../homes/database.ts'

type Row = { queue: QueueDefaults }

/**
 * The SQL store of the tenants' settings for contact lists. A change is merged with the stored
 * settings in one statement, so of two changes at the same time neither is lost.
 */
export const createListSettings = ({ database }: { database: Database }): ListSettingsStore => ({
  read: async (tenantId, listId) => {
    const { rows } = await sql<Row>`select queue from list_setting
      where tenant_id = ${tenantId} and list_id = ${listId}`.execute(database.db)
    return { queue: rows[0]?.queue ?? {} }
  },
  change: ({ tenantId, listId, queue, audit }) =>
    inTransaction(database, async (tx) => {
      const given = JSON.stringify(queue)
      const { rows } = await sql<Row>`insert into list_setting as s (tenant_id, list_id, queue)
        values (${tenantId}, ${listId}, jsonb_strip_nulls(${given}::jsonb))
        on conflict (tenant_id, list_id) do update set queue = jsonb_strip_nulls(s.queue || ${given}::jsonb),
          changed_at = clock_timestamp() returning queue`.execute(tx)
      await appendAudit(tx, [audit])
      return { queue: rows[0]!.queue }
    }),
})
