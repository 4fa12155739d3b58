import assert from 'node:assert/strict'
import { test } from 'node:test'

import { browserOfSuite, checkAccessible, openTab, signIn } from '../../support/console/browser.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { stageOfSuite } from '../../support/stages/suite-stage.ts'

const PHONE = '+14155552671'
const { gateway } = stageOfSuite('guide')
const browser = browserOfSuite()

test('an opt-out is added, found, explained at a contact, and ended again, by mouse and by keyboard', async () => {
  const { page, context, errors } = await openTab(browser())
  await signIn(page, gateway().address, ADMIN_KEY)
  await page.getByRole('link', { name: 'Do not call' }).click()
  await checkAccessible(page)
  const add = page.locator('form[action="/console/do-not-call/add"]')
  await add.getByLabel('Do-not-call list').fill('demo-dnc')
  await add.getByLabel('Numbers and addresses').fill(`${PHONE}\n5550100\nann@example.com`)
  await add.getByRole('button', { name: 'Suppress' }).click()
  await page.getByRole('heading', { name: 'Entries', level: 1 }).waitFor()
  // The number without its country code is rejected, and the page says why.
  await page.getByRole('cell', { name: 'Rejected' }).waitFor()
  // The page shows the end of the submission without a click.
  await page.locator('#live .state.applied_with_errors').waitFor()
  await checkAccessible(page)

  const csv = `customerId,phoneNumber
ann,${PHONE}
`
  const sent = await gateway().client.upload('demo-contacts', csv, {
    query: 'missingColumns=empty',
  })
  assert.equal(sent.status, 202, sent.text)
  await page.getByRole('link', { name: 'One person' }).click()
  await checkAccessible(page)
  const explain = page.locator('form[action="/console/people/explain"]')
  await explain.getByLabel('Contact list').fill('demo-contacts')
  await explain.getByLabel('Contact id').fill('ann')
  await page.keyboard.press('Enter')
  await page.getByText('Suppressed', { exact: true }).waitFor()
  await checkAccessible(page)
  await page.getByRole('link', { name: 'Show the entry' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Entries', level: 1 }).waitFor()

  await page.goto(`${gateway().address}/console/do-not-call`)
  await page.getByText('Allow calls again').click()
  const remove = page.locator('form[action="/console/do-not-call/remove"]')
  await remove.getByLabel('Do-not-call list').fill('demo-dnc')
  await remove.getByLabel('Numbers and addresses').fill(PHONE)
  await remove.getByLabel('Why').fill('<b>asked</b> by letter')
  await remove.getByRole('button', { name: 'Allow calls' }).click()
  await page.getByRole('heading', { name: 'Removal', level: 1 }).waitFor()

  await page.goto(`${gateway().address}/console/do-not-call`)
  await page.getByText('Import a file', { exact: true }).click()
  const form = page.locator('form[action="/console/do-not-call/import"]')
  await form.getByLabel('Do-not-call list').fill('demo-dnc')
  await form.getByLabel('Country of numbers').fill('us')
  const buffer = Buffer.from('phoneNumber\n(212) 555-0177\nnobody\n')
  const file = { name: '<b>opt-outs</b>.csv', mimeType: 'text/csv', buffer }
  await form.getByLabel('File').setInputFiles(file)
  await checkAccessible(page)
  await form.getByRole('button', { name: 'Import' }).click()
  // One line is accepted, by the rules of the country. The page says why the other one is not.
  await page.getByRole('heading', { name: 'Entries', level: 1 }).waitFor()
  await page.getByRole('cell', { name: 'Rejected' }).waitFor()
  await page.goto(`${gateway().address}/console/do-not-call/registries`)
  await page.getByText('There is no registry yet').waitFor()
  await checkAccessible(page)

  await page.goto(`${gateway().address}/console/do-not-call`)
  const search = page.locator('form[action="/console/do-not-call/search"]')
  await search.getByLabel('Do-not-call list').fill('demo-dnc')
  await search.getByLabel('Numbers and addresses').fill(`${PHONE}\nANN@example.com\n<i>x</i>`)
  await search.getByRole('button', { name: 'Look up' }).click()
  await page.getByRole('heading', { name: 'Looked up' }).waitFor()
  const verdicts = await page.locator('.head .state').allTextContents()
  assert.deepEqual(verdicts, ['Not suppressed by this list', 'Suppressed', 'Cannot be read'])
  assert.equal(page.url().includes(encodeURIComponent(PHONE)), false)
  await checkAccessible(page)

  // The fields offer the known lists, also where no submission of them is shown.
  await page.goto(`${gateway().address}/console/do-not-call?state=held`)
  assert.equal(await page.locator('#dnc-lists option[value="demo-dnc"]').count(), 1)
  // The list of submissions shows a new one without a click.
  await page.goto(`${gateway().address}/console/do-not-call`)
  const lines = page.locator('#live tbody tr')
  const before = await lines.count()
  await gateway().client.call('/v1/dnc-lists/demo-dnc/entries', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'shown-without-a-click' },
    body: JSON.stringify([{ phoneNumber: '+14155552688' }]),
  })
  await lines.nth(before).waitFor()
  await checkAccessible(page)
  assert.deepEqual(errors, [])
  await context.close()
})

test('by keyboard alone: a registry is added, an edition is loaded with progress and deleted, and the evidence names all of it', async () => {
  const { page, context, errors } = await openTab(browser())
  await signIn(page, gateway().address, ADMIN_KEY)
  const press = async (name: string): Promise<void> => {
    await page.getByRole('button', { name, exact: true }).focus()
    await page.keyboard.press('Enter')
  }
  await page.goto(`${gateway().address}/console/do-not-call/registries`)
  await page.getByLabel('Name').focus()
  await page.keyboard.type('ftc')
  await page.keyboard.press('Tab')
  await page.keyboard.type('us')
  await page.keyboard.press('Enter')
  await page.getByText('The registry is added. Load an edition of it.').waitFor()
  await checkAccessible(page)
  const choose = (text: string) =>
    page.getByLabel('File', { exact: true }).setInputFiles({
      ...{ name: 'ftc.txt', mimeType: 'text/plain', buffer: Buffer.from(text) },
    })
  await choose('no number at all\n')
  await press('Load the edition')
  await page.getByText('The file has no numbers').waitFor()
  await checkAccessible(page)
  await choose('415,5552671\n415,5552672\n')
  await press('Load the edition')
  await page
    .getByText('The edition is stored. The list of editions shows when it comes into force.')
    .waitFor()
  // The page refreshes itself until the edition is in force.
  await page.getByRole('cell', { name: 'In force' }).waitFor()
  await checkAccessible(page)

  await page.goto(`${gateway().address}/console/people`)
  const evidence = page.locator('form[action="/console/people/evidence"]')
  await evidence.getByLabel('Number or address').focus()
  await page.keyboard.type(PHONE)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Evidence about one person' }).waitFor()
  await page.getByText('A do-not-call entry was accepted').waitFor()
  await page.getByText('A removal ended the entry').waitFor()
  await page.getByText('A row was suppressed and not sent').waitFor()
  const text = await page.locator('main').innerText()
  assert.equal(text.includes(PHONE.slice(1)), false, 'the number is masked')
  assert.equal(/Contact id\s+ann/u.test(text), false, 'the contact id is masked')
  await page.getByText('A key with the scope cells:reveal can show them.').waitFor()
  assert.doesNotMatch(new URL(page.url()).pathname, /\d/u, 'who somebody is stands in no address')
  await checkAccessible(page)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download the certificate' }).focus()
  await page.keyboard.press('Enter')
  assert.match((await download).suggestedFilename(), /^upl_.*-scrub-certificate\.json$/u)

  await page.goto(`${gateway().address}/console/do-not-call/registries/ftc`)
  await page.getByText('Delete the edition').focus()
  await page.keyboard.press('Enter')
  await page.getByText('If you delete it and a tenant uses the registry').waitFor()
  await checkAccessible(page)
  await page.getByLabel('I have read this').focus()
  await page.keyboard.press('Space')
  await press('Delete this edition')
  await page.getByText('The numbers of the edition are deleted.').waitFor()
  await page.getByText('No edition in force').waitFor()
  assert.deepEqual(errors, [])
  await context.close()
})

test('who may reveal sees contact ids in the evidence, and the audit has it', async () => {
  const { client, address } = gateway()
  const scopes = ['audit', 'uploads', 'cells:reveal']
  const made = await client.call<{ key: string }>('/v1/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenantId: 'default', name: 'reader', scopes }),
  })
  const { page, context, errors } = await openTab(browser())
  await signIn(page, address, made.body.key)
  await page.getByRole('link', { name: 'One person' }).click()
  const evidence = page.locator('form[action="/console/people/evidence"]')
  await evidence.getByLabel('Number or address').fill(PHONE)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Show contact ids' }).click()
  await page.getByText('You see contact ids.').waitFor()
  await page.getByText('ann', { exact: true }).first().waitFor()
  await checkAccessible(page)
  await page.getByRole('button', { name: 'Explain this contact' }).first().click()
  await page.getByRole('heading', { name: 'Contact ann' }).waitFor()
  type Page = { items: { details: { revealed?: boolean } }[] }
  // The gateway chains entries within a second.
  let revealed = 0
  while (revealed === 0) {
    const trail = await client.call<Page>('/v1/audit-entries?action=evidence.read')
    revealed = trail.body.items.filter(({ details }) => details.revealed === true).length
  }
  assert.equal(revealed, 1)
  assert.deepEqual(errors, [])
  await context.close()
})
