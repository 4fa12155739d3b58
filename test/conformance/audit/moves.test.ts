import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import {
  AUDIT_ACTIONS,
  AUDIT_DETAILS,
  type AuditAction,
} from '../../../src/domain/audit/audit-details.ts'
import { DNC_TRANSITIONS } from '../../../src/domain/do-not-call/dnc-submission.ts'
import { GUEST_FILE_STATES } from '../../../src/domain/guest-files/guest-file.ts'
import { SEGMENT_TRANSITIONS } from '../../../src/domain/segments/campaign-segment.ts'
import { UPLOAD_TRANSITIONS } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'

type Table = {
  name: string
  room: string
  key: string
  reason: string
  moves: Record<string, readonly string[]>
}

const TABLES: Table[] = [
  { name: 'upload', room: 'upload', key: 'id', reason: 'list_error', moves: UPLOAD_TRANSITIONS },
  {
    ...{ name: 'segment_version', room: 'segment', key: 'campaign_id' },
    ...{ reason: 'campaign_busy', moves: SEGMENT_TRANSITIONS },
  },
  {
    ...{ name: 'dnc_submission', room: 'dnc', key: 'id' },
    ...{ reason: 'genesys_unavailable', moves: DNC_TRANSITIONS },
  },
  {
    ...{ name: 'guest_file', room: 'guest_file', key: 'id', reason: 'genesys_unavailable' },
    moves: Object.fromEntries(
      Object.entries(GUEST_FILE_STATES).map(([state, { next }]) => [state, next]),
    ),
  },
]

/**
 * States whose entry the code itself writes, in the same transaction: an upload that is accepted,
 * and one that ends with its counts.
 */
const BY_CODE = new Set(['staged', 'completed', 'completed_with_errors'])
const isByCode = ({ room }: Table, from: string, to: string): boolean =>
  room === 'upload' && BY_CODE.has(to) && (to !== 'staged' || from === 'receiving')

/**
 * Makes each move of each state table on a row of a copy of the table, which has only the columns
 * and the triggers. So only one thing decides: whether the database writes an entry for every
 * change of a state, whatever made the change.
 */
eachHome('Changes of state in the audit trail', (home) => {
  let store: Store
  const run = async <T>(text: string): Promise<T[]> =>
    (await store.sql.executeSql(text)).rows as T[]
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  const copyOf = async ({ name }: Table): Promise<void> => {
    await run(`drop table if exists moving; create table moving (like ${name}); `)
    const columns = await run<{ attname: string }>(
      `select attname from pg_attribute where attrelid = 'moving'::regclass and attnum > 0 and attnotnull`,
    )
    for (const { attname } of columns) {
      await run(`alter table moving alter column "${attname}" drop not null`)
    }
    const [trigger] = await run<{ definition: string }>(
      `select pg_get_triggerdef(oid) as definition from pg_trigger where tgrelid = '${name}'::regclass and tgname = '${name}_moved'`,
    )
    await run(trigger!.definition.replace(` ON public.${name} `, ' ON moving '))
  }

  it('are one entry each, for every move in the tables of states', async (t) => {
    let moves = 0
    for (const table of TABLES) {
      await copyOf(table)
      for (const [from, targets] of Object.entries(table.moves)) {
        for (const to of targets) {
          const id = `obj_${(moves += 1)}`
          const hold = (state: string) => (state === 'held' ? `'${table.reason}'` : 'null')
          await run(
            `insert into moving (${table.key}, tenant_id, request_id, state, hold_reason) values ('${id}', 'default', 'req', '${from}', ${hold(from)})`,
          )
          await run(
            `update moving set state = '${to}', hold_reason = ${hold(to)} where ${table.key} = '${id}'`,
          )
          const entries = await run<{ id: string; action: AuditAction; details: object }>(
            `select id, action, details from audit_entry where object = '${id}'`,
          )
          const where = `${table.name}: ${from} to ${to}`
          if (isByCode(table, from, to)) {
            assert.deepEqual(entries, [], where)
            continue
          }
          assert.equal(entries.length, 1, where)
          const [{ id: entryId, action, details }] = entries as [(typeof entries)[0]]
          assert.match(entryId, /^aud_[0-9a-f]{12}7[0-9a-f]{19}$/u)
          assert.ok(action.startsWith(`${table.room}.`), action)
          assert.ok(AUDIT_ACTIONS.includes(action), action)
          const reason = [from, to].includes('held') ? table.reason : null
          assert.deepEqual(AUDIT_DETAILS[action].parse(details), { from, to, reason }, where)
        }
      }
    }
    t.diagnostic(`${moves} moves of ${TABLES.length} tables`)
  })

  it('name the hold that begins where one follows the other, and nothing where nothing changed', async () => {
    await copyOf(TABLES[0]!)
    await run(
      `insert into moving (id, tenant_id, request_id, state, hold_reason) values ('held', 'default', 'req', 'held', 'list_error')`,
    )
    await run(`update moving set state = 'held', hold_reason = 'list_error'`)
    await run(`update moving set hold_reason = 'refusals'`)
    const entries = await run<{ details: object }>(
      `select details from audit_entry where object = 'held'`,
    )
    assert.deepEqual(entries, [{ details: { from: 'held', to: 'held', reason: 'refusals' } }])
  })
})
