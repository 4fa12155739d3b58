/**
 * `npm run bench:browser` uploads a file of 1 GB with a real browser. It cancels the upload once
 * after a fifth of the file, and then uploads the whole file. `-- --bytes N`: another size.
 */
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { openTab, signIn, startBrowser } from '../../test/support/console/browser.ts'
import { serverHome } from '../../test/support/databases/database.ts'
import { ADMIN_KEY, metricOf } from '../../test/support/gateway/gateway-process.ts'
import { setStage } from '../../test/support/stages/stage.ts'
import { whole } from '../report.ts'
import { forgetPeak, LIST, ROOM } from '../upload-bench.ts'

const { values } = parseArgs({ options: { bytes: { type: 'string', default: '1000000000' } } })
const BYTES = Number(values.bytes)
const WITHIN_MS = 30 * 60_000
/** A long text. The list has no column for it, so the page leaves it out. */
const NOTE = 'Asked for a call on Monday morning about the offer of last week. '.repeat(15)

const beganAt = performance.now()
/** Prints progress to standard error. A run that is interrupted then shows how far it came. */
const tell = (what: string): void =>
  console.error(`  … ${((performance.now() - beganAt) / 1_000).toFixed(0)} s: ${what}`)

function* lines(): Generator<string> {
  yield 'customerId,firstName,lastName,phoneNumber,email,city,notes\n'
  for (let row = 0, bytes = 0; bytes < BYTES; row += 1) {
    const line = `big-${row},Ada,Lovelace,+1212555${String(row % 10_000).padStart(4, '0')},,Bonn,${NOTE}\n`
    bytes += line.length
    yield line
  }
}

const directory = await mkdtemp(join(tmpdir(), 'gateway-browser-'))
const home = serverHome({ durable: true })
const stage = await setStage(await home.fresh(), 'guide')
const browser = await startBrowser()
try {
  const path = join(directory, 'a-gigabyte.csv')
  await pipeline(Readable.from(lines()), createWriteStream(path))
  tell('the file is written')
  const gateway = await stage.gateway(ROOM)
  const { page } = await openTab(browser)
  page.setDefaultTimeout(WITHIN_MS)
  await signIn(page, gateway.address, ADMIN_KEY)
  await page.goto(`${gateway.address}/console/uploads/new?list=${LIST}`)
  await page.getByLabel('File', { exact: true }).setInputFiles(path)
  await page.getByRole('heading', { name: 'What the gateway sees' }).waitFor()
  const send = page.getByRole('button', { name: 'Upload', exact: true })
  const cpuSeconds = async () =>
    metricOf((await gateway.client.call('/metrics')).text, 'process_cpu_seconds_total')
  tell('the page has looked at the file')
  await send.click()
  await page
    .locator('#sent')
    .filter({ hasText: /, [2-9]\d %/u })
    .waitFor()
  const cancelledAt = performance.now()
  await page.getByRole('button', { name: 'Cancel the upload' }).click()
  await page.getByText('You cancelled the upload').waitFor()
  const cancelMs = performance.now() - cancelledAt
  tell('a fifth was sent and cancelled')
  const idleMiB = gateway.residentMiB()
  forgetPeak(gateway.pid)
  let [before, startedAt] = [0, 0]
  const refused = page.locator('#upload-problem:not([hidden])')
  for (let press = 1; ; press += 1) {
    ;[before, startedAt] = [await cpuSeconds(), performance.now()]
    await send.click()
    await page.getByText('The file is accepted.').or(refused).first().waitFor()
    if (!(await refused.isVisible())) break
    const text = await refused.innerText()
    // The gateway notices a little later that the attempt was cancelled. Until then it refuses a
    // new attempt, and a person would press the button again.
    if (press === 20 || !text.includes('still in progress')) throw new Error(`Refused: ${text}`)
    tell('the cancelled attempt is still in progress')
    await delay(5_000)
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const id = page.url().replace(/.*\/(upl_\w+).*/u, '$1')
  const { counts, rejections } = await gateway.client.find(id)
  if (counts.accepted === 0) tell(`nothing was accepted: ${JSON.stringify({ counts, rejections })}`)
  console.log(
    `${whole((await stat(path)).size)} bytes, ${whole(counts.read)} rows read, ${whole(counts.accepted)} accepted, by browser: ` +
      `${seconds.toFixed(0)} s until its page, ${((await cpuSeconds()) - before).toFixed(1)} s of processor of the gateway, ` +
      `${whole(gateway.peakMiB())} MiB at most, ${whole(idleMiB)} before; the cancel was told after ${whole(cancelMs)} ms.`,
  )
} finally {
  await browser.close()
  await stage.close()
  await home.close()
  await rm(directory, { recursive: true, force: true })
}
