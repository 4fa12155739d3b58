import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Page } from 'playwright-core'

import { browserOfSuite, checkAccessible, openTab, signIn } from '../../support/console/browser.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { stageOfSuite } from '../../support/stages/suite-stage.ts'

const { gateway } = stageOfSuite('guide')
const browser = browserOfSuite()

const CHECK = '**/console/uploads/new/check'
const FILE = {
  name: 'a.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from('customerId,firstName\nada,Ada\n'),
}

const choose = async (page: Page): Promise<void> => {
  await page.goto(`${gateway().address}/console/uploads/new?list=demo-contacts`)
  await page.getByLabel('File', { exact: true }).setInputFiles(FILE)
}

/** Whole pages that answered the check were shown inside the page, with a second menu. */
test('a check that a form of an earlier session asks for says what to do, and the page stays one page', async () => {
  const { page, context } = await openTab(browser())
  await signIn(page, gateway().address, ADMIN_KEY)
  await page.goto(`${gateway().address}/console/uploads/new?list=demo-contacts`)
  const other = await context.newPage()
  await other.goto(`${gateway().address}/console`)
  await other.getByRole('button', { name: 'Sign out' }).click()
  await other.getByLabel('API key').waitFor()
  await signIn(other, gateway().address, ADMIN_KEY)
  await page.getByLabel('File', { exact: true }).setInputFiles(FILE)
  await page.getByText('This form was not accepted').waitFor()
  assert.equal(await page.getByRole('main').count(), 1)
  await checkAccessible(page)
  await context.close()
})

test('a check without an answer, or with an answer of a proxy, says so, and can be repeated', async () => {
  const { page, context } = await openTab(browser())
  await signIn(page, gateway().address, ADMIN_KEY)
  await page.route(CHECK, (route) => route.abort())
  await choose(page)
  await page.getByText('The file was not checked').waitFor()
  await page.unroute(CHECK)
  await page.route(CHECK, (route) =>
    route.fulfill({
      status: 502,
      contentType: 'text/html',
      body: '<title>502</title><h1>Bad Gateway</h1>',
    }),
  )
  await choose(page)
  await page.getByText('The file was not checked').waitFor()
  assert.equal(await page.getByText('Bad Gateway').count(), 0)
  await checkAccessible(page)
  await page.unroute(CHECK)
  await page.getByRole('button', { name: 'Check the file' }).click()
  await page.getByRole('heading', { name: 'What the gateway sees' }).waitFor()
  assert.equal(await page.getByText('The file was not checked').count(), 0)
  await context.close()
})
