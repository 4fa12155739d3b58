import { writeFileSync } from 'node:fs'

import { openTab, signIn, startBrowser, checkAccessible } from './test/support/console/browser.ts'
import { embeddedHome } from './test/support/databases/database.ts'
import { createGatewayClient } from './test/support/gateway/gateway-client.ts'
import { ADMIN_KEY, startGateway } from './test/support/gateway/gateway-process.ts'
const home = embeddedHome()
const fresh = await home.fresh()
const gateway = await startGateway(fresh.kind === 'embedded' ? { DATA_DIR: fresh.dataDir } : {})
const client = createGatewayClient(gateway.address, ADMIN_KEY)
const browser = await startBrowser()
const csv = [
  'Kundennr;First Name;lastName;phone number;E-Mail;city;nonsense',
  ...Array.from(
    { length: 12 },
    (_, i) => `c-${i};Ada <b>;Löw;+1212555${String(1000 + i)};a${i}@example.com;Bonn;x`,
  ),
  'c-x;Bob;Lo;12;;;',
  ';Cy;Lo;+12125550123;;;',
].join('\n')
writeFileSync('/tmp/filesui.csv', csv)
try {
  const { page, errors } = await openTab(browser)
  await signIn(page, gateway.address, ADMIN_KEY)
  await page.goto(gateway.address + '/console/uploads/new')
  await page.screenshot({ path: '/tmp/f1.png', fullPage: true })
  await checkAccessible(page)
  await page.getByLabel('Contact list').selectOption('demo-contacts')
  await page.getByLabel('File', { exact: true }).setInputFiles('/tmp/filesui.csv')
  await page.locator('#detected > *').first().waitFor()
  await page.screenshot({ path: '/tmp/f2.png', fullPage: true })
  await checkAccessible(page)
  await page.setViewportSize({ width: 320, height: 800 })
  await page.screenshot({ path: '/tmp/f3.png', fullPage: true })
  await page.setViewportSize({ width: 1280, height: 800 })
  console.log(await page.evaluate('document.documentElement.scrollWidth'))
  await page.getByRole('button', { name: 'Upload', exact: true }).click()
  await page
    .getByRole('heading', { name: 'Plan', exact: true })
    .waitFor({ timeout: 8000 })
    .catch(() => undefined)
  await page.screenshot({ path: '/tmp/f4.png', fullPage: true })
  console.log(page.url(), errors)
} finally {
  await browser.close()
  await gateway.kill()
  await home.close()
}
