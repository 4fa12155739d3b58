import { createHash, randomBytes, randomUUID } from 'node:crypto'

import type { Clock } from '../../../lib/clock.ts'

/** How long a pre-signed URL is valid [guide-003]. */
const URL_LIVES_MS = 15 * 60_000
const THUMBNAILED = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

export type SandboxGuestFile = {
  id: string
  externalContactId: string
  fileName: string
  contentType: string
  size: number
  signature: string
  madeAtMs: number
  /** The stored bytes, as they arrived. null: none. */
  bytes: Buffer | null
  /** The media type with which the bytes arrived. */
  sentType: string | null
  puts: number
  confirmations: number
  confirmedAtMs: number | null
  /**
   * The verdict of the scan, and how long after the confirmation it is known. null: the scan never
   * ends.
   */
  verdict: { word: string; afterMs: number } | null
}

/** What a file of the sandbox really is, for tests to compare with. */
export type GuestFileReport = {
  id: string
  externalContactId: string
  fileName: string
  contentType: string
  sizeBytes: number
  /** The digest of the stored bytes. null: none are stored. */
  sha256: string | null
  confirmed: boolean
  confirmations: number
  puts: number
  thumbnail: boolean
}

export type GuestFiles = {
  contacts: Set<string>
  register(
    file: Pick<SandboxGuestFile, 'externalContactId' | 'fileName' | 'contentType' | 'size'>,
  ): SandboxGuestFile
  find(externalContactId: string, id: string): SandboxGuestFile | null
  /** The file by its id alone, as a storage finds it. */
  at(id: string): SandboxGuestFile | null
  isExpired(file: SandboxGuestFile): boolean
  /** `pending` until the scan ends. */
  verdictOf(file: SandboxGuestFile): string
  report(): GuestFileReport[]
  reset(): void
}

const DEMO_CONTACTS = ['demo-guest', 'demo-guest-2']

/**
 * Begins with the external contacts `DEMO_CONTACTS`. By default, the scan of a file ends as
 * `passed` as soon as the file is confirmed.
 */
export const createGuestFiles = ({ clock }: { clock: Clock }): GuestFiles => {
  const files = new Map<string, SandboxGuestFile>()
  const contacts = new Set(DEMO_CONTACTS)
  return {
    contacts,
    register: (file) => {
      const made: SandboxGuestFile = {
        ...file,
        id: randomUUID(),
        signature: randomBytes(32).toString('hex'),
        madeAtMs: clock.monotonicMs(),
        bytes: null,
        sentType: null,
        puts: 0,
        confirmations: 0,
        confirmedAtMs: null,
        verdict: { word: 'passed', afterMs: 0 },
      }
      files.set(made.id, made)
      return made
    },
    find: (externalContactId, id) => {
      const file = files.get(id)
      return file?.externalContactId === externalContactId ? file : null
    },
    at: (id) => files.get(id) ?? null,
    isExpired: (file) => clock.monotonicMs() - file.madeAtMs >= URL_LIVES_MS,
    verdictOf: ({ confirmedAtMs, verdict }) =>
      confirmedAtMs !== null &&
      verdict !== null &&
      clock.monotonicMs() - confirmedAtMs >= verdict.afterMs
        ? verdict.word
        : 'pending',
    report: () =>
      [...files.values()].map((file) => ({
        id: file.id,
        externalContactId: file.externalContactId,
        fileName: file.fileName,
        contentType: file.contentType,
        sizeBytes: file.size,
        sha256: file.bytes === null ? null : createHash('sha256').update(file.bytes).digest('hex'),
        confirmed: file.confirmedAtMs !== null,
        confirmations: file.confirmations,
        puts: file.puts,
        thumbnail:
          file.confirmedAtMs !== null &&
          THUMBNAILED.has(file.contentType) &&
          file.sentType === file.contentType,
      })),
    reset: () => {
      files.clear()
      contacts.clear()
      for (const contact of DEMO_CONTACTS) contacts.add(contact)
    },
  }
}
