import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientRequest, request } from 'node:http'
import { after, before, test } from 'node:test'

import type { Browser, Page } from 'playwright-core'

import {
  checkAccessible,
  chooseByKeys,
  openTab,
  signIn,
  startBrowser,
} from '../../support/console/browser.ts'
import { fileOf, HOSTILE } from '../../support/console/faulty-file.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { freePort } from '../../support/gateway/free-port.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const home = embeddedHome()
const LIST = 'demo-contacts'
let stage: Stage
let gateway: RunningGateway
/** The gateway gets it again after a kill, and nobody else may take it in between. */
let port: string
let browser: Browser
/** A key that may see cells. */
let seeingKey: string

before(async () => {
  stage = await setStage(await home.fresh(), 'guide')
  port = String(await freePort())
  gateway = await stage.gateway({ PORT: port })
  browser = await startBrowser()
  const scopes = ['uploads', 'audit', 'cells:reveal']
  const { body } = await gateway.client.call<{ key: string }>('/v1/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenantId: 'default', name: 'operator', scopes }),
  })
  seeingKey = body.key
})
after(async () => {
  await browser.close()
  await stage.close()
  await home.close()
})

const choose = (page: Page, name: string, text: string): Promise<void> =>
  page.getByLabel('File', { exact: true }).setInputFiles({
    ...{ name, mimeType: 'text/csv' },
    buffer: Buffer.from(text),
  })

/** More than the buffers of a connection: when it is written, the gateway reads the file. */
const MANY_BYTES = 16_000_000

const fieldsOf = (page: Page) =>
  page.evaluate<[string, string][]>(
    `[...new FormData(document.getElementById('upload-form'))].filter(([name]) => name !== 'file')`,
  )

/** Sends the form of the page, with another file that does not end. */
const beginSending = async (page: Page): Promise<ClientRequest> => {
  const fields = await fieldsOf(page)
  const cookies = await page.context().cookies()
  const sending = request(new URL('/console/uploads/new/send', gateway.address), {
    method: 'POST',
    headers: {
      'content-type': 'multipart/form-data; boundary=part',
      cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
      origin: gateway.address,
    },
  })
  sending.on('error', () => {})
  const parts = fields.map(
    ([name, value]) =>
      `--part\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const file = `--part\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\ncontent-type: text/csv\r\n\r\n`
  sending.write(`${parts.join('')}${file}${fileOf('x').split('\n')[0]}\n`)
  const row = `busy,${'x'.repeat(900)},Lo,+12125551010,,,\n`
  if (!sending.write(row.repeat(MANY_BYTES / row.length))) await once(sending, 'drain')
  return sending
}

const openUpload = async (page: Page): Promise<void> => {
  await page.goto(`${gateway.address}/console/uploads`)
  await page.getByRole('link', { name: 'Upload a file' }).click()
  await page.getByRole('heading', { name: 'Upload a file', level: 1 }).waitFor()
}

test('a file with ten faults is looked at, uploaded, applied, fixed in the page and sent', async () => {
  const { page, context, errors } = await openTab(browser)
  await signIn(page, gateway.address, seeingKey)
  await openUpload(page)
  await checkAccessible(page)
  await page.getByLabel('Contact list').selectOption(LIST)
  await choose(page, `${HOSTILE}.csv`, fileOf('mo'))
  await page.getByRole('heading', { name: 'What the gateway sees' }).waitFor()
  await page.getByRole('cell', { name: HOSTILE }).waitFor()
  await page.getByText('No column of the list matches').waitFor()
  await checkAccessible(page)
  await page.getByRole('button', { name: 'Upload', exact: true }).click()
  await page.getByText('The file is accepted.').waitFor()
  await page.getByRole('heading', { name: 'First rejected rows' }).waitFor()
  await checkAccessible(page)
  await page.getByRole('button', { name: 'Apply this plan' }).click()
  await page.getByText('Completed with errors').first().waitFor()

  await page.getByRole('link', { name: 'Fix them' }).click()
  await page.getByRole('group', { name: 'Line 7' }).waitFor()
  assert.equal(await page.getByRole('group', { name: /^Line/u }).count(), 10)
  assert.equal(await page.getByText('abc', { exact: true }).count(), 0, 'cells are masked')
  await checkAccessible(page)
  await page.getByRole('button', { name: 'Show the cells' }).click()
  await page.getByText('The cells of these rows are shown.').waitFor()
  const cell = (line: number, name: string) =>
    page.getByRole('group', { name: `Line ${line}`, exact: true }).getByLabel(name)
  assert.equal(await cell(8, 'phone number').inputValue(), 'abc')
  await checkAccessible(page)
  for (const line of [7, 8, 9, 10]) await cell(line, 'phone number').fill(`+121255520${10 + line}`)
  await cell(11, 'customerId').fill('mo-n1')
  await cell(12, 'customerId').fill('mo-n2')
  await cell(13, 'email').fill('')
  await cell(14, 'lastName').fill('Lo')
  await cell(14, 'phone number').fill('+12125552030')
  await cell(15, 'customerId').fill('mo-i')
  await cell(16, 'phone number').fill('still wrong')
  await page.getByRole('button', { name: 'Send fixed rows' }).click()
  await page.getByText('1 row is still wrong').waitFor()
  assert.equal(await cell(11, 'customerId').inputValue(), 'mo-n1', 'nothing is lost')
  assert.equal(await cell(16, 'phone number').getAttribute('aria-invalid'), 'true')
  await checkAccessible(page)
  await cell(16, 'phone number').fill('+12125552031')
  await cell(16, 'email').fill('hal@example.com')
  await page.getByRole('button', { name: 'Send fixed rows' }).click()
  await page.getByText('The fixed rows were accepted').waitFor()
  await page.getByText('Completed', { exact: true }).first().waitFor()
  await checkAccessible(page)
  const id = page.url().replace(/.*\/(upl_\w+).*/u, '$1')
  const fixed = await gateway.client.finished(id)
  assert.equal(fixed.counts.delivered, 10)
  await page.getByRole('heading', { level: 1, name: /^fixed-upl_/u }).waitFor()
  assert.deepEqual(errors, [])
  await context.close()
})

test('by keyboard alone and without seeing cells: a file is uploaded, a row is found and fixed', async () => {
  const { page, context, errors } = await openTab(browser, {
    viewport: { width: 320, height: 700 },
    colorScheme: 'dark',
  })
  await signIn(page, gateway.address, ADMIN_KEY)
  await openUpload(page)
  await chooseByKeys(page, page.getByLabel('Contact list'), 'Demo contacts')
  // The keyboard cannot be used here, because the dialog for files belongs to the system.
  await choose(page, 'keys.csv', fileOf('ke', 1))
  await page.getByRole('heading', { name: 'What the gateway sees' }).waitFor()
  await chooseByKeys(page, page.getByLabel('Column of the list for nonsense'), 'city')
  await checkAccessible(page)
  await chooseByKeys(page, page.getByLabel('Column of the list for nonsense'), 'Leave')
  const wide = await page.evaluate('document.documentElement.scrollWidth')
  assert.equal(wide, 320, 'nothing sticks out')
  await page.getByRole('button', { name: 'Upload', exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('The file is accepted.').waitFor()
  await page.getByRole('link', { name: 'All rejected rows' }).focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('Code').focus()
  await page.keyboard.type('email-invalid')
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: '9', exact: true }).waitFor()
  await checkAccessible(page)
  await page.getByLabel('Find a contact in this upload').focus()
  await page.keyboard.type('ke-0')
  await page.keyboard.press('Enter')
  await page.getByRole('cell', { name: 'ke-0' }).waitFor()
  assert.doesNotMatch(page.url(), /ke-0/u, 'who somebody is stands in no address')
  await page.getByRole('link', { name: 'Fix rejected rows' }).focus()
  await page.keyboard.press('Enter')
  assert.equal(await page.getByRole('button', { name: 'Show the cells' }).count(), 0)
  await page.getByRole('group', { name: 'Line 9', exact: true }).getByLabel('email').focus()
  await page.keyboard.type('ed@example.com')
  await checkAccessible(page)
  await page.keyboard.press('Enter')
  await page.getByText('The fixed rows were accepted').waitFor()
  assert.deepEqual(errors, [])
  await context.close()
})

test('an upload that is cancelled, or whose gateway is killed in the middle, says so and what to do; the next try succeeds', async () => {
  const { page, context } = await openTab(browser)
  await signIn(page, gateway.address, ADMIN_KEY)
  await openUpload(page)
  await page.getByLabel('Contact list').selectOption(LIST)
  const long = Array.from({ length: 1_000 }, (_, at) => `long-${at},A,B,,,,${'x'.repeat(900)}`)
  await choose(page, 'broken.csv', [fileOf('br'), ...long].join('\n'))
  await page.getByRole('heading', { name: 'What the gateway sees' }).waitFor()
  const network = await context.newCDPSession(page)
  const allow = (uploadThroughput: number) =>
    network.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput },
    })
  const upload = page.getByRole('button', { name: 'Upload', exact: true })
  const isUnderWay = () =>
    page
      .locator('#sent')
      .filter({ hasText: /, [1-9]/u })
      .waitFor()
  // So slow that the file, a megabyte, is under way for most of a minute.
  await allow(20_000)
  await upload.click()
  await isUnderWay()
  await checkAccessible(page)
  await page.getByRole('button', { name: 'Cancel the upload' }).click()
  await page.getByText('You cancelled the upload').waitFor()
  await upload.click()
  await isUnderWay()
  await gateway.kill()
  await page.getByText('The connection was interrupted').waitFor()
  await page.getByText('Press “Upload” again.').waitFor()
  await checkAccessible(page)
  await allow(-1)
  gateway = await stage.gateway({ PORT: port })
  const before = await gateway.client.call<{ items: unknown[] }>('/v1/uploads')
  await upload.click()
  await page.getByText('The file is accepted.').waitFor()
  const behind = await gateway.client.call<{ items: unknown[] }>('/v1/uploads')
  assert.equal(behind.body.items.length, before.body.items.length + 1, 'it is there once')
  await context.close()
})

test('while the gateway is busy with an earlier attempt, the page waits, and then sends the file by itself', async () => {
  const { page, context } = await openTab(browser)
  await signIn(page, gateway.address, ADMIN_KEY)
  await openUpload(page)
  await page.getByLabel('Contact list').selectOption(LIST)
  await choose(page, 'waits.csv', fileOf('wa'))
  await page.getByRole('heading', { name: 'What the gateway sees' }).waitFor()
  const fieldsBefore = await fieldsOf(page)
  const earlier = await beginSending(page)
  await page.getByRole('button', { name: 'Upload', exact: true }).click()
  await page.getByText('Your earlier attempt has not ended yet.').waitFor()
  // Without script the page comes again. It has the same key, so the file is not accepted twice.
  const fields = Object.fromEntries(fieldsBefore)
  const file = { name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from(fileOf('wa')) }
  const answer = await page.request.post(`${gateway.address}/console/uploads/new/send`, {
    ...{ headers: { origin: gateway.address }, multipart: { ...fields, file } },
  })
  assert.equal(answer.status(), 409)
  assert.ok((await answer.text()).includes(`value="${fields['key']}"`), 'the key is kept')
  earlier.destroy()
  await page.getByText('The file is accepted.').waitFor()
  await context.close()
})

test('a file that is chosen before the script has arrived is looked at too', async () => {
  const { page, context } = await openTab(browser)
  await signIn(page, gateway.address, ADMIN_KEY)
  const chosen = Promise.withResolvers<void>()
  await page.route(/upload[^/]*\.js/u, async (route) => {
    await chosen.promise
    await route.continue()
  })
  await page.goto(`${gateway.address}/console/uploads/new`, { waitUntil: 'commit' })
  await page.getByLabel('Contact list').selectOption(LIST)
  await choose(page, 'early.csv', fileOf('ea'))
  chosen.resolve()
  await page.getByRole('heading', { name: 'What the gateway sees' }).waitFor()
  await context.close()
})

test('without script a file is looked at and uploaded page by page', async () => {
  const { page, context } = await openTab(browser, { javaScriptEnabled: false })
  await signIn(page, gateway.address, ADMIN_KEY)
  await openUpload(page)
  await page.getByLabel('Contact list').selectOption(LIST)
  await choose(page, 'plain.csv', fileOf('pl'))
  await page.getByRole('button', { name: 'Check the file' }).click()
  await page.getByRole('heading', { name: 'What the gateway sees' }).waitFor()
  await choose(page, 'plain.csv', fileOf('pl'))
  await page.getByRole('button', { name: 'Upload', exact: true }).click()
  await page.getByText('The file is accepted.').waitFor()
  await context.close()
})
