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
  // The number without its country code is rejected, and says why.
  await page.getByRole('cell', { name: 'Rejected' }).waitFor()
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
  await page.getByText('Import a file').click()
  const form = page.locator('form[action="/console/do-not-call/import"]')
  await form.getByLabel('Do-not-call list').fill('demo-dnc')
  await form.getByLabel('Country of numbers').fill('us')
  const buffer = Buffer.from('phoneNumber\n(212) 555-0177\nnobody\n')
  const file = { name: '<b>opt-outs</b>.csv', mimeType: 'text/csv', buffer }
  await form.getByLabel('File').setInputFiles(file)
  await checkAccessible(page)
  await form.getByRole('button', { name: 'Import' }).click()
  // One line is accepted, by the rules of the country, and one says why it is not.
  await page.getByRole('heading', { name: 'Entries', level: 1 }).waitFor()
  await page.getByRole('cell', { name: 'Rejected' }).waitFor()
  await page.goto(`${gateway().address}/console/do-not-call/registries`)
  await page.getByText('No registry is loaded').waitFor()
  await checkAccessible(page)

  await page.goto(`${gateway().address}/console/do-not-call`)
  const search = page.locator('form[action="/console/do-not-call/search"]')
  await search.getByLabel('Do-not-call list').fill('demo-dnc')
  await search.getByLabel('Numbers and addresses').fill(`${PHONE}\nANN@example.com\n<i>x</i>`)
  await search.getByRole('button', { name: 'Look up' }).click()
  await page.getByRole('heading', { name: 'Looked up' }).waitFor()
  const verdicts = await page.locator('.head .state').allTextContents()
  assert.deepEqual(verdicts, ['Not suppressed', 'Suppressed', 'Cannot be read'])
  assert.equal(page.url().includes(encodeURIComponent(PHONE)), false)
  await checkAccessible(page)
  assert.deepEqual(errors, [])
  await context.close()
})
