import { isFinished, type RowView } from '../../test/support/gateway/gateway-client.ts'
import { cleanFile } from '../../test/support/stages/contact-file.ts'
import { readContents } from './checks.ts'
import { number, say, showChecks } from './screen.ts'
import type { DemoStage } from './stage.ts'

const CONTACTS = 25_000
const FINISH_WITHIN_MS = 5 * 60_000
const DNC_LIST = 'demo-opt-outs'
/** Each request takes so long that an opt-out can arrive before the last batch is sent. */
const SLOW_MS = 200
/**
 * A kept database still suppresses people who opted out in earlier demos. So each demo uses
 * different people.
 */
const someFile = () =>
  cleanFile({
    rows: CONTACTS,
    prefix: 'OPT',
    from: (Math.floor(Date.now() / 1000) % 2_000) * CONTACTS,
  })

const atSandbox = async (stage: DemoStage, path: string, body: unknown): Promise<void> => {
  const response = await fetch(`${stage.sandbox.address}/_sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`The sandbox refused ${path}: ${await response.text()}`)
}

const optOut = async (stage: DemoStage, phoneNumber: string): Promise<string> => {
  const { status, body, text } = await stage.client.call<{ id: string }>(
    `/v1/dnc-lists/${DNC_LIST}/entries`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify([{ phoneNumber, reason: 'CUSTOMER_REQUEST', source: 'demo' }]),
    },
  )
  if (status !== 202) throw new Error(`The opt-out was answered ${status}: ${text}`)
  return body.id
}

/**
 * A contact of the last batch opts out when the first batches are delivered. Returns true if
 * Genesys does not have this contact afterwards, but has all others.
 */
export const playOptOut = async (stage: DemoStage): Promise<boolean> => {
  await atSandbox(stage, 'dnc-lists', { id: DNC_LIST, name: 'Opt-outs of the demo' })
  await atSandbox(stage, 'faults', [{ kind: 'slow', operation: 'bulk', delayMs: SLOW_MS }])
  const { csv, expected } = someFile()
  const people = [...expected.values()]
  const last = people.at(-1)!
  const sent = await stage.client.upload(stage.listId, csv, {
    key: `opt-out-${stage.listId}`,
    query: 'delivery=batches',
  })
  if (sent.status !== 202) throw new Error(`The upload was answered ${sent.status}: ${sent.text}`)
  const { id } = sent.body
  const begun = await stage.client.until(id, ({ counts }) => counts.delivered > 0)
  say(`${number(begun.counts.delivered)} of ${number(CONTACTS)} contacts are delivered`)
  const submissionId = await optOut(stage, last.phoneNumber!)
  say(`${last.customerId} opts out: ${submissionId}, which suppresses from this answer on`)
  const { counts, state } = await stage.client.until(id, isFinished, FINISH_WITHIN_MS)
  await atSandbox(stage, 'faults', [])
  const { body } = await stage.client.call<{ items: RowView[] }>(
    `/v1/uploads/${id}/rows?outcome=unprocessed`,
  )
  for (const { line, contactId, code, reason } of body.items) {
    say(`line ${line}  ${contactId}  ${code}  ${reason ?? ''}`)
  }
  const held = await readContents(stage.sandbox.address, stage.listId)
  const there = people.filter(({ customerId }) => held.has(customerId ?? '')).length
  return showChecks([
    {
      what: 'the delivery had begun, and had not ended',
      holds: begun.counts.delivered > 0 && begun.counts.delivered < CONTACTS,
      detail: '',
    },
    {
      what: 'the person who opted out was not sent, and the ledger shows why',
      holds:
        !held.has(last.customerId ?? '') &&
        body.items.length === 1 &&
        body.items[0]?.code === 'suppressed-since' &&
        body.items[0].contactId === last.customerId,
      detail: '',
    },
    {
      what: 'everybody else was sent, and the upload is completed: an opt-out is not an error',
      holds: there === CONTACTS - 1 && counts.delivered === CONTACTS - 1 && state === 'completed',
      detail: `${number(there)} of ${number(CONTACTS)}, ${state}`,
    },
  ])
}
