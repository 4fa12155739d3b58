import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import type { Browser, Page } from 'playwright-core'

import { checkAccessible, openTab, signIn, startBrowser } from '../../support/console/browser.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { type CrmReceiver, startCrmReceiver } from '../../support/gateway/crm-receiver.ts'
import { createGatewayClient } from '../../support/gateway/gateway-client.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const home = embeddedHome()
let stage: Stage
let gateway: RunningGateway
let browser: Browser
let receiver: CrmReceiver

before(async () => {
  stage = await setStage(await home.fresh(), 'guide')
  receiver = await startCrmReceiver()
  // Genesys runs inside the gateway. Only then may an endpoint be registered on loopback.
  gateway = await stage.gateway({
    ...{ GENESYS_SANDBOX: 'true', ALLOW_HTTP_HOSTS: '127.0.0.1' },
    ...{ GENESYS_CLIENT_ID: '', GENESYS_CLIENT_SECRET: '' },
    ...{ GENESYS_API_URL: '', GENESYS_LOGIN_URL: '' },
  })
  browser = await startBrowser()
})
after(async () => {
  await browser.close()
  await receiver.close()
  await stage.close()
  await home.close()
})

const pressKey = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('button', { name, exact: true }).focus()
  await page.keyboard.press('Enter')
}

/** Resolves when the newest version of the segment is in force. */
const untilInForce = (page: Page): Promise<void> =>
  page.locator('#live .head .state.completed').waitFor()

test('an endpoint is added, tried out, paused and gets a new secret, which is shown once', async () => {
  const { page, context, errors } = await openTab(browser)
  await signIn(page, gateway.address, ADMIN_KEY)
  await page.getByRole('link', { name: 'Endpoints', exact: true }).click()
  await page.getByText('Every event').first().waitFor()
  await checkAccessible(page)
  await page.getByLabel('Name').fill('billing')
  await page.getByLabel('Address').fill(receiver.url)
  await page.getByLabel('An upload was completed').check()
  await page.getByRole('button', { name: 'Add the endpoint' }).click()
  const first = await page.locator('#secret').inputValue()
  assert.match(first, /^whsec_/u)
  receiver.trust(first)
  await checkAccessible(page)
  await page.getByRole('link', { name: 'I have stored it' }).click()
  await page.getByText('The log has no message for this endpoint.').waitFor()
  await checkAccessible(page)

  await page.getByRole('button', { name: 'Send a test message' }).click()
  // The page refreshes itself until the message has arrived.
  await page.getByRole('cell', { name: 'Delivered' }).waitFor()
  assert.deepEqual(
    receiver.heard.map(({ type }) => type),
    ['endpoint.test'],
  )
  await checkAccessible(page)

  await page.getByText('New secret…').click()
  await page.getByText('two signatures').waitFor()
  await page.getByRole('button', { name: 'Make a new secret' }).click()
  await page.getByRole('heading', { name: 'The new secret of billing' }).waitFor()
  assert.notEqual(await page.locator('#secret').inputValue(), first)
  await page.getByRole('link', { name: 'I have stored it' }).click()
  await page.getByText('Messages are also signed with the old secret').waitFor()
  await page.getByText('Pause…').click()
  await page.getByRole('button', { name: 'Pause this endpoint' }).click()
  await page.getByText('A person paused the endpoint in the console').waitFor()
  await checkAccessible(page)
  await page.getByRole('link', { name: 'Show its entries in the audit trail' }).click()
  await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor()
  const trail = page.getByRole('region', { name: 'Entries' })
  // The trail shows an entry once it is in the chain. The page does not refresh itself.
  while ((await trail.getByText('Secret of an endpoint replaced').count()) === 0) {
    await page.reload()
  }
  await trail.getByText('Endpoint added').click()
  await checkAccessible(page)
  await page.getByRole('button', { name: 'Verify' }).click()
  await page.getByRole('heading', { name: 'No fault was found' }).waitFor()
  await checkAccessible(page)
  assert.deepEqual(errors, [])
  await context.close()
})

test('by keyboard alone: a key is made for a new tenant, signs in with its pages alone, and is revoked', async () => {
  const { page, context, errors } = await openTab(browser)
  await signIn(page, gateway.address, ADMIN_KEY)
  await page.goto(`${gateway.address}/console/access/tenants`)
  await page.getByText('Add a tenant…').focus()
  await page.keyboard.press('Enter')
  await checkAccessible(page)
  await page.getByLabel('Name').fill('shop')
  await page.getByLabel('Contact lists').fill('demo-contacts')
  await page.getByLabel('Rows per day').fill('5000')
  await pressKey(page, 'Add the tenant')
  await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor()
  await checkAccessible(page)

  await page.getByRole('link', { name: 'Keys and tenants' }).focus()
  await page.keyboard.press('Enter')
  const add = page.locator('form[action="/console/access/keys/add"]')
  await add.getByLabel('Name', { exact: true }).fill('nightly')
  await add.getByLabel('Tenant', { exact: true }).selectOption({ label: 'shop' })
  await add.getByRole('checkbox', { name: 'uploads send contacts' }).focus()
  await page.keyboard.press('Space')
  await pressKey(page, 'Make the key')
  await page.getByRole('heading', { name: 'The key nightly' }).waitFor()
  const key = await page.locator('#secret').inputValue()
  assert.match(key, /^ogw_/u)
  await page.goto(`${gateway.address}/console/access`)
  await checkAccessible(page)

  const shop = await openTab(browser)
  await signIn(shop.page, gateway.address, key)
  const menu = await shop.page.locator('.menu a').allTextContents()
  assert.deepEqual(menu, ['Overview', 'Uploads', 'One person', 'Limits'])
  await shop.page.getByRole('link', { name: 'Limits' }).click()
  await shop.page
    .getByRole('row', { name: /Rows per day/u })
    .getByText('5,000')
    .waitFor()
  await checkAccessible(shop.page)
  await shop.page.goto(`${gateway.address}/console/access`)
  await shop.page.getByRole('heading', { name: 'Your key does not allow this' }).waitFor()

  await page.getByRole('link', { name: 'nightly' }).click()
  await page.getByText('Revoke…').focus()
  await page.keyboard.press('Enter')
  await checkAccessible(page)
  await page.getByRole('checkbox').focus()
  await page.keyboard.press('Space')
  await pressKey(page, 'Revoke this key')
  await page.getByText('Revoked', { exact: true }).first().waitFor()
  await checkAccessible(page)
  await shop.page.goto(`${gateway.address}/console/uploads`)
  await shop.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  assert.deepEqual([...errors, ...shop.errors], [])
  await shop.context.close()
  await context.close()
})

test('by keyboard alone: a segment is built, its faults are shown in place, it is looked at, put, and taken back', async () => {
  const csv = ['customerId,city,phoneNumber']
  for (let at = 0; at < 10; at += 1) {
    csv.push(`c${at},${at < 4 ? 'Bonn' : 'Rome'},+1212555010${at}`)
  }
  const { status, body, text } = await gateway.client.upload('demo-contacts', csv.join('\n'), {
    query: 'missingColumns=empty',
  })
  assert.equal(status, 202, text)
  await gateway.client.finished(body.id)
  const { page, context, errors } = await openTab(browser)
  await signIn(page, gateway.address, ADMIN_KEY)
  await page.getByRole('link', { name: 'Segments' }).focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('Open a campaign').focus()
  await page.keyboard.type('demo-campaign')
  await page.keyboard.press('Enter')
  await page.getByText('This campaign has no segment yet').waitFor()
  await checkAccessible(page)
  await page.getByRole('link', { name: 'Build the rules' }).focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('Contact list ids').focus()
  await page.keyboard.type('demo-contacts')
  await pressKey(page, 'Add a rule')
  // The new rule has the focus, so typing continues there.
  await page.locator('[id="c.0.attribute"]:focus').waitFor()
  await page.keyboard.type('nowhere')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Bonn')
  await pressKey(page, 'Check what it means')
  await page.getByText('The rules have faults').waitFor()
  await page.getByRole('group', { name: 'Rule 1' }).getByText('which is not a column').waitFor()
  await checkAccessible(page)
  await page.getByLabel('Column').fill('city')
  await pressKey(page, 'Check what it means')
  await page.locator('#preview:focus').waitFor()
  await page.getByText('No version of a segment is in force').waitFor()
  await checkAccessible(page)
  await pressKey(page, 'Apply this segment')
  await page.getByText('The segment is accepted').waitFor()
  await page.getByText('city is “Bonn”').waitFor()
  await untilInForce(page)
  await checkAccessible(page)

  await page.getByRole('link', { name: 'Change the rules' }).focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('Value').fill('Rome')
  await pressKey(page, 'Check what it means')
  await page.getByText('city is “Rome”').first().waitFor()
  // More than half of the people who are dialled change, so a person has to confirm the change.
  await page.getByText('The change is so large').waitFor()
  await checkAccessible(page)
  await pressKey(page, 'Apply this segment')
  await page.getByText('tick your confirmation').waitFor()
  await page.getByLabel('I have read this').focus()
  await page.keyboard.press('Space')
  await pressKey(page, 'Apply this segment')
  await page.getByText('Version 2, for the contact lists').waitFor()
  // Before that, version 1 is in force, and going back to it would change nothing.
  await untilInForce(page)
  await page.getByText('Go back…').focus()
  await page.keyboard.press('Enter')
  await pressKey(page, 'Go back to version 1')
  await page.getByRole('heading', { level: 1, name: 'Go back to version 1' }).waitFor()
  await checkAccessible(page)
  await pressKey(page, 'Yes, go back')
  await page.getByText('Version 3, for the contact lists').waitFor()
  assert.deepEqual(errors, [])
  await context.close()
})

test('an admin sees the uploads of another tenant without its rows, and that tenant sees only its own', async () => {
  const post = async (path: string, body: object) => {
    const answer = await gateway.client.call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify(body),
    })
    assert.equal(answer.status, 201, answer.text)
    return answer.body as { id: string; key: string }
  }
  const grants = { contactLists: ['demo-contacts'] }
  const { id: tenantId } = await post('/v1/tenants', { name: 'bakery', grants })
  const { key } = await post('/v1/keys', { tenantId, name: 'oven', scopes: ['uploads'] })
  const bakery = createGatewayClient(gateway.address, key)
  const csv = 'customerId,phoneNumber\nb1,+12125550177\nb2,12\n'
  const sent = await bakery.upload('demo-contacts', csv, {
    query: 'missingColumns=empty&fileName=bread.csv',
  })
  await bakery.finished(sent.body.id)

  const { page, context, errors } = await openTab(browser)
  await signIn(page, gateway.address, ADMIN_KEY)
  await page.goto(`${gateway.address}/console/uploads`)
  assert.equal(await page.getByRole('link', { name: 'bread.csv' }).count(), 0)
  await page.getByLabel('Tenant').selectOption({ label: 'bakery' })
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByText('These uploads belong to another tenant.').waitFor()
  assert.equal(await page.getByText('Cancel all…').count(), 0)
  await checkAccessible(page)
  await page.getByRole('link', { name: 'bread.csv' }).click()
  await page.getByText('This upload belongs to the tenant bakery.').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Fix them' }).count(), 0)
  await checkAccessible(page)
  await page.goto(`${page.url()}/rows`)
  await page.getByRole('heading', { name: 'Not found' }).waitFor()

  const other = await openTab(browser)
  await signIn(other.page, gateway.address, key)
  await other.page.goto(`${gateway.address}/console/uploads`)
  await other.page.getByRole('link', { name: 'bread.csv' }).waitFor()
  assert.equal(await other.page.getByLabel('Tenant').count(), 0)
  await other.page.goto(`${gateway.address}/console/uploads?tenant=default`)
  await other.page.getByRole('heading', { name: 'Your key does not allow this' }).waitFor()
  assert.deepEqual([...errors, ...other.errors], [])
  await other.context.close()
  await context.close()
})
