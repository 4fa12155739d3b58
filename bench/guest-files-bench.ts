import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../src/store/homes/open-store.ts'
import type { TestHome } from '../test/support/databases/database.ts'
import { ADMIN_KEY, type LogLine } from '../test/support/gateway/gateway-process.ts'
import { jpegOf, pngChunk, pngOf } from '../test/support/guest-files/images.ts'
import { pdfOf, pdfStream } from '../test/support/guest-files/pdfs.ts'
import { zipOf } from '../test/support/guest-files/zips.ts'
import { type RunningGateway, setStage } from '../test/support/stages/stage.ts'
import { type Report, whole } from './report.ts'
import { forgetPeak, startWarm } from './upload-bench.ts'

/** The target for the memory peak above idle, on a server database. */
const TARGET_MIB = 250
const TRANSFERS = 8
const BYTES = 10_000_000
const WITHIN_MS = 20 * 60_000

const noise = randomBytes(BYTES - 4_096)

/**
 * Files of 10 MB, one for each kind of inspection. The PNG, the PDF and the zip have random
 * content, which cannot be compressed.
 */
const CONTENTS: readonly (readonly [string, string, Buffer])[] = [
  ['photo.png', 'image/png', pngOf({ width: 64, height: 64, extra: [pngChunk('prVt', noise)] })],
  ['photo.jpg', 'image/jpeg', Buffer.concat([jpegOf(), Buffer.alloc(BYTES - 4_096)])],
  ['scan.pdf', 'application/pdf', pdfOf({ objects: [pdfStream('', noise)] })],
  ['files.zip', 'application/zip', zipOf([{ name: 'a.bin', data: noise, method: 0 }])],
  ['notes.txt', 'text/plain', Buffer.alloc(BYTES, 'Please call back on Monday. ')],
]

const BOUNDARY = 'bench-bench-bench'
const SLICE_BYTES = 64 * 1024

/** Each body as it is sent: a form with the file. All senders of a file use the same bytes. */
const FORMS = CONTENTS.map(([name, type, content]) => ({
  name,
  form: Buffer.concat([
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`,
    ),
    content,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]),
}))

type GuestFileFigures = {
  home: StoreHome['kind']
  files: number
  idleMiB: number
  /** The memory peak while all files were received, inspected and sent. */
  peakMiB: number
  /** The time until the last 202, and until the last file was stored. */
  answeredSeconds: number
  storedSeconds: number
  mostTransfers: number
}

function* slicesOf(form: Buffer): Generator<Buffer> {
  for (let at = 0; at < form.length; at += SLICE_BYTES) yield form.subarray(at, at + SLICE_BYTES)
}

/**
 * Sends slices of the shared bytes. `fetch` would copy the bytes for each of 200 calls. The sender
 * would then take more processor time than the gateway.
 */
const post = async (gateway: RunningGateway, n: number): Promise<string> => {
  const { name, form } = FORMS[n % FORMS.length]!
  const call = request(`${gateway.address}/v1/external-contacts/demo-guest/files`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      'idempotency-key': `bench-${n}`,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': form.length,
    },
  })
  // After an early refusal the connection closes, so the rest of the form cannot be sent.
  call.on('error', () => undefined)
  const answered = once(call, 'response') as Promise<[IncomingMessage]>
  Readable.from(slicesOf(form), { highWaterMark: 1 }).pipe(call)
  const [answer] = await answered
  const body = await text(answer)
  return answer.statusCode === 202 ? 'taken' : `${name}: ${answer.statusCode} ${body}`
}

/**
 * Sends a file again and again until the gateway accepts it, as a caller does. If one sender sends
 * 200 bodies, some bodies may make no progress for 15 s. The gateway refuses these
 * (`body-too-slow`).
 */
const sendOne = async (gateway: RunningGateway, n: number, untilMs: number): Promise<void> => {
  for (;;) {
    const outcome = await post(gateway, n).catch((error: unknown) => String(error))
    if (outcome === 'taken') return
    if (performance.now() > untilMs) throw new Error(outcome)
    await delay(1_000)
  }
}

/**
 * The largest number of transfers at the same time, calculated from the end and the duration of
 * each transfer.
 */
const mostAtOnce = (transfers: readonly LogLine[]): number => {
  const changes = transfers.flatMap((line) => {
    const endMs = Date.parse(String(line['time']))
    return [
      { atMs: endMs - Number(line['durationMs']), by: 1 },
      { atMs: endMs, by: -1 },
    ]
  })
  // In the same millisecond, an end counts before a beginning.
  changes.sort((a, b) => a.atMs - b.atMs || a.by - b.by)
  let [now, most] = [0, 0]
  for (const { by } of changes) most = Math.max(most, (now += by))
  return most
}

const measureGuestFiles = async (home: StoreHome, files: number): Promise<GuestFileFigures> => {
  const stage = await setStage(home, 'guide')
  try {
    const gateway = await startWarm(stage, { KEY_REQUESTS_PER_MINUTE: '600000' })
    const idleMiB = gateway.residentMiB()
    forgetPeak(gateway.pid)
    const startedAt = performance.now()
    const untilMs = startedAt + WITHIN_MS
    await Promise.all(Array.from({ length: files }, (_, n) => sendOne(gateway, n, untilMs)))
    const answeredSeconds = (performance.now() - startedAt) / 1000
    while (gateway.events('guest_file.ended').length < files) {
      if (performance.now() > untilMs) throw new Error('The files did not end')
      await delay(100)
    }
    const storedSeconds = (performance.now() - startedAt) / 1000
    const stored = gateway.events('guest_file.ended').filter(({ state }) => state === 'stored')
    if (stored.length !== files) throw new Error(`${stored.length} of ${files} files are stored`)
    return {
      home: home.kind,
      ...{ files, idleMiB, answeredSeconds, storedSeconds },
      peakMiB: gateway.peakMiB(),
      mostTransfers: mostAtOnce(gateway.events('guest_file.transferred')),
    }
  } finally {
    await stage.close()
  }
}

/**
 * Sends this many files of 10 MB at the same time. Measures the memory above idle, the time, and
 * how many files are transferred at the same time.
 */
export const benchGuestFiles = async (
  report: Report,
  places: readonly TestHome[],
  count: number,
): Promise<void> => {
  const runs: GuestFileFigures[] = []
  for (const home of places) {
    // The embedded database writes a file of 10 MB in the gateway's process. The same number of
    // files as on a server would take long, and the figures would say nothing more.
    const files = home.kind === 'embedded' ? Math.min(20, count) : count
    runs.push(await measureGuestFiles(await home.fresh(), files))
  }
  report.heading('Guest files of 10 MB, all at once')
  report.table(
    ['home', 'files', 'idle MiB', 'peak MiB', 'over idle', '202s s', 'stored s', 'transfers'],
    runs.map((run) => [
      run.home,
      whole(run.files),
      whole(run.idleMiB),
      whole(run.peakMiB),
      whole(run.peakMiB - run.idleMiB),
      run.answeredSeconds.toFixed(1),
      run.storedSeconds.toFixed(1),
      whole(run.mostTransfers),
    ]),
  )
  for (const { home, files, idleMiB, peakMiB, mostTransfers } of runs) {
    if (home !== 'server') continue
    const over = peakMiB - idleMiB
    report.judge({
      figure: `memory of ${files} guest files at once over idle, ${home}`,
      target: `≤ ${TARGET_MIB} MiB`,
      measured: `${whole(over)} MiB`,
      met: over <= TARGET_MIB,
    })
    report.judge({
      figure: 'guest files transferred at once',
      target: `≤ ${TRANSFERS}`,
      measured: whole(mostTransfers),
      met: mostTransfers <= TRANSFERS,
    })
  }
}
