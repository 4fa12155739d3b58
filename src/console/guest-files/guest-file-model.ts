import type { Caller } from '../../domain/access/access.ts'
import {
  GUEST_FILE_STATES,
  type GuestFile,
  SEEN_GUEST_FILE_STATES,
  type SeenGuestFileState,
} from '../../domain/guest-files/guest-file.ts'
import type { ChainedEntry } from '../../workflows/ports/audit/chain.ts'
import { entryLine } from '../audit/audit-model.ts'
import { shownBytes, shownDuration } from '../frame/words.ts'
import { ENGLISH } from '../texts/texts.ts'

const { guestFiles: words } = ENGLISH

const BADGE_OF = {
  scanning: 'working',
  uploading: 'working',
  confirming: 'working',
  held: 'held',
  stored: 'completed',
  rejected: 'failed',
  quarantined: 'failed',
  failed: 'failed',
} as const satisfies Record<SeenGuestFileState, string>

/**
 * The states by which the list of files can be filtered, with their labels. `receiving` is left
 * out, because the list never has such a file.
 */
export const stateChoices = () =>
  SEEN_GUEST_FILE_STATES.map((state) => ({ state, label: words.states[state] }))

const targetWords = ({ target }: GuestFile): { kind: string; id: string } =>
  target.kind === 'conversation'
    ? { kind: words.conversation, id: target.conversationId }
    : { kind: words.externalContact, id: target.externalContactId }

/** A file as a line of the list. */
export const guestFileLine = (file: GuestFile) => {
  // The store does not return a file that is still being received.
  const state = file.state as SeenGuestFileState
  return {
    id: file.id,
    name: file.fileName,
    badge: BADGE_OF[state],
    state: words.states[state],
    target: targetWords(file),
    size: shownBytes(file.sizeBytes),
    why: file.problem?.detail ?? (file.hold === null ? null : words.holds[file.hold.reason].why),
    createdAt: file.createdAt,
  }
}

const momentsOf = (file: GuestFile) =>
  [
    { at: file.createdAt, text: words.moments.accepted },
    { at: file.scan.at, text: words.moments.scanned },
    { at: file.hold?.since ?? null, text: words.moments.held },
    { at: file.storedAt, text: words.moments.stored },
  ].filter(({ at }) => at !== null)

const trailOf = (entries: readonly ChainedEntry[], caller: Pick<Caller, 'scopes'>) =>
  entries.map((entry) => {
    const line = entryLine(entry, caller)
    const said = line.said.map(({ name, value }) => `${name} ${value}`).join(', ')
    return { at: line.at, text: said === '' ? line.words : `${line.words} (${said})` }
  })

/**
 * The model of the page of one file. `trail`: its audit entries, newest first. null: the viewer has
 * no access to the audit trail, so the page shows the times in the file's own record.
 */
export const guestFileModel = (
  file: GuestFile,
  trail: readonly ChainedEntry[] | null,
  caller: Pick<Caller, 'scopes'>,
) => ({
  ...guestFileLine(file),
  type: file.contentType,
  hold: file.hold && { since: file.hold.since, ...words.holds[file.hold.reason] },
  problem: file.problem,
  scan: {
    verdict: file.scan.verdict === null ? words.notYet : words.scans[file.scan.verdict],
    engine: file.scan.engine,
    at: file.scan.at,
  },
  genesys: {
    fileId: file.genesys.fileId,
    status: file.genesys.status === null ? words.notYet : words.genesysStates[file.genesys.status],
    virusScan: words.virusScans[file.genesys.virusScan],
  },
  took: file.latencyMs === null ? null : shownDuration(file.latencyMs / 1000),
  sha256: file.sha256,
  md5: file.md5,
  moments: trail === null ? momentsOf(file) : trailOf(trail, caller),
  canCancel: !GUEST_FILE_STATES[file.state].ends,
  ended: GUEST_FILE_STATES[file.state].ends && file.genesys.virusScan !== 'pending',
  version: file.version,
})
