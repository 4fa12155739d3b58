import assert from 'node:assert/strict'
import { test } from 'node:test'

import { browserOfSuite, checkAccessible, openTab, signIn } from '../../support/console/browser.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { stageOfSuite } from '../../support/stages/suite-stage.ts'

const { gateway } = stageOfSuite('guide')
const browser = browserOfSuite()

/** The list that the sandbox has from its start. */
const LIST = 'demo-contacts'
const PHONE = '+12125557301'
const EMAIL = 'eve@example.com'

const csv = (...rows: string[]): string =>
  ['customerId,firstName,lastName,phoneNumber,email,city', ...rows].join('\n')

test('by keyboard alone: an opt-out shows who was delivered before, and the contact leads to the evidence of its number and its address', async () => {
  const { client } = gateway()
  const eve = csv(`eve,Eve,Lo,${PHONE},${EMAIL},Bonn`)
  const sent = await client.upload(LIST, eve, { query: 'fileName=eve.csv' })
  await client.finished(sent.body.id)
  const { page, context, errors } = await openTab(browser())
  await signIn(page, gateway().address, ADMIN_KEY)
  await page.goto(`${gateway().address}/console/do-not-call`)
  const add = page.locator('form[action="/console/do-not-call/add"]')
  await add.getByLabel('Do-not-call list').focus()
  await page.keyboard.type('demo-dnc')
  await add.getByLabel('Numbers and addresses').focus()
  await page.keyboard.type(PHONE)
  await add.getByRole('button', { name: 'Suppress' }).focus()
  await page.keyboard.press('Enter')
  await page
    .getByText(
      'The submission is accepted. From now on, the gateway suppresses the people in its valid entries.',
    )
    .waitFor()
  await page.getByRole('link', { name: 'Show the contacts, and what happened to each' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Delivered before', level: 1 }).waitFor()
  const byHand = page.getByText('You must remove 1 contact from its list by hand.')
  while ((await byHand.count()) === 0) await page.reload()
  await page.getByRole('cell', { name: 'eve', exact: true }).waitFor()
  await checkAccessible(page)
  await page.getByRole('link', { name: 'line 2' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Rows of eve.csv' }).waitFor()

  await page.getByRole('link', { name: 'One person' }).focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('Contact id').focus()
  await page.keyboard.type('eve')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Contact eve' }).waitFor()
  await page.getByRole('button', { name: 'Show the evidence' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Evidence about one person' }).waitFor()
  await page.getByText('A do-not-call entry was accepted').waitFor()
  await page.getByText('The person was found among contacts that were delivered before').waitFor()
  await checkAccessible(page)
  await page.getByRole('button', { name: 'Show the evidence of email' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Show the evidence of phoneNumber' }).waitFor()
  await page.getByText('Genesys has the row').waitFor()
  assert.equal(await page.getByText('A do-not-call entry was accepted').count(), 0)
  const html = await page.content()
  for (const cell of [PHONE.slice(1), EMAIL]) {
    assert.equal(html.includes(cell), false, 'neither the number nor the address is in the page')
  }
  assert.doesNotMatch(page.url(), /eve/u, 'who somebody is stands in no address')
  assert.deepEqual(errors, [])
  await context.close()
})

test('why a contact was not sent is said in words of the console', async () => {
  const { client, address } = gateway()
  const again = csv(`eve,Eve,Lo,${PHONE},${EMAIL},Rome`, `who,Bo,Lo,+12125557302,,Rome`)
  const sent = await client.upload(LIST, again)
  await client.finished(sent.body.id)
  const { page, context } = await openTab(browser())
  await signIn(page, address, ADMIN_KEY)
  await page.goto(`${address}/console/people`)
  await page.getByLabel('Contact id').fill('eve')
  await page.getByRole('button', { name: 'Explain' }).click()
  await page.getByText('A do-not-call entry names a phone number or an email address').waitFor()
  await page.getByText('end it on the page “Do not call” and upload the contact again').waitFor()
  assert.doesNotMatch(await page.locator('main').innerText(), /\/v1\/|`/u, 'no words of the API')
  await context.close()
})

test('a search behind hundreds of uploads continues by itself, says how far it is, and ends at the decision', async () => {
  const { client, address } = gateway()
  const other = csv('other,Ann,Lo,+12125557303,,Rome')
  for (let sent = 0; sent < 510; sent += 10) {
    await Promise.all(Array.from({ length: 10 }, () => client.upload(LIST, other)))
  }
  await client.upload(LIST, csv('late,Lea,Lo,+12125557304,,Rome'))
  const { page, context, errors } = await openTab(browser())
  await signIn(page, address, ADMIN_KEY)
  await page.goto(`${address}/console/people`)
  // The second part waits until the first one has been seen.
  const seen = Promise.withResolvers<void>()
  await page.route('**/console/people/evidence', async (route) => {
    if (route.request().headers()['hx-request'] === 'true') await seen.promise
    await route.continue()
  })
  const form = page.locator('form[action="/console/people/evidence"]')
  await form.getByLabel('Number or address').fill('+12125557304')
  await form.getByRole('button', { name: 'Show the evidence' }).click()
  await page.getByText('The search has found no decision so far.').waitFor()
  await checkAccessible(page)
  seen.resolve()
  await page.getByText('A row of an upload was accepted').first().waitFor()
  assert.equal(await page.getByText('The search has found no decision so far.').count(), 0)
  assert.doesNotMatch(page.url(), /12125557304/u)
  assert.deepEqual(errors, [])
  await context.close()
})
