import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import { embeddedHome, serverHome } from '../../support/databases/database.ts'
import { readApiDocument } from '../../support/fuzz/api-document.ts'
import { settled } from '../../support/fuzz/left-behind.ts'
import { ADMIN_KEY, reachableEnv } from '../../support/gateway/gateway-process.ts'
import { CANARIES, needlesFor } from '../../support/privacy/canaries.ts'
import { callEveryRoute } from '../../support/privacy/every-route.ts'
import { type Place, placesUnder, storedPlaces } from '../../support/privacy/places.ts'
import { createSearch } from '../../support/privacy/text-search.ts'
import { contactFile, liveThrough } from '../../support/privacy/whole-life.ts'
import { writtenForms } from '../../support/privacy/written-forms.ts'
import { setStage } from '../../support/stages/stage.ts'

/**
 * Secrets whose values nobody knows before the run: access tokens of Genesys, pre-signed URLs, and
 * tokens of callbacks.
 */
const UNKNOWN_SECRETS: Record<string, RegExp> = {
  'an access token of Genesys': /sandbox-[0-9a-f]{8}-[0-9a-f]{4}-4/u,
  'a pre-signed URL': /X-Amz-Signature(?:=|%3D)[0-9a-f]{16}/iu,
  "a callback's token": /[?&]token(?:=|%3D)[\w.-]{16}/iu,
}

const RUNS = [
  { home: embeddedHome(), dialect: 'guide' },
  { home: serverHome(), dialect: 'platform' },
] as const

describe('What is private', () => {
  test('is found by the search in every form in which it might be written', () => {
    const search = createSearch(needlesFor({}))
    for (const text of Object.values(CANARIES)) {
      for (const [form, bytes] of writtenForms(text)) {
        const places = [0, 1, 2, 3].map((at) =>
          Buffer.concat([Buffer.from('xyzw'.slice(0, at)), bytes, Buffer.from('zz')]),
        )
        for (const place of places) assert.notEqual(search(place).length, 0, `${text} as ${form}`)
      }
      for (const before of ['', 'a', 'ab']) {
        const encoded = Buffer.from(`${before}${text}z`).toString('base64')
        assert.notEqual(search(Buffer.from(encoded)).length, 0, `${text} after ${before}`)
      }
    }
    assert.deepEqual(search(Buffer.from('a line of a log that tells of nobody')), [])
  })

  for (const { home, dialect } of RUNS) {
    describe(`on the ${home.kind} home, in ${dialect}`, { skip: home.skip }, () => {
      after(() => home.close())

      test('no private value is in the clear in any log, metric, problem, document, file, dump or database, after every route, fault and kill', async (t) => {
        const place = await home.fresh()
        const [temporary, dataDir] = await Promise.all(
          ['gateway-tmp-', 'gateway-data-'].map((name) => mkdtemp(join(tmpdir(), name))),
        )
        const reachable: Record<string, string> = await reachableEnv()
        const env = {
          ...reachable,
          TMPDIR: temporary!,
          ...(place.kind === 'server' && { DATA_DIR: dataDir! }),
        }
        const stage = await setStage(place, dialect)
        try {
          const first = await stage.gateway(env)
          const life = await liveThrough(stage, first, dialect)
          const { operations } = readApiDocument()
          const routes = await callEveryRoute(first.client, operations)
          const metrics = (await first.client.call('/metrics')).text
          const document = (await first.client.call('/openapi.json')).text
          // The gateway is killed in the middle of a body, and of a delivery that Genesys does not
          // answer.
          stage.sandbox.setFaults([{ kind: 'timeout' }])
          const lastCall = stage.sandbox.requests().at(-1)
          const { body, text } = await first.client.upload('demo-contacts', contactFile('killed'))
          assert.equal(body.state, 'staged', text)
          await settled(
            () => stage.sandbox.requests().at(-1),
            (call) => call !== lastCall,
          )
          await first.kill()
          stage.sandbox.setFaults([])
          const second = await stage.gateway(env)
          await second.client.finished(body.id)
          await second.stop()

          const places: Place[] = [
            ['log', [...first.output, ...second.output].join('\n')],
            ['metrics', metrics],
            ...[...life.problems, ...routes.problems].map((text) => ['a problem', text]),
            ['document', document],
          ].map(([name, text]) => ({ name: name!, bytes: Buffer.from(text!) }))
          places.push(
            ...placesUnder(temporary!, 'TMPDIR'),
            ...placesUnder(dataDir!, 'DATA_DIR of the server home'),
            ...(await storedPlaces(place)),
          )
          const secrets = {
            ...life.secrets,
            'admin key': ADMIN_KEY,
            'secret of the CRM': stage.crm.secret,
            'secret of webhooks': reachable['WEBHOOK_SECRET']!,
          }
          const needles = needlesFor(secrets)
          const search = createSearch(needles)
          const found = places.flatMap(({ name, bytes }) => [
            ...search(bytes).map((finding) => {
              const around = bytes.subarray(Math.max(0, finding.at - 150), finding.at + 50)
              return `${name}: ${finding.name}: …${around.toString('latin1')}…`
            }),
            ...Object.entries(UNKNOWN_SECRETS).flatMap(([what, pattern]) =>
              pattern.test(bytes.toString('latin1')) ? [`${name}: ${what}`] : [],
            ),
          ])
          const size = places.reduce((sum, { bytes }) => sum + bytes.length, 0)
          t.diagnostic(
            `${Object.keys(CANARIES).length + Object.keys(secrets).length} canaries in ${needles.length} forms; ${routes.calls} calls of ${operations.length} operations, ${life.problems.length + routes.problems.length} problems; ${places.length} places, ${Math.round(size / 2 ** 20)} MiB; found in the clear: ${found.length}`,
          )
          assert.deepEqual(found, [])
          assert.ok(size > 2 ** 20 && routes.problems.length > operations.length)
          // What is no secret must be there. Otherwise, this test searched the wrong places.
          const log = places.find(({ name }) => name === 'log')!
          assert.ok(log.bytes.includes('"level":"debug"') && log.bytes.includes('http.answered'))
          assert.ok(places.some(({ bytes }) => bytes.includes('demo-contacts')))
        } finally {
          await stage.close()
          await Promise.all(
            [temporary!, dataDir!].map((path) => rm(path, { recursive: true, force: true })),
          )
        }
      })
    })
  }
})
