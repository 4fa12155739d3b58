import { parseArgs } from 'node:util'

import { isFinished, type UploadView } from '../test/support/gateway/gateway-client.ts'
import { demoChecks, readContents, readLedger } from './demo/checks.ts'
import { dirtyFile } from './demo/contacts.ts'
import { playGuestFile } from './demo/guest-file.ts'
import { playOptOut } from './demo/opt-out.ts'
import { createProgressBar, heading, number, say, showChecks } from './demo/screen.ts'
import { playSegment } from './demo/segment.ts'
import { type DemoStage, setStage } from './demo/stage.ts'

/**
 * Plays the whole loop: from a CRM's dirty file through the gateway to Genesys (simulated), and
 * back to the CRM. Exits with 0 if every number agrees.
 */
const FINISH_WITHIN_MS = 15 * 60_000
const SHOWN_REJECTIONS = 8
const DELIVERIES = ['auto', 'batches', 'file', 'callback'] as const

const USAGE =
  'npm run demo [-- --dialect guide|platform --rows 100000 --delivery auto|batches|file|callback | --segment | --guest-file]\n'

const readArguments = () => {
  try {
    return parseArgs({
      options: {
        dialect: { type: 'string', default: 'guide' },
        rows: { type: 'string', default: '100000' },
        delivery: { type: 'string', default: 'auto' },
        segment: { type: 'boolean', default: false },
        'guest-file': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'unknown'}\n${USAGE}`)
    return process.exit(2)
  }
}
const { values } = readArguments()

const usage = (): never => {
  process.stdout.write(USAGE)
  return process.exit(values.help ? 0 : 2)
}

const send = async (stage: DemoStage, file: ReturnType<typeof dirtyFile>, rows: number) => {
  const bar = createProgressBar('upload')
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const bytes of file.bytes) {
      bar.show(file.made(), rows, `${number(file.made())} rows`)
      yield bytes
    }
  }
  const startedAt = performance.now()
  const answer = await stage.client.upload(stage.listId, watched(), {
    key: `demo-${stage.listId}`,
    query: `delivery=${values.delivery}`,
  })
  bar.end()
  if (answer.status !== 202)
    throw new Error(`The upload was answered ${answer.status}: ${answer.text}`)
  const seconds = (performance.now() - startedAt) / 1000
  say(
    `202 after ${seconds.toFixed(1)} s: ${answer.body.id}, ${number(answer.body.counts.accepted)} accepted, ${number(answer.body.counts.rejected)} rejected, delivery method: ${answer.body.delivery.method}`,
  )
  return answer.body
}

const watchDelivery = async (stage: DemoStage, uploadId: string): Promise<UploadView> => {
  const bar = createProgressBar('delivery')
  const finished = await stage.client.until(
    uploadId,
    (upload) => {
      const { delivered, unchanged, failed, unprocessed, accepted } = upload.counts
      const settled = delivered + unchanged + failed + unprocessed
      bar.show(
        settled,
        accepted,
        `${number(settled)} of ${number(accepted)} contacts, ${upload.state}`,
      )
      return isFinished(upload)
    },
    FINISH_WITHIN_MS,
  )
  bar.end()
  return finished
}

const showRejections = async (stage: DemoStage, uploadId: string): Promise<void> => {
  for (const row of await stage.client.rejectedRows(uploadId, SHOWN_REJECTIONS)) {
    say(`line ${String(row.line).padStart(5)}  ${(row.code ?? '').padEnd(26)} ${row.reason ?? ''}`)
  }
}

const play = async (stage: DemoStage, rows: number): Promise<boolean> => {
  const file = dirtyFile(rows)
  heading(`1  The CRM sends ${number(rows)} rows to contact list ${stage.listId}`)
  const accepted = await send(stage, file, rows)
  heading('2  The gateway delivers them within the limits of Genesys')
  const upload = await watchDelivery(stage, accepted.id)
  heading('3  The CRM is notified (Standard Webhooks, signature verified)')
  const message = await stage.crm.message(({ data }) => data.uploadId === upload.id)
  say(`webhook-id ${message.id}`)
  say(JSON.stringify({ type: message.type, timestamp: message.timestamp, data: message.data }))
  heading('4  The first rejected rows, and why')
  await showRejections(stage, upload.id)
  heading('5  What Genesys really holds, and the sums')
  const [held, ledger] = await Promise.all([
    readContents(stage.sandbox.address, stage.listId),
    readLedger(stage.sandbox.address, stage.listId),
  ])
  const messages = stage.crm.about(upload.id)
  const agreed = showChecks(demoChecks({ upload, expected: file.expected, held, ledger, messages }))
  heading('6  A person opts out in the middle of a delivery')
  return (await playOptOut(stage)) && agreed
}

const chosen = (
  stage: DemoStage,
  dialect: 'guide' | 'platform',
  rows: number,
): Promise<boolean> => {
  if (values['guest-file']) return playGuestFile(stage, dialect)
  return values.segment ? playSegment(stage) : play(stage, rows)
}

const main = async (): Promise<number> => {
  const rows = Number(values.rows)
  const { dialect } = values
  if (values.help || !Number.isSafeInteger(rows) || rows < 1) return usage()
  if (dialect !== 'guide' && dialect !== 'platform') return usage()
  const delivery = DELIVERIES.find((one) => one === values.delivery)
  if (delivery === undefined || (delivery === 'callback' && dialect !== 'guide')) return usage()
  heading('Outbound Gateway demo. Genesys is SIMULATED (the sandbox).')
  const stage = await setStage(dialect, delivery).catch((error: unknown) => {
    heading(`The demo could not start: ${error instanceof Error ? error.message : String(error)}`)
    return null
  })
  if (stage === null) return 1
  say(
    `dialect ${dialect}, ${stage.home}, gateway ${stage.gateway.address}, sandbox ${stage.sandbox.address}`,
  )
  try {
    const agreed = await chosen(stage, dialect, rows)
    heading(agreed ? 'Everything agrees.' : 'NOT everything agrees.')
    return agreed ? 0 : 1
  } catch (error) {
    heading(`The demo failed: ${error instanceof Error ? error.message : String(error)}`)
    for (const line of stage.gateway.output.slice(-5)) say(line)
    return 1
  } finally {
    await stage.close()
  }
}

process.exitCode = await main()
