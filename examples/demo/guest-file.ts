import { setTimeout as delay } from 'node:timers/promises'

import type { GuestFileReport } from '../../src/sandbox/state/guest-files/guest-files.ts'
import { pngOf } from '../../test/support/guest-files/images.ts'
import { zipOf } from '../../test/support/guest-files/zips.ts'
import { type Check, heading, say, showChecks } from './screen.ts'
import type { DemoStage } from './stage.ts'

type FileView = {
  id: string
  state: string
  code?: string
  detail?: string
  sha256: string
  scan: { verdict: string | null }
  genesys: { fileId: string | null; virusScan: string }
  latencyMs: number | null
}

const ENDS = ['stored', 'rejected', 'quarantined', 'failed']

const send = async ({ client }: DemoStage, name: string, content: Buffer) => {
  const form = new FormData()
  form.set('file', new Blob([Uint8Array.from(content)]), name)
  return client.call<FileView>('/v1/external-contacts/demo-guest/files', {
    method: 'POST',
    headers: { 'idempotency-key': `demo-${name}-${Date.now()}` },
    body: form,
  })
}

const followed = async ({ client }: DemoStage, id: string): Promise<FileView> => {
  for (;;) {
    const { body } = await client.call<FileView>(`/v1/guest-files/${id}`)
    if (ENDS.includes(body.state) && body.genesys.virusScan !== 'pending') return body
    await delay(100)
  }
}

const filesAt = async (sandboxUrl: string): Promise<GuestFileReport[]> => {
  const response = await fetch(`${sandboxUrl}/_sandbox/guest-files`)
  return ((await response.json()) as { files: GuestFileReport[] }).files
}

/** A file that is refused, one that is stored, and what Genesys really holds. */
export const playGuestFile = async (stage: DemoStage): Promise<boolean> => {
  heading('1  An archive in an archive is refused at once')
  const inner = zipOf([{ name: 'a.txt', data: 'a' }])
  const refused = await send(stage, 'files.zip', zipOf([{ name: 'inner.zip', data: inner }]))
  say(`${refused.status} ${refused.body.code}: ${refused.body.detail}`)
  heading('2  A picture is inspected, scanned and brought to Genesys')
  const accepted = await send(stage, 'photo.png', pngOf({ width: 64, height: 48 }))
  say(`${accepted.status}: ${accepted.body.id}`)
  const file = await followed(stage, accepted.body.id)
  say(
    `${file.state} after ${file.latencyMs} ms; our scanner: ${file.scan.verdict}, that of Genesys: ${file.genesys.virusScan}`,
  )
  heading('3  What Genesys really holds')
  const held = (await filesAt(stage.sandbox.address)).filter(
    ({ id, confirmed }) => confirmed && id === file.genesys.fileId,
  )
  const [found] = held
  const same = (what: string, expected: unknown, is: unknown): Check => ({
    what,
    holds: expected === is,
    detail: String(is),
  })
  const checks = [
    same('the archive was refused', 'archive-refused', refused.body.code),
    same('the picture is stored', 'stored', file.state),
    same('files confirmed for it', 1, held.length),
    same('SHA-256 in Genesys', file.sha256, found?.sha256),
    same('its contact', 'demo-guest', found?.externalContactId),
  ]
  return showChecks(checks)
}
