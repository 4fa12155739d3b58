import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before } from 'node:test'

import {
  chromium,
  type Browser,
  type BrowserContext,
  type Locator,
  type Page,
} from 'playwright-core'

const require = createRequire(import.meta.url)
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

/** Debian's Chromium, which `.ci/run` installs. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })

/** One browser for all tests of the file. */
export const browserOfSuite = (): (() => Browser) => {
  let browser: Browser
  before(async () => {
    browser = await startBrowser()
  })
  after(() => browser.close())
  return () => browser
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

type Finding = { id: string; help: string; nodes: { html: string }[] }

/**
 * Fails if axe-core finds anything against WCAG 2.2 AA on the page as it is now. `rules`: checks
 * only these.
 */
export const checkAccessible = async (page: Page, rules?: readonly string[]): Promise<void> => {
  // The driver runs axe-core, because the policy of the pages forbids a script element. The script
  // has half a megabyte, so each document gets it once.
  if (!(await page.evaluate<boolean>('typeof axe === "object"'))) await page.evaluate(AXE)
  const { violations } = await page.evaluate<{ violations: Finding[] }>(
    `axe.run(${JSON.stringify({
      runOnly: rules === undefined ? TAGS : { type: 'rule', values: rules },
      // Of the rules that a page fulfils, axe then describes only one element each.
      resultTypes: ['violations'],
    })})`,
  )
  const told = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html }) => `  ${html}`).join('\n')}`,
  )
  assert.deepEqual(told, [], page.url())
}

/**
 * Opens a tab. If its scripts fail or it breaks the policy of the page, the test fails at its end.
 */
export const openTab = async (
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ page: Page; context: BrowserContext; errors: string[] }> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of [45]\d\d/u.test(message.text())) {
      errors.push(message.text())
    }
  })
  return { page, context, errors }
}

export const signIn = async (page: Page, address: string, key: string): Promise<void> => {
  await page.goto(`${address}/`)
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
}

/** Resolves when the page has refreshed itself once more. */
export const untilRefreshed = async (page: Page): Promise<void> => {
  const look = await page.locator('[id^="look-"]').getAttribute('id')
  await page.locator(`[id^="look-"]:not([id="${look}"])`).waitFor({ state: 'attached' })
}

/**
 * Chooses the option that begins with this text by the arrow keys. Typing its name does not work,
 * because a browser forgets the first letters after a second.
 */
export const chooseByKeys = async (page: Page, select: Locator, label: string): Promise<void> => {
  await select.focus()
  await page.keyboard.press('Home')
  for (let left = await select.locator('option').count(); left > 0; left -= 1) {
    const shown = await select.locator('option:checked').textContent()
    if (shown?.trim().startsWith(label) === true) return
    await page.keyboard.press('ArrowDown')
  }
  throw new Error(`No option ${label}`)
}
