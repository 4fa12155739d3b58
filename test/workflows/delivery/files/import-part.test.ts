import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../../src/domain/genesys/genesys-failure.ts'
import type {
  ImportEvent,
  ImportStatus,
} from '../../../../src/workflows/ports/delivery/contact-files.ts'
import { asFile, makeChunk } from '../../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../../../support/memory/memory-genesys.ts'
import { deliveryOver } from '../../../support/stages/delivery-run.ts'
import { createLeapingClock } from '../../../support/stages/test-clock.ts'

const statusOf = (about: Partial<ImportStatus>): ImportStatus => ({
  state: 'completed',
  total: 0,
  completed: 0,
  percent: 100,
  failureReason: null,
  ...about,
})
const OLD = statusOf({ total: 50, completed: 50 })

/**
 * A list on which an import of 50 records ended before. `during`: the statuses after each start.
 * The last one is repeated.
 */
const setUp = (
  during: readonly ImportStatus[],
  events: () => ImportEvent[] = () => [],
  before: readonly ImportStatus[] = [OLD],
  refused: readonly string[] = [],
) => {
  const chunks = [makeChunk(0, ['a', 'b']), makeChunk(1, ['c'])]
  const store = createMemoryDelivery(chunks, asFile(chunks))
  const genesys = createMemoryGenesys()
  const clock = createLeapingClock()
  const never = new AbortController()
  const files: string[] = []
  /** For each read of the status: whether the lane had stepped aside for other lanes. */
  const looks: ('aside' | 'worked')[] = []
  let asides = 0
  let now = [...before]
  let left = before.length
  const { run } = deliveryOver(
    { store, genesys, clock },
    {
      contactReads: {
        readContacts: async (_listId, ids) =>
          new Map(
            ids.flatMap((id) => {
              const note = genesys.contacts.get(id)
              return note === undefined ? [] : [[id, { id, note }]]
            }),
          ),
      },
      contactFiles: {
        ...genesys.contactFiles,
        sendFile: null,
        sendCallbackFile: null,
        startImport: async ({ csv, contactIdColumn }) => {
          files.push(`${contactIdColumn}: ${csv.toString()}`)
          left = now.length - 1
          now = [...during]
        },
        readImport: async () => {
          looks.push(asides > 0 ? 'aside' : 'worked')
          const shown = now.length > 1 ? now.shift()! : now[0]!
          if (files.length > 0 && shown === DONE) {
            for (const id of ['a', 'b', 'c'])
              if (!refused.includes(id)) genesys.contacts.set(id, 'a')
          }
          return shown
        },
        readImportEvents: async () => (files.length === 0 ? [] : events()),
      },
    },
  )
  const lease = {
    signal: never.signal,
    rest: never.signal,
    assertHeld: () => undefined as void,
    nudges: { take: () => false, next: () => never.signal },
    aside: async <T>(wait: () => Promise<T>): Promise<T> => {
      asides += 1
      return wait().finally(() => {
        asides -= 1
      })
    },
  }
  return {
    store,
    genesys,
    files,
    looks,
    clock,
    left: () => left,
    run: () => run(lease),
  }
}

const RUNNING = statusOf({ state: 'in_progress', total: 3, completed: 1, percent: 33 })
const DONE = statusOf({ total: 3, completed: 3 })

describe('a file as an import of the platform', () => {
  it('has a header and names the column of the contact id', async () => {
    const t = setUp([RUNNING, DONE])
    await t.run()
    assert.deepEqual(t.files, ['id: id,note\r\na,a\r\nb,a\r\nc,a'])
    assert.deepEqual([t.store.upload.state, t.store.upload.counts.delivered], ['completed', 3])
    assert.equal(t.store.register.size, 3)
  })

  it('does not take the end of the import before for its own', async () => {
    const t = setUp([OLD, OLD, OLD, RUNNING, RUNNING, DONE])
    const before = t.clock.monotonicMs()
    await t.run()
    assert.equal(t.store.upload.state, 'completed')
    assert.ok(t.clock.monotonicMs() - before > 5_000, 'it did not wait')
    assert.equal(t.files.length, 1)
  })

  it('is waited for aside from the first look to the last, so that no turn ends amid it and sends it again', async () => {
    const t = setUp([OLD, RUNNING, RUNNING, DONE])
    await t.run()
    assert.ok(t.looks.length >= 5)
    assert.deepEqual([...new Set(t.looks)], ['aside'])
  })

  it('takes a status that moved to another number of records for somebody else’s', async () => {
    const theirs = statusOf({ total: 9, completed: 9 })
    const t = setUp([{ ...RUNNING, total: 9 }, theirs])
    await t.run()
    assert.equal(t.files.length, 2)
    assert.equal(t.store.upload.hold?.reason, 'import_unproven')
  })

  it('fails the rows that the list does not show, with the code that all errors agree on', async () => {
    const event = (rowCode: ImportEvent['rowCode'], level: ImportEvent['level'] = 'error') => ({
      at: new Date('2099-03-01T12:00:00Z'),
      code: `import_${rowCode}`,
      rowCode,
      level,
    })
    const phone = event('genesys-phone-invalid')
    for (const [events, code] of [
      [[phone, phone, event('genesys-email-invalid', 'warning')], 'genesys-phone-invalid'],
      [[phone, event('genesys-email-invalid')], 'genesys-row-not-imported'],
      [[phone, event('contact-list-full')], 'contact-list-full'],
      [[], 'genesys-row-not-imported'],
    ] as const) {
      const t = setUp([RUNNING, DONE], () => [...events], [OLD], ['b'])
      await t.run()
      const { delivered, failed } = t.store.upload.counts
      assert.deepEqual([delivered, failed], [2, 1])
      assert.deepEqual(
        t.store.results.map((row) => [row.line, row.code]),
        [[3, code]],
      )
      assert.deepEqual([...t.store.register.keys()], ['a', 'c'])
      assert.equal(t.store.upload.problem, null)
    }
  })

  it('fails the rows of an import that failed, with its reason', async () => {
    const failureReason = 'import_too_many_rows'
    const t = setUp([RUNNING, statusOf({ state: 'failed', percent: 10, failureReason })])
    await t.run()
    assert.equal(t.store.upload.counts.failed, 3)
    assert.deepEqual(
      t.store.results.map(({ code, said }) => [code, said]),
      Array.from({ length: 3 }, () => ['genesys-import-failed', failureReason]),
    )
  })

  it('holds the upload when the import failed for the columns, and sends it again when it is resumed', async () => {
    const failureReason = 'contact_columns_limit_exceeded'
    const failed = statusOf({ state: 'failed', percent: 10, failureReason })
    const during = [RUNNING, failed]
    const t = setUp(during)
    await t.run()
    const { hold, problem, counts } = t.store.upload
    assert.deepEqual([hold?.reason, problem?.code, counts.failed], ['refusals', 'schema-drift', 0])
    assert.match(problem?.detail ?? '', /contact_columns_limit_exceeded/)
    t.store.upload = { ...t.store.upload, state: 'delivering', hold: null }
    during.splice(0, during.length, RUNNING, DONE)
    await t.run()
    assert.equal(t.store.upload.counts.delivered, 3)
    assert.equal(t.files.length, 2)
  })

  it('waits for an import that is under way before it begins its own', async () => {
    const t = setUp([RUNNING, DONE], () => [], [
      { ...RUNNING, total: 9 },
      { ...RUNNING, total: 9 },
      OLD,
    ])
    await t.run()
    assert.deepEqual([t.files.length, t.left()], [1, 0])
    assert.equal(t.store.upload.state, 'completed')
  })

  it('fails the upload when the place refuses the file for good', async () => {
    const refused = new GenesysFailure('refused', 'put-contact-file')
    const run = setUp([DONE])
    run.files.push = () => {
      throw refused
    }
    await run.run()
    assert.equal(run.store.upload.state, 'failed')
    assert.equal(run.store.upload.problem?.code, 'genesys-refused')
  })
})
