/**
 * `npm run console:screenshots`: a picture of each page of the console, of a gateway on the sandbox
 * that has something to show, into `docs/images`. Look at each of them after a change of a template
 * or of the sheet; the one of README is committed.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { embeddedHome } from '../databases/database.ts'
import { createGatewayClient } from '../gateway/gateway-client.ts'
import { ADMIN_KEY, startGateway } from '../gateway/gateway-process.ts'
import { openTab, signIn, startBrowser } from './browser.ts'

const IMAGES = join(import.meta.dirname, '..', '..', '..', 'docs', 'images')
const LIST = 'demo-contacts'

const fileOf = (prefix: string, good: number, faulty: number): string =>
  [
    'customerId,firstName,lastName,phoneNumber,email,city',
    ...Array.from(
      { length: good },
      (_, at) =>
        `${prefix}-${at},Ada,Lovelace,+1212555${String(at % 10_000).padStart(4, '0')},,Bonn`,
    ),
    ...Array.from({ length: faulty }, (_, at) => `${prefix}-x${at},Bob,Brown,12,,Bonn`),
    ',Cy,Young,+12125550123,,Bonn',
  ].join('\n')

const home = embeddedHome()
const fresh = await home.fresh()
// Without credentials: Genesys is the sandbox of the process, and every page says so.
const gateway = await startGateway(fresh.kind === 'embedded' ? { DATA_DIR: fresh.dataDir } : {})
const client = createGatewayClient(gateway.address, ADMIN_KEY)
const browser = await startBrowser()
try {
  const upload = async (
    name: string,
    good: number,
    faulty: number,
    query = '',
  ): Promise<string> => {
    const asked = `fileName=${name}${query}`
    const { body } = await client.upload(LIST, fileOf(name.slice(0, 3), good, faulty), {
      query: asked,
    })
    return body.id
  }
  const spring = await upload('spring-campaign.csv', 4_000, 9)
  await client.finished(spring)
  await client.finished(await upload('renewals-november.csv', 1_200, 0))
  const plan = await upload('win-back.csv', 800, 3, '&apply=manual')
  await upload('callbacks-monday.csv', 300, 0, '&notBefore=2099-01-05T08:00:00Z')
  const put = async (method: string, path: string, body: object, key: string) =>
    client.call<{ id: string }>(path, {
      method,
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    })
  const endpoint = await put(
    'POST',
    '/v1/webhook-endpoints',
    {
      ...{ name: 'billing', url: 'https://hooks.example.com/genesys' },
      events: ['upload.completed', 'upload.failed'],
    },
    'endpoint',
  )
  await client.call(`/v1/webhook-endpoints/${endpoint.body.id}/test`, { method: 'POST' })
  const tenant = await put(
    'POST',
    '/v1/tenants',
    {
      ...{ name: 'shop', grants: { contactLists: [LIST] } },
      quotas: { rowsPerDay: 50_000, openUploads: 10, requestsPerMinute: null },
    },
    'tenant',
  )
  const key = await put(
    'POST',
    '/v1/keys',
    {
      ...{ tenantId: tenant.body.id, name: 'nightly-export' },
      ...{ scopes: ['uploads', 'dnc'], expiresAt: '2099-01-01T00:00:00Z' },
    },
    'key',
  )
  await put(
    'PUT',
    '/v1/campaigns/demo-campaign/segment',
    {
      contactListIds: [LIST],
      conditions: {
        any: [
          { attribute: 'city', operator: 'in', values: ['Bonn', 'Rome'] },
          {
            all: [
              { attribute: 'lastName', operator: '=', value: 'Lovelace' },
              { not: { attribute: 'firstName', operator: '=', value: 'Bob' } },
            ],
          },
        ],
      },
      exclusions: [{ attribute: 'city', operator: '=', value: 'Paris' }],
    },
    'segment',
  )
  await mkdir(IMAGES, { recursive: true })
  const { page } = await openTab(browser, { viewport: { width: 1200, height: 800 } })
  const dark = await openTab(browser, {
    viewport: { width: 390, height: 800 },
    colorScheme: 'dark',
  })
  await page.goto(`${gateway.address}/`)
  await page.screenshot({ path: join(IMAGES, 'console-sign-in.png') })
  await signIn(page, gateway.address, ADMIN_KEY)
  await signIn(dark.page, gateway.address, ADMIN_KEY)
  const pages: Record<string, string> = {
    overview: '/console',
    uploads: '/console/uploads',
    upload: `/console/uploads/${spring}`,
    plan: `/console/uploads/${plan}`,
    rows: `/console/uploads/${spring}/rows?outcome=rejected`,
    fix: `/console/uploads/${plan}/rows/fix`,
    people: '/console/people',
    'do-not-call': '/console/do-not-call',
    segments: '/console/segments',
    segment: '/console/segments/demo-campaign',
    'segment-edit': '/console/segments/demo-campaign/edit',
    'guest-files': '/console/guest-files',
    endpoints: '/console/endpoints',
    endpoint: `/console/endpoints/${endpoint.body.id}`,
    keys: '/console/access',
    key: `/console/access/keys/${key.body.id}`,
    tenants: '/console/access/tenants',
    tenant: `/console/access/tenants/${tenant.body.id}`,
    audit: '/console/audit',
    limits: '/console/limits',
    problem: '/console/uploads/upl_unknown',
  }
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(gateway.address + path)
    await page.screenshot({ path: join(IMAGES, `console-${name}.png`), fullPage: true })
    await dark.page.goto(gateway.address + path)
    await dark.page.screenshot({
      path: join(IMAGES, `console-${name}-narrow-dark.png`),
      fullPage: true,
    })
  }
  // A file that was chosen, and what was seen in it.
  for (const [tab, name] of [
    [page, 'console-new-upload'],
    [dark.page, 'console-new-upload-narrow-dark'],
  ] as const) {
    await tab.goto(`${gateway.address}/console/uploads/new?list=${LIST}`)
    const buffer = Buffer.from(fileOf('new', 5, 1).replace('phoneNumber', 'mobile'))
    await tab.locator('#file').setInputFiles({ name: 'new.csv', mimeType: 'text/csv', buffer })
    await tab.locator('#detected table').waitFor()
    await tab.screenshot({ path: join(IMAGES, `${name}.png`), fullPage: true })
  }
  // README's: what a reader sees first, no taller than a screen.
  await page.goto(`${gateway.address}/console`)
  await page.screenshot({ path: join(IMAGES, 'console.png') })
} finally {
  await browser.close()
  await gateway.kill()
  await home.close()
}
