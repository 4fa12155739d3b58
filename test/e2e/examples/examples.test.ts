import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { Webhook } from 'standardwebhooks'

import { DEMO_LISTS } from '../../../src/sandbox/state/demo-lists.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import {
  type Language,
  LANGUAGES,
  missingTools,
  type Program,
  startExample,
} from '../../support/gateway/example-programs.ts'
import { type Mishap, startFlakyProxy } from '../../support/gateway/flaky-proxy.ts'
import { freePort } from '../../support/gateway/free-port.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

/**
 * Runs the programs of examples/ as a reader does who copies them, against one gateway and one
 * sandbox, over a network that loses calls and answers. Each language has its own list, campaign
 * and do-not-call list, so that the languages do not disturb each other.
 */
const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'examples')
const [{ columns }] = DEMO_LISTS as [(typeof DEMO_LISTS)[number]]
const RECEIVERS = { node: 'crm', python: 'compliance' } as const

type Receiver = Program & { language: keyof typeof RECEIVERS; url: string; secret: string }
type UploadView = { id: string; state: string; counts: Record<string, number> }

describe('The examples do what they say', { skip: missingTools(), concurrency: true }, () => {
  const home = embeddedHome()
  const folder = mkdtempSync(join(tmpdir(), 'examples-'))
  const proxies: { close(): Promise<void> }[] = []
  const receivers: Receiver[] = []
  let stage: Stage
  let gateway: RunningGateway

  before(async () => {
    const env: Record<string, string> = {}
    for (const language of ['node', 'python'] as const) {
      const receiver = await startReceiver(language)
      receivers.push(receiver)
      const name = RECEIVERS[language].toUpperCase()
      env[`${name}_SYNC_URL`] = `${receiver.url}/from-the-gateway`
      env[`${name}_SYNC_SECRET`] = receiver.secret
    }
    stage = await setStage(await home.fresh(), 'guide')
    for (const language of Object.keys(LANGUAGES)) {
      stage.sandbox.makeList({ id: `of-${language}`, name: language, columns })
      stage.sandbox.makeCampaign({
        ...{ id: `of-${language}`, name: language, contactListId: `of-${language}` },
      })
      stage.sandbox.makeDncList({ id: `of-${language}`, name: language })
    }
    gateway = await stage.gateway(env)
    await Promise.all(receivers.map(({ line }) => line(/^Listening/)))
  })
  after(async () => {
    for (const receiver of receivers) await receiver.kill()
    await Promise.all(proxies.map((proxy) => proxy.close()))
    await stage?.close()
    await home.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const startReceiver = async (language: Receiver['language']): Promise<Receiver> => {
    const port = await freePort()
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    const program = startExample(language, 'receive-webhooks', [], {
      ...{ WEBHOOK_SECRET: secret, PORT: String(port) },
    })
    return { ...program, language, url: `http://127.0.0.1:${port}`, secret }
  }

  const networkWith = async (mishaps: Record<string, Mishap[]>) => {
    const proxy = await startFlakyProxy(gateway.address, mishaps)
    proxies.push(proxy)
    return proxy
  }

  /** A copy of an example's file, for one language only. */
  const copyOf = (name: string, language: Language): string => {
    const copy = join(folder, `${language}-${name}`)
    copyFileSync(join(EXAMPLES, name), copy)
    return copy
  }

  const run = (language: Language, name: string, args: readonly string[], url: string): Program =>
    startExample(language, name, args, {
      ...{ GATEWAY_URL: url, GATEWAY_KEY: ADMIN_KEY, TMPDIR: folder },
    })

  const endsWell = async ({ ended, lines }: Program): Promise<string> => {
    assert.equal(await ended, 0, lines.join('\n'))
    return lines.join('\n')
  }

  const readsOf = async (path: string) =>
    (await gateway.client.call<{ items: UploadView[] }>(path)).body

  for (const language of Object.keys(LANGUAGES) as Language[]) {
    test(`${language}: an upload arrives once, over lost answers and a kill`, async () => {
      const file = copyOf('contacts.csv', language)
      const network = await networkWith({ POST: ['lose', 'cut', 429, 503], events: ['breakOff'] })
      const killed = run(language, 'upload', [`of-${language}`, file], network.url)
      await network.met('lose')
      await killed.kill()
      const again = run(language, 'upload', [`of-${language}`, file], network.url)
      const printed = await endsWell(again)

      const { items } = await readsOf(`/v1/uploads?contactListId=of-${language}`)
      assert.equal(items.length, 1, 'one upload, whatever was lost')
      assert.match(printed, new RegExp(`completed`))
      assert.ok(again.lines.includes(items[0]!.id), printed)
      assert.equal(items[0]!.counts['delivered'], 13)
      const sent = network.calls.filter(({ method }) => method === 'POST')
      assert.deepEqual(
        sent.map(({ mishap }) => mishap),
        ['lose', 'cut', 429, 503, null],
      )
      assert.equal(new Set(sent.map(({ key }) => key)).size, 1, 'one key for every attempt')
      assert.match(readFileSync(`${file}.rejected.csv`, 'utf8'), /_line,_outcome,_code,_reason/)
      assert.ok(!existsSync(`${file}.idempotency-key`), 'the next file gets a new key')
    })

    test(`${language}: do-not-call entries suppress once, and rejected ones are shown`, async () => {
      const file = copyOf('entries.csv', language)
      // A quarantined entry suppresses too. It waits only for its release to Genesys.
      appendFileSync(file, '+390612345678,,,\n')
      const network = await networkWith({ POST: ['lose'], GET: [503] })
      const printed = await endsWell(
        run(language, 'do-not-call', [`of-${language}`, file], network.url),
      )
      assert.match(printed, /^dns_\S+: 3 entries suppress$/m)
      assert.match(printed, /^line 4: phone-region-missing/m)
      const { items } = await readsOf(`/v1/dnc-submissions?dncListId=of-${language}`)
      assert.deepEqual(
        items.map(({ state }) => state),
        ['applied_with_errors'],
      )
    })

    test(`${language}: a segment is one version, and is applied`, async () => {
      const file = copyOf('segment.json', language)
      const definition = readFileSync(file, 'utf8').replace('demo-contacts', `of-${language}`)
      writeFileSync(file, definition)
      const network = await networkWith({ PUT: ['lose'] })
      const printed = await endsWell(
        run(language, 'segment', [`of-${language}`, file], network.url),
      )
      assert.match(printed, /house-exclusion-missing/)
      assert.match(printed, /^version 1 is applied$/m)
      const { items } = await readsOf(`/v1/campaigns/of-${language}/segment/versions`)
      assert.equal(items.length, 1)
    })

    test(`${language}: a refusal is shown as it is, and nothing is tried again`, async () => {
      const file = copyOf('contacts.csv', language).replace('contacts', 'refused')
      writeFileSync(file, 'customerId,unknown\nC-1,x\n')
      const network = await networkWith({})
      const program = run(language, 'upload', [`of-${language}`, file], network.url)
      assert.equal(await program.ended, 1)
      assert.match(program.lines.join('\n'), /schema-drift|columns-missing/)
      assert.equal(network.calls.length, 1)
    })
  }

  for (const language of ['node', 'python'] as const) {
    test(`${language}: webhooks are verified, and each is handled once`, async () => {
      const receiver = receivers.find((candidate) => candidate.language === language)!
      const event =
        language === 'node' ? /^upload\.completed upl_\S+ completed/ : /^dnc\.applied dns_/
      await receiver.line(event)
      const send = async (id: string, secrets: readonly string[], sentAt = new Date()) => {
        const body = JSON.stringify({
          type: 'upload.completed',
          timestamp: sentAt.toISOString(),
          data: { uploadId: `upl_${id}`, state: 'completed', version: 7 },
        })
        const answer = await fetch(receiver.url, {
          method: 'POST',
          headers: {
            'webhook-id': id,
            'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
            'webhook-signature': secrets
              .map((secret) => new Webhook(secret).sign(id, sentAt, body))
              .join(' '),
          },
          body,
        })
        return answer.status
      }
      const other = `whsec_${randomBytes(32).toString('base64')}`
      assert.equal(await send('forged', [other]), 401)
      assert.equal(await send('old', [receiver.secret], new Date(Date.now() - 600_000)), 401)
      assert.equal(await send('rotated', [other, receiver.secret]), 204)
      assert.equal(await send('rotated', [receiver.secret]), 204)
      await receiver.line(/upl_rotated/)
      const about = receiver.lines.filter((line) => /forged|old|rotated/.test(line))
      assert.deepEqual(about, ['upload.completed upl_rotated completed'])
    })
  }

  test('curl: a recorded webhook is verified by hand', async () => {
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    const body = join(folder, 'message.json')
    writeFileSync(body, '{"type":"upload.completed","data":{}}')
    const sentAt = new Date(0)
    const right = new Webhook(secret).sign('msg_1', sentAt, readFileSync(body, 'utf8'))
    const verify = (id: string, signatures: string): Program =>
      startExample('curl', 'verify-webhook', [id, '0', signatures, body], {
        WEBHOOK_SECRET: secret,
      })
    assert.match(await endsWell(verify('msg_1', `v1,b3RoZXI= ${right}`)), /holds/)
    assert.equal(await verify('msg_2', right).ended, 1)
  })
})
