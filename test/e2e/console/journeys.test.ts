import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  browserOfSuite,
  checkAccessible,
  openTab,
  signIn,
  untilRefreshed,
} from '../../support/console/browser.ts'
import { sendForm } from '../../support/console/send-form.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { stageOfSuite } from '../../support/stages/suite-stage.ts'

const { gateway } = stageOfSuite('guide')
const browser = browserOfSuite()

/** The list that the sandbox has from its start. */
const LIST = 'demo-contacts'

test('by keyboard alone: a wrong key is told, the right one leads to the overview, and out again', async () => {
  const { page, context, errors } = await openTab(browser())
  await page.goto(`${gateway().address}/`)
  await checkAccessible(page)
  // Skips the link to the content and the name of the product.
  for (let at = 0; at < 3; at += 1) await page.keyboard.press('Tab')
  await page.keyboard.type('wrong')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').waitFor()
  await checkAccessible(page)
  await page.getByLabel('API key').focus()
  await page.keyboard.type(ADMIN_KEY)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
  await checkAccessible(page)
  await page.getByRole('button', { name: 'Sign out' }).focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('API key').waitFor()
  assert.deepEqual(errors, [])
  await context.close()
})

test('the overview refreshes itself, keeps the focus, and fits 320 px in the dark', async () => {
  const { page, context, errors } = await openTab(browser(), {
    viewport: { width: 320, height: 700 },
    colorScheme: 'dark',
  })
  await signIn(page, gateway().address, ADMIN_KEY)
  const link = page.getByRole('link', { name: 'Overview' })
  await link.focus()
  await untilRefreshed(page)
  await untilRefreshed(page)
  assert.equal(await page.locator('a[href="/console"]:focus').count(), 1)
  const wide = await page.evaluate('document.documentElement.scrollWidth')
  assert.equal(wide, 320, 'nothing sticks out')
  await checkAccessible(page)
  assert.deepEqual(errors, [])
  await context.close()
})

test('a page that cannot refresh itself says so, shows nothing of the error, and goes on by itself', async () => {
  const { page, context } = await openTab(browser())
  const live = '**/console/overview/live*'
  const answers = [
    { status: 503, contentType: 'text/html', body: '<main><h1>No database</h1></main>' },
    null,
  ]
  await page.route(live, async (route) => {
    const answer = answers.shift()
    if (answer) await route.fulfill(answer)
    else if (answer === null) await route.abort()
    else await route.continue()
  })
  await signIn(page, gateway().address, ADMIN_KEY)
  await page.getByText('This page could not be refreshed').waitFor()
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
  assert.equal(await page.getByText('No database').count(), 0)
  await checkAccessible(page)
  // The first refresh that succeeds makes this #look-1, and each later one the next number.
  await page.locator('[id^="look-"]:not(#look-0)').waitFor({ state: 'attached' })
  await page.getByText('This page could not be refreshed').waitFor({ state: 'detached' })
  assert.deepEqual(answers, [])
  await context.close()
})

const HOSTILE = '<img src=x onerror=alert(1)>.csv'

/** Ten rows that are accepted, and three with faults. */
const fileOf = (prefix: string): string =>
  [
    'customerId,firstName,lastName,phoneNumber,email,city',
    ...Array.from(
      { length: 10 },
      (_, at) => `${prefix}-${at},Ada,<b>Lo</b>,+121255501${10 + at},,Bonn`,
    ),
    `${prefix}-x,Bob,Lo,12,,`,
    ',Cy,Lo,+12125550123,,',
    `${prefix}-y,Di`,
  ].join('\n')

const upload = async (list: string, name: string, query = ''): Promise<string> => {
  const { status, body } = await gateway().client.upload(list, fileOf(name.slice(0, 3)), {
    query: `fileName=${encodeURIComponent(name)}${query}`,
  })
  assert.equal(status, 202)
  return body.id
}

test('an operator sees why rows were refused, in a file whose name is markup, and finds it by its name', async () => {
  const id = await upload(LIST, HOSTILE)
  await gateway().client.finished(id)
  const { page, context, errors } = await openTab(browser())
  await signIn(page, gateway().address, ADMIN_KEY)
  await page.getByRole('link', { name: 'Uploads', exact: true }).click()
  await page.getByLabel('Find an upload').fill(HOSTILE)
  await page.getByRole('button', { name: 'Find' }).click()
  await checkAccessible(page)
  assert.doesNotMatch(page.url(), /img/u, 'a name is no part of an address')
  await page.getByRole('link', { name: HOSTILE }).click()
  await page.getByRole('heading', { level: 1, name: HOSTILE }).waitFor()
  await checkAccessible(page)
  const sum = page.getByRole('row', { name: 'Rows read' })
  await sum.getByRole('cell', { name: '13' }).waitFor()
  await page.getByText('The row has no contact id.').first().waitFor()
  await page.getByRole('link', { name: 'Rejected', exact: true }).click()
  await page.getByRole('row', { name: /contact-id-missing/u }).waitFor()
  await checkAccessible(page)
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: HOSTILE }).waitFor()
  assert.deepEqual(errors, [])
  await context.close()
})

test('by keyboard alone: a plan is read and applied, and the page shows the upload end', async () => {
  const id = await upload(LIST, 'plan.csv', '&apply=manual')
  const { page, context, errors } = await openTab(browser())
  await signIn(page, gateway().address, ADMIN_KEY)
  await page.goto(`${gateway().address}/console/uploads/${id}`)
  await page.getByRole('heading', { name: 'Plan', exact: true }).waitFor()
  await checkAccessible(page)
  await page.getByRole('button', { name: 'Apply this plan' }).focus()
  await page.keyboard.press('Enter')
  await page
    .getByText('The plan of the upload was applied. This page shows how the rows go to Genesys.')
    .waitFor()
  await page.getByText('Completed with errors').first().waitFor()
  assert.deepEqual(errors, [])
  await context.close()
})

test('a long name without a place to break makes no page wider than a narrow screen', async () => {
  const name = `${'export_of_the_crm_'.repeat(10)}.csv`
  const id = await upload(LIST, name)
  await gateway().client.finished(id)
  const { page, context, errors } = await openTab(browser(), {
    viewport: { width: 320, height: 700 },
  })
  const fits = async (): Promise<void> => {
    const wide = await page.evaluate('document.documentElement.scrollWidth')
    assert.equal(wide, 320, page.url())
  }
  await signIn(page, gateway().address, ADMIN_KEY)
  for (const place of ['', '/rows', '/rows/fix']) {
    await page.goto(`${gateway().address}/console/uploads/${id}${place}`)
    await fits()
  }
  await page.goto(`${gateway().address}/console`)
  await sendForm(page, '/uploads/search', { text: name })
  await fits()
  await page.goto(`${gateway().address}/console`)
  await sendForm(page, '/do-not-call/search', { list: 'demo-dnc', people: 'nobody_'.repeat(20) })
  await fits()
  assert.deepEqual(errors, [])
  await context.close()
})

test('a wrong upload is stopped after its consequences were read, and others are stopped by filter', async () => {
  const wrong = await upload(LIST, 'wrong.csv', '&apply=manual')
  const others = [
    await upload(LIST, 'one.csv', '&apply=manual'),
    await upload(LIST, 'two.csv', '&apply=manual'),
  ]
  const { page, context, errors } = await openTab(browser())
  await signIn(page, gateway().address, ADMIN_KEY)
  await page.goto(`${gateway().address}/console/uploads/${wrong}`)
  await page.getByText('Cancel…', { exact: true }).click()
  await page.getByText('You cannot undo this').waitFor()
  // What a person has opened stays open while the page refreshes itself.
  await untilRefreshed(page)
  await untilRefreshed(page)
  await checkAccessible(page)
  await page.getByRole('button', { name: 'Cancel this upload' }).click()
  await page.getByText('Cancelled', { exact: true }).first().waitFor()

  await page.goto(`${gateway().address}/console/uploads`)
  await page.getByLabel('State').selectOption({ label: 'Held' })
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  await page.getByRole('link', { name: 'one.csv' }).waitFor()
  await checkAccessible(page)
  await page.getByText('Cancel all…', { exact: true }).click()
  await page.getByRole('button', { name: 'Cancel all that match' }).click()
  await page.getByText('2 uploads are being stopped.').waitFor()
  await checkAccessible(page)
  for (const id of others) assert.equal((await gateway().client.find(id)).state, 'cancelled')
  assert.deepEqual(errors, [])
  await context.close()
})

test('plans are agreed to by filter, and the rows of stopped uploads are sent again by filter', async () => {
  const names = ['agreed.csv', 'stopped.csv']
  const [agreed, stopped] = [
    await upload(LIST, names[0]!, '&apply=manual'),
    await upload(LIST, names[1]!, '&apply=manual'),
  ]
  await gateway().client.call(`/v1/uploads/${stopped}/cancel`, { method: 'POST' })
  const { page, context, errors } = await openTab(browser())
  await signIn(page, gateway().address, ADMIN_KEY)
  const filtered = async (state: string) => {
    await page.goto(`${gateway().address}/console/uploads?state=${state}&list=${LIST}`)
    await checkAccessible(page)
  }
  await filtered('held')
  await page.getByText('Apply all…', { exact: true }).click()
  await page.getByText('without opening them').waitFor()
  await page.getByRole('button', { name: 'Apply all that match' }).click()
  await page.getByText('1 upload is applied.').waitFor()
  await gateway().client.finished(agreed)

  await filtered('cancelled')
  await page.getByText('Retry rows…', { exact: true }).click()
  await page.getByRole('button', { name: 'Retry the rows of all' }).click()
  await page
    .getByText(
      /^The failed and unsent rows of \d+ uploads? are now in (?:a new upload|new uploads)\.$/u,
    )
    .waitFor()
  await checkAccessible(page)
  const { body } = await gateway().client.call<{ children: string[] }>(`/v1/uploads/${stopped}`)
  assert.equal(body.children.length, 1)
  await gateway().client.finished(body.children[0]!)
  assert.deepEqual(errors, [])
  await context.close()
})

test('what is not there, and what went wrong, is a page that leads on', async () => {
  const { page, context, errors } = await openTab(browser())
  await signIn(page, gateway().address, ADMIN_KEY)
  await page.goto(`${gateway().address}/console/nowhere`)
  await page.getByRole('heading', { name: 'This page does not exist' }).waitFor()
  assert.deepEqual(errors, [], 'the page may load its own styles')
  await page.goto(`${gateway().address}/console/uploads/upl_unknown`)
  await page.getByRole('heading', { name: 'Not found' }).waitFor()
  await checkAccessible(page)
  await page.goto(`${gateway().address}/console/uploads?list=nobody`)
  await page.getByText('No upload matches.').waitFor()
  await checkAccessible(page)
  await context.close()
})
