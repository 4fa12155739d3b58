import { setTimeout as delay } from 'node:timers/promises'

import type { GuestFileReport } from '../../src/sandbox/state/guest-files/guest-files.ts'
import type { MessageMediaReport } from '../../src/sandbox/state/guest-files/message-media.ts'
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

type Dialect = 'guide' | 'platform'

const PLACES = {
  guide: { path: '/v1/external-contacts/demo-guest/files', owner: 'demo-guest' },
  platform: {
    path: '/v1/conversations/demo-conversation/communications/demo-communication/files',
    owner: 'demo-conversation',
  },
} as const

const send = async (
  { client }: DemoStage,
  dialect: Dialect,
  { name, content }: { name: string; content: Buffer },
) => {
  const form = new FormData()
  form.set('file', new Blob([Uint8Array.from(content)]), name)
  return client.call<FileView>(PLACES[dialect].path, {
    method: 'POST',
    headers: { 'idempotency-key': `demo-${name}-${Date.now()}` },
    body: form,
  })
}

/** In the platform dialect, the files are media of messages. Genesys reports no scan of them. */
const followed = async ({ client }: DemoStage, dialect: Dialect, id: string): Promise<FileView> => {
  for (;;) {
    const { body } = await client.call<FileView>(`/v1/guest-files/${id}`)
    const isOver = dialect === 'platform' || body.genesys.virusScan !== 'pending'
    if (ENDS.includes(body.state) && isOver) return body
    await delay(100)
  }
}

type Held = { sha256: string | null; owner: string; times: number }

/**
 * What Genesys holds of a file. `owner`: for whom it is. `times`: in how many messages it was sent
 * (platform), or 1 if it was confirmed (guide).
 */
const heldAs = async (sandboxUrl: string, dialect: Dialect, fileId: string): Promise<Held[]> => {
  const asked = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${sandboxUrl}/_sandbox/${path}`)).json()) as T
  if (dialect === 'guide') {
    const { files } = await asked<{ files: GuestFileReport[] }>('guest-files')
    return files
      .filter(({ id, confirmed }) => confirmed && id === fileId)
      .map(({ sha256, externalContactId: owner }) => ({ sha256, owner, times: 1 }))
  }
  const { media } = await asked<{ media: MessageMediaReport[] }>('message-media')
  return media
    .filter(({ id }) => id === fileId)
    .map(({ sha256, conversationId: owner, messages: times }) => ({ sha256, owner, times }))
}

/** Shows a file that is refused, one that is stored, and what Genesys really holds. */
export const playGuestFile = async (stage: DemoStage, dialect: Dialect): Promise<boolean> => {
  heading('1  An archive in an archive is refused immediately')
  const inner = zipOf([{ name: 'a.txt', data: 'a' }])
  const refused = await send(stage, dialect, {
    name: 'files.zip',
    content: zipOf([{ name: 'inner.zip', data: inner }]),
  })
  say(`${refused.status} ${refused.body.code}: ${refused.body.detail}`)
  heading('2  A picture is inspected, scanned and brought to Genesys')
  const accepted = await send(stage, dialect, {
    name: 'photo.png',
    content: pngOf({ width: 64, height: 48 }),
  })
  say(`${accepted.status}: ${accepted.body.id}`)
  const file = await followed(stage, dialect, accepted.body.id)
  say(
    `${file.state} after ${file.latencyMs} ms; verdict of our scanner: ${file.scan.verdict}, verdict of Genesys: ${file.genesys.virusScan}`,
  )
  heading('3  What Genesys really holds')
  const held = await heldAs(stage.sandbox.address, dialect, file.genesys.fileId ?? '')
  const [found] = held
  const same = (what: string, expected: unknown, is: unknown): Check => ({
    what,
    holds: expected === is,
    detail: String(is),
  })
  const checks = [
    same('the archive was refused', 'archive-refused', refused.body.code),
    same('the picture is stored', 'stored', file.state),
    same('how often it is there', 1, found?.times),
    same('SHA-256 in Genesys', file.sha256, found?.sha256),
    same('for whom', PLACES[dialect].owner, found?.owner),
  ]
  return showChecks(checks)
}
