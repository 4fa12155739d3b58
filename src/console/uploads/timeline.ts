import { hasScope } from '../../domain/access/access.ts'
import { type Upload, type UploadState } from '../../domain/uploads/upload.ts'
import type { ChainedEntry } from '../../workflows/ports/audit/chain.ts'
import type { Visit } from '../frame/page.ts'
import { ENGLISH, fill } from '../texts/texts.ts'

/**
 * Something that happened, and when. `by`: the key of the person who requested it. null: the
 * gateway did it by itself, or the upload's own record does not show who requested it.
 */
export type Moment = { at: string; text: string; by: string | null }

const { states, holds } = ENGLISH
const { moments: words, timeline } = ENGLISH.upload

/** How many moments a page shows. They do not include batches. */
const MOST_MOMENTS = 300

/**
 * The history that the upload's own record contains. The page shows it to viewers without access to
 * the audit trail. Other viewers see it until the trail has entries of the upload.
 */
const ownMoments = (upload: Upload): Moment[] => {
  const parts: [string | null | undefined, string][] = [
    [upload.createdAt, words.accepted],
    [upload.appliedAt, words.applied],
    [upload.hold?.since, words.held],
    [upload.completedAt, fill(words.ended, { state: states[upload.state] })],
  ].map(([at, text]) => [at ?? null, text ?? ''])
  return parts.flatMap(([at, text]) => (at ? [{ at, text, by: null }] : []))
}

/** The comparison with Genesys, which has no entry in the audit trail. */
const compared = ({ reconciliation }: Upload): Moment[] =>
  reconciliation?.checkedAt
    ? [{ at: reconciliation.checkedAt, text: words.reconciled[reconciliation.state], by: null }]
    : []

const { audited } = timeline

const stateOf = (state: unknown): string => states[String(state) as UploadState] ?? String(state)

const movedText = ({ details: { to, reason } }: ChainedEntry): string => {
  const hold = (holds as Record<string, { why: string } | undefined>)[String(reason)]
  return to === 'held' && hold !== undefined
    ? fill(audited.held, { why: hold.why })
    : fill(audited.moved, { state: stateOf(to) })
}

/** For each action that the page shows, its text. */
const TEXTS: Readonly<Record<string, (entry: ChainedEntry) => string>> = {
  'upload.accepted': ({ counts }) => fill(audited.accepted, { count: counts['read'] ?? 0 }),
  'upload.moved': movedText,
  'upload.released': () => audited.released,
  'upload.finished': ({ details }) => fill(words.ended, { state: stateOf(details['state']) }),
  'upload.controlled': ({ details: { command } }) =>
    (audited.commands as Record<string, string>)[String(command)] ?? String(command),
  'upload.cells_revealed': ({ counts }) => fill(audited.revealed, { count: counts['rows'] ?? 0 }),
}

const momentOf = (entry: ChainedEntry): Moment[] => {
  const text = TEXTS[entry.action]?.(entry) ?? null
  const by = entry.actor === 'gateway' ? null : entry.actor
  return text === null ? [] : [{ at: entry.at, text, by }]
}

const SHOWN_ACTIONS = Object.keys(TEXTS)

/** `isCut`: earlier moments exist that are not shown. */
export type Timeline = { moments: Moment[]; isCut: boolean }

/**
 * The history of an upload: the newest moments, in the order of time. It is read from the audit
 * trail if the viewer may read that trail.
 */
export const timelineOf = async (
  { deps, caller }: Pick<Visit, 'deps' | 'caller'>,
  upload: Upload,
): Promise<Timeline> => {
  const own = compared(upload)
  const inOrder = (all: Moment[]) => all.toSorted((a, b) => a.at.localeCompare(b.at))
  if (!hasScope(caller.scopes, 'audit')) {
    return { moments: inOrder([...ownMoments(upload), ...own]), isCut: false }
  }
  const page = { limit: MOST_MOMENTS, cursor: null }
  const filter = { object: upload.id, actions: SHOWN_ACTIONS }
  const found = await deps.audit.newest(caller, filter, page)
  const entries = (found?.items ?? []).toReversed()
  // An upload begins when it is accepted. The transaction that accepts it may write the entry of a
  // hold before the entry of the acceptance.
  const isBegin = ({ action }: ChainedEntry): boolean => action === 'upload.accepted'
  const begin = entries.filter(isBegin).flatMap(momentOf)
  const audited = entries.filter((entry) => !isBegin(entry)).flatMap(momentOf)
  // A new entry needs about a second to get into the chain. Until then the page shows the times in
  // the upload's own record.
  const isChained = entries.length > 0
  return {
    moments: [...begin, ...inOrder([...(isChained ? audited : ownMoments(upload)), ...own])],
    isCut: (found?.next ?? null) !== null,
  }
}
