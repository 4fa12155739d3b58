import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'

import { serverHome } from '../../support/databases/database.ts'
import { createFakeClock, fakeClockSkip } from '../../support/databases/fake-clock.ts'
import { type LaterStage, setLaterStage } from '../../support/databases/later-stage.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { fileClientOf } from '../../support/guest-files/file-client.ts'
import { createSegmentClient } from '../../support/segments/segment-stage.ts'
import { cleanFile } from '../../support/stages/contact-file.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEARS_5 = 5 * 365 * DAY
const LIST = 'demo-contacts'
const ROWS = 20
const VERSIONS = 5
/** In how many seconds the entry with an expiry ends. */
const ENDS_IN = DAY
const LONG = { timeout: 900_000 }

const clockSkip = fakeClockSkip()
const clock = clockSkip === false ? createFakeClock() : null
const server = serverHome({ env: clock?.env ?? {} })

/** The ids of what was made at the beginning. */
type Made = {
  upload: string
  csv: string
  key: string
  guestFile: string
  ended: string
  standing: string
  erasure: string
  apiKey: string
  /** How many contacts the register has. */
  known: number
  cookie: string
}

describe(
  'What docs/retention.md says, by the real clock',
  { skip: server.skip || clockSkip },
  () => {
    let at: LaterStage
    let made: Made
    before(async () => {
      const home = await server.fresh()
      assert.ok(home.kind === 'server' && clock !== null)
      at = await setLaterStage(home, clock)
    }, LONG)
    after(async () => {
      await at.close()
      await server.close()
      clock?.close()
    })

    const call = <T>(method: string, path: string, body?: object) =>
      at.gateway().client.call<T>(path, {
        method,
        headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    /** Requests an erasure with a key that is then revoked. Returns the ids of both. */
    const eraseAndRevoke = async () => {
      const key = { tenantId: 'default', name: 'erasure', scopes: ['erasure'] }
      const { body: made } = await call<{ id: string; key: string }>('POST', '/v1/keys', key)
      const { status, body, text } = await at
        .gateway()
        .client.call<{ id: string }>('/v1/erasures', {
          method: 'POST',
          headers: {
            authorization: `Bearer ${made.key}`,
            'content-type': 'application/json',
            'idempotency-key': randomUUID(),
          },
          body: JSON.stringify({ email: 'erased@example.com' }),
        })
      assert.equal(status, 202, text)
      assert.equal((await call('DELETE', `/v1/keys/${made.id}`)).status, 204)
      return { erasure: body.id, apiKey: made.id }
    }
    const make = async (path: string, body: object): Promise<string> => {
      const { status, body: answer, text } = await call<{ id: string }>('POST', path, body)
      assert.ok(status === 201 || status === 202, text)
      return answer.id
    }
    const statusOf = async (path: string): Promise<number> => (await call('GET', path)).status
    const ofUpload = (table: string): Promise<number> =>
      at.count(`${table} where upload_id = '${made.upload}'`)
    const versions = async (): Promise<number[]> => {
      const { body } = await createSegmentClient(at.gateway().client, 'demo-campaign').versions()
      return body.items.map(({ version }) => version).toSorted((a, b) => a - b)
    }
    const page = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(`${at.gateway().address}${path}`, { redirect: 'manual', ...init })
    const signIn = async (): Promise<string> => {
      const { headers } = await page('/console/sign-in', {
        method: 'POST',
        headers: { origin: at.gateway().address },
        body: new URLSearchParams({ key: ADMIN_KEY }),
      })
      return headers.get('set-cookie')!.split(';', 1)[0]!
    }
    const isSignedIn = async (): Promise<boolean> =>
      (await page('/console', { headers: { cookie: made.cookie } })).status === 200
    /** Verifies the whole chain. Returns the first block that is left. */
    const verified = async (): Promise<number> => {
      const path = '/v1/audit-entries/verification'
      const { body } = await call<{ ok: boolean; faults: object[]; firstBlock: number }>(
        'GET',
        path,
      )
      assert.deepEqual([body.ok, body.faults], [true, []])
      return body.firstBlock
    }
    const applySegments = async (): Promise<void> => {
      const segments = createSegmentClient(at.gateway().client, 'demo-campaign')
      for (let version = 1; version <= VERSIONS; version += 1) {
        const conditions = { attribute: 'city', operator: '!=', value: `nowhere-${version}` }
        const { status, text } = await segments.put({ contactListIds: [LIST], conditions })
        assert.equal(status, 202, text)
        assert.equal((await segments.ended()).state, 'applied')
      }
    }

    it('deletes a broken-off body 60 s after its last sign of life', LONG, async () => {
      const gateway = await at.start()
      const { csv } = cleanFile({ rows: 500, prefix: 'broken' })
      const begun = Promise.withResolvers<void>()
      const body = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from(csv)
        begun.resolve()
        await gateway.exited
      }
      const upload = gateway.client.upload(LIST, body()).catch(() => undefined)
      await begun.promise
      const receiving = `upload where state = 'receiving'`
      while ((await at.count(receiving)) === 0);
      // If the gateway died while it subscribed, no receipts would come for minutes.
      while ((await at.count(`event_subscription where state = 'registered'`)) < 2);
      await gateway.kill()
      await upload
      const alive = `${receiving} and heartbeat_at > clock_timestamp() - interval '60 seconds'`
      assert.equal(await at.count(alive), 1)
      await at.startLater(MINUTE + 1)
      // On a busy machine, the first sweeps may still see the former time.
      while ((await at.count(receiving)) > 0);
      await at.later(0)
    })

    it('keeps all of it at first', LONG, async () => {
      const { client } = at.gateway()
      const { csv } = cleanFile({ rows: ROWS, prefix: 'kept' })
      const key = randomUUID()
      const phone = /\+1\d{10}/u.exec(csv)![0]
      const sent = await client.upload(LIST, csv, { key })
      assert.equal((await client.finished(sent.body.id)).counts.delivered, ROWS)
      await at.stage.crm.message(({ data }) => data.uploadId === sent.body.id)
      const files = fileClientOf(at.gateway)
      const file = await files.send('a.txt', 'for a guest')
      assert.equal((await files.ended(file.body.id)).state, 'stored')
      await applySegments()
      const expiresAt = new Date(Date.now() + ENDS_IN * 1000).toISOString()
      const entries = '/v1/dnc-lists/demo-dnc/entries'
      made = {
        upload: sent.body.id,
        csv,
        key,
        guestFile: file.body.id,
        ended: await make(entries, { entries: [{ phoneNumber: phone, expiresAt }] }),
        standing: await make(entries, { entries: [{ email: 'nobody@example.com' }] }),
        ...(await eraseAndRevoke()),
        known: await at.count('contact_register'),
        cookie: await signIn(),
      }
      assert.ok(await isSignedIn())
      const retractions = `dnc_retraction where submission = (select number from dnc_submission where id = '${made.ended}')`
      while ((await at.count(`${retractions} and state <> 'open'`)) === 0);
      assert.ok((await at.count('webhook_receipt')) > 0)
      assert.equal(await at.count('guest_file_piece'), 0, 'bytes go when the file is stored')
      assert.equal(await at.count(`guest_file where data_key is not null`), 0)
      assert.equal(await verified(), 1)
    })

    it('ends a session of the console after half an hour without a page', LONG, async () => {
      await at.later(29 * MINUTE)
      assert.ok(await isSignedIn())
      await at.later(29 * MINUTE + 31 * MINUTE)
      assert.ok(!(await isSignedIn()))
      assert.equal(await at.count('console_session'), 1)
      await at.later(13 * HOUR)
      await signIn()
      assert.equal(await at.count('console_session'), 1, 'the next sign-in deletes the old one')
    })

    it('forgets answers and receipts of webhooks after seven days', LONG, async () => {
      const again = () => at.gateway().client.upload(LIST, made.csv, { key: made.key })
      await at.later(7 * DAY - HOUR)
      const replayed = await again()
      assert.equal(replayed.headers.get('idempotency-replayed'), 'true')
      assert.equal(replayed.body.id, made.upload)
      const old = `webhook_receipt where received_at < clock_timestamp() - interval '6 days'`
      assert.ok((await at.count(old)) > 0)
      await at.later(7 * DAY + HOUR)
      assert.equal(await at.count(old), 0)
      const taken = await again()
      assert.equal(taken.status, 202, taken.text)
      assert.notEqual(taken.body.id, made.upload)
    })

    it('shreds staged rows after 30 days', LONG, async () => {
      const path = `/v1/uploads/${made.upload}`
      await at.later(30 * DAY - HOUR)
      assert.equal(await statusOf(`${path}/rows`), 200)
      await at.later(30 * DAY + HOUR / 2)
      assert.deepEqual([await statusOf(`${path}/rows`), (await ofUpload('chunk')) > 0], [410, true])
      await at.later(30 * DAY + 2 * HOUR)
      assert.deepEqual([await statusOf(`${path}/rows`), await statusOf(path)], [410, 200])
      assert.equal(await ofUpload('chunk'), 0)
      assert.equal(await at.count(`upload where id = '${made.upload}' and data_key is null`), 1)
    })

    it(
      'deletes records of uploads, files, deliveries and old versions after 90 days',
      LONG,
      async () => {
        const records = async (): Promise<unknown[]> => [
          await statusOf(`/v1/uploads/${made.upload}`),
          await statusOf(`/v1/guest-files/${made.guestFile}`),
          (await ofUpload('batch')) > 0,
          (await at.count(`sync_delivery where object = '${made.upload}'`)) > 0,
          await versions(),
        ]
        await at.later(90 * DAY - HOUR)
        assert.deepEqual(await records(), [200, 200, true, true, [1, 2, 3, 4, 5]])
        await at.later(90 * DAY + HOUR)
        assert.deepEqual(await records(), [404, 404, false, false, [3, 4, 5]])
        assert.equal(
          await at.count(
            `shipment where not exists (select from batch where shipment_id = shipment.id)`,
          ),
          0,
        )
      },
    )

    it(
      'deletes a do-not-call submission five years after its last entry has ended',
      LONG,
      async () => {
        const submissions = async (): Promise<number[]> => [
          await statusOf(`/v1/dnc-submissions/${made.ended}`),
          await statusOf(`/v1/dnc-submissions/${made.standing}`),
        ]
        await at.later(ENDS_IN + YEARS_5 - HOUR)
        assert.deepEqual(await submissions(), [200, 200])
        assert.ok((await at.count('dnc_retraction')) > 0)
        await at.later(ENDS_IN + YEARS_5 + HOUR)
        assert.deepEqual(await submissions(), [404, 200], 'an entry that stands is kept')
        assert.equal(await at.count('dnc_retraction'), 0)
      },
    )

    it(
      'deletes audit entries after five years and some days, and the chain is verified',
      LONG,
      async () => {
        const entries = async (): Promise<number> => {
          const path = `/v1/audit-entries?object=${made.upload}&action=upload.accepted`
          return (await call<{ items: object[] }>('GET', path)).body.items.length
        }
        await at.later(5 * 366 * DAY - HOUR)
        assert.equal(await entries(), 1)
        assert.equal(await verified(), 1)
        await at.later(5 * 366 * DAY + HOUR)
        assert.equal(await entries(), 0)
        const pruned = async (): Promise<number> => {
          const { body } = await call<{ items: { details: { throughBlock: number } }[] }>(
            'GET',
            '/v1/audit-entries?action=audit.pruned',
          )
          return body.items.at(-1)?.details.throughBlock ?? 0
        }
        // The gateway chains the entry within a second.
        while ((await pruned()) === 0);
        assert.equal(await verified(), (await pruned()) + 1)
      },
    )

    it('keeps the register, receipts of erasures and revoked keys after all that', async () => {
      assert.equal(await at.count('contact_register'), made.known)
      assert.equal(await at.count(`erasure where id = '${made.erasure}'`), 1)
      assert.equal(await statusOf(`/v1/keys/${made.apiKey}`), 200)
    })
  },
)
