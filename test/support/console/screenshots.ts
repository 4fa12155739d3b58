/**
 * `npm run console:screenshots` takes a picture of each page of the console, from a gateway on the
 * sandbox that has something to show. It writes them into `docs/images`: wide and light, narrow and
 * dark. Check each picture after a change of a template or of the style sheet. Only the picture for
 * the README is committed.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { Page } from 'playwright-core'

import { embeddedHome } from '../databases/database.ts'
import { createGatewayClient } from '../gateway/gateway-client.ts'
import { ADMIN_KEY, startGateway } from '../gateway/gateway-process.ts'
import { openTab, signIn, startBrowser } from './browser.ts'
import { ANSWERS, contactFile, fillGateway, LIST, PLACES } from './filled-gateway.ts'
import { sendForm } from './send-form.ts'

const IMAGES = join(import.meta.dirname, '..', '..', '..', 'docs', 'images')
const ROWS = 4_000

const nameOf = (place: string): string =>
  place.replaceAll(/[:\W]+/gu, '-').replace(/^-/u, '') || 'overview'

const home = embeddedHome()
const fresh = await home.fresh()
// It has no credentials, so Genesys is the sandbox in its process, and every page says so.
const gateway = await startGateway(fresh.kind === 'embedded' ? { DATA_DIR: fresh.dataDir } : {})
const browser = await startBrowser()
try {
  await mkdir(IMAGES, { recursive: true })
  const wide = await openTab(browser, { viewport: { width: 1200, height: 800 } })
  const dark = await openTab(browser, {
    viewport: { width: 320, height: 800 },
    colorScheme: 'dark',
  })
  const tabs: readonly [Page, string][] = [
    [wide.page, ''],
    [dark.page, '-narrow-dark'],
  ]
  const inBoth = async (name: string, open: (page: Page) => Promise<unknown>): Promise<void> => {
    for (const [page, suffix] of tabs) {
      await open(page)
      await page.screenshot({
        path: join(IMAGES, `console-${name}${suffix}.png`),
        fullPage: true,
      })
    }
  }
  await inBoth('sign-in', (page) => page.goto(`${gateway.address}/`))
  for (const [page] of tabs) await signIn(page, gateway.address, ADMIN_KEY)
  const ids = await fillGateway(createGatewayClient(gateway.address, ADMIN_KEY), ROWS)
  for (const [at, places] of Object.entries(PLACES)) {
    for (const [index, place] of places(ids).entries()) {
      const name = index === 0 ? nameOf(at) : `${nameOf(at)}-${index + 1}`
      await inBoth(name, (page) => page.goto(`${gateway.address}/console${place}`))
    }
  }
  for (const [template, answer] of Object.entries(ANSWERS)) {
    // The page makes something that has a name, and a name can be used only once.
    if (template === '/access/once') continue
    await inBoth(`answer${template.replaceAll('/', '-')}`, async (page) => {
      await page.goto(`${gateway.address}/console`)
      await sendForm(page, ...answer(ids))
    })
  }
  // A file was chosen, and the page shows what is in it.
  await inBoth('uploads-new-seen', async (page) => {
    await page.goto(`${gateway.address}/console/uploads/new?list=${LIST}`)
    const buffer = Buffer.from(contactFile('new', 5, 1).replace('phoneNumber', 'mobile'))
    await page.locator('#file').setInputFiles({ name: 'new.csv', mimeType: 'text/csv', buffer })
    await page.locator('#detected table').waitFor()
  })
  // The picture for the README. It shows what a reader sees first, no taller than a screen.
  await wide.page.goto(`${gateway.address}/console`)
  await wide.page.screenshot({ path: join(IMAGES, 'console.png') })
} finally {
  await browser.close()
  await gateway.kill()
  await home.close()
}
