import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import type { Browser, BrowserContext, Page } from 'playwright-core'

import { TABLE } from '../../../src/console/page-table.ts'
import { checkAccessible, openTab, signIn, startBrowser } from '../../support/console/browser.ts'
import { ANSWERS, fillGateway, PLACES } from '../../support/console/filled-gateway.ts'
import { sendForm } from '../../support/console/send-form.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { createGatewayClient } from '../../support/gateway/gateway-client.ts'
import {
  ADMIN_KEY,
  type ProcessUnderTest,
  startGateway,
} from '../../support/gateway/gateway-process.ts'

const CONSOLE = join(import.meta.dirname, '..', '..', '..', 'src', 'console')

/**
 * Pages that only a journey reaches: going back to a segment that changes so much that a person has
 * to confirm it.
 */
const ELSEWHERE = ['/segments/segment-confirm']

const home = embeddedHome()
let gateway: ProcessUnderTest
let browser: Browser
let context: BrowserContext
let page: Page
let errors: string[]
const seen = new Set<string>()

before(async () => {
  const fresh = await home.fresh()
  gateway = await startGateway(fresh.kind === 'embedded' ? { DATA_DIR: fresh.dataDir } : {})
  browser = await startBrowser()
  ;({ page, context, errors } = await openTab(browser, { reducedMotion: 'reduce' }))
})
after(async () => {
  await context.close()
  await browser.close()
  await gateway.kill()
  await home.close()
})

/**
 * The elements that make the page wider than the screen. Text may stick out of its element. Tables
 * in a scrolling region may be wider.
 */
const STICKING_OUT = `document.documentElement.scrollWidth === innerWidth ? [] : [
    document.documentElement.scrollWidth + ' pixels',
    ...[...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth && element.closest('.scroll') === null)
      .map((element) => element.outerHTML.slice(0, 200)),
  ]`

/**
 * Checks a page by WCAG, first wide and light, then narrow and dark. In the second form too,
 * nothing may stick out, and colours and sizes of targets must be right.
 */
const judge = async (): Promise<void> => {
  seen.add((await page.locator('main').getAttribute('data-page')) ?? '')
  // There must be no placeholder instead of a text, and no missing value.
  assert.doesNotMatch(await page.locator('body').innerText(), /\[object|undefined|\{\w+\}/u)
  await checkAccessible(page)
  await page.setViewportSize({ width: 320, height: 700 })
  await page.emulateMedia({ colorScheme: 'dark' })
  assert.deepEqual(await page.evaluate(STICKING_OUT), [], page.url())
  await checkAccessible(page, ['color-contrast', 'target-size'])
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })
}

const open = async (place: string): Promise<void> => {
  await page.goto(`${gateway.address}/console${place}`)
  await page.locator('main').waitFor()
  await judge()
}

const withoutId = TABLE.flatMap((entry) =>
  entry.kind === 'page' && entry.part !== true && !entry.at.includes(':') ? [entry.at] : [],
)

test('every page that is empty holds to WCAG 2.2 AA, wide and narrow, light and dark', async () => {
  await page.goto(`${gateway.address}/console/sign-in`)
  await judge()
  await signIn(page, gateway.address, ADMIN_KEY)
  for (const at of withoutId) await open(at === '/' ? '' : at)
  await open('/uploads/upl_unknown')
})

test('every page of the table, and every page that answers a button, does so with something to show', async () => {
  const ids = await fillGateway(createGatewayClient(gateway.address, ADMIN_KEY), 400)
  const missing: string[] = []
  for (const entry of TABLE) {
    if (entry.kind !== 'page' || entry.part === true) continue
    const places = PLACES[entry.at]
    if (places === undefined) missing.push(entry.at)
    else for (const place of places(ids)) await open(place)
  }
  assert.deepEqual(missing, [], 'a new page needs its line in PLACES')
  for (const answer of Object.values(ANSWERS)) {
    await page.goto(`${gateway.address}/console`)
    await sendForm(page, ...answer(ids))
    await judge()
  }
  const templates: string[] = []
  for (const file of await readdir(CONSOLE, { recursive: true })) {
    if (!file.endsWith('.eta')) continue
    const text = await readFile(join(CONSOLE, file), 'utf8')
    if (text.includes("layout('/frame/layout')")) templates.push(`/${file.slice(0, -4)}`)
  }
  const unseen = templates.filter((name) => !seen.has(name) && !ELSEWHERE.includes(name))
  assert.deepEqual(unseen, [], 'a page that answers a button needs its line in ANSWERS')
  assert.deepEqual(errors, [])
})
