import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import type { Browser } from 'playwright-core'

import { checkAccessible, openTab, signIn, startBrowser } from '../../support/console/browser.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const home = embeddedHome()
let stage: Stage
let gateway: RunningGateway
let browser: Browser

before(async () => {
  stage = await setStage(await home.fresh(), 'guide')
  gateway = await stage.gateway()
  browser = await startBrowser()
})
after(async () => {
  await browser.close()
  await stage.close()
  await home.close()
})

test('by keyboard alone: a wrong key is told, the right one leads to the overview, and out again', async () => {
  const { page, context, errors } = await openTab(browser)
  await page.goto(`${gateway.address}/`)
  await checkAccessible(page)
  // Past the link to the content and the name of the product.
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
  const { page, context, errors } = await openTab(browser, {
    viewport: { width: 320, height: 700 },
    colorScheme: 'dark',
  })
  await signIn(page, gateway.address, ADMIN_KEY)
  const link = page.getByRole('link', { name: 'Overview' })
  await link.focus()
  await page.waitForResponse((response) => response.url().includes('/overview/live?look=1'))
  await page.locator('#look-2').waitFor({ state: 'attached' })
  assert.equal(await page.locator('a[href="/console"]:focus').count(), 1)
  const wide = await page.evaluate('document.documentElement.scrollWidth')
  assert.equal(wide, 320, 'nothing sticks out')
  await checkAccessible(page)
  assert.deepEqual(errors, [])
  await context.close()
})
