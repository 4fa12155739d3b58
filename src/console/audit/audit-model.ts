import type { Caller } from '../../domain/access/access.ts'
import { AUDIT_ACTIONS, type AuditAction } from '../../domain/audit/audit-details.ts'
import type { ChainVerification } from '../../workflows/audit/read-audit.ts'
import type { ChainedEntry } from '../../workflows/ports/audit/chain.ts'
import { pageLinks } from '../frame/fields.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import { objectLink } from './object-links.ts'

const { audit: words } = ENGLISH

const BADGE_OF: Record<string, string> = { ok: 'completed', failed: 'failed', intended: 'waiting' }
const OUTCOMES: Record<string, string> = words.outcomes

const isAction = (action: string): action is AuditAction => Object.hasOwn(words.actions, action)

/** The members of an entry as names and texts. A nested member is shown as JSON. */
const factsOf = (members: Record<string, unknown>): { name: string; value: string }[] =>
  Object.entries(members)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ({
      name,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    }))

const aboutOf = (entry: ChainedEntry) =>
  factsOf({
    [words.facts.number]: entry.seq,
    [words.facts.id]: entry.id,
    [words.facts.tenant]: entry.tenant,
    [words.facts.request]: entry.requestId,
    [words.facts.attempt]: entry.attempt,
    [words.facts.latency]:
      entry.latencyMs === null ? null : fill(words.facts.milliseconds, { count: entry.latencyMs }),
    [words.facts.digest]: entry.digest,
    [words.facts.hash]: entry.hash,
  })

/**
 * An entry as a line of the list. The links are null if the object has no page, or if the viewer
 * may not see it. An action or outcome that has no words is shown as its code.
 */
export const entryLine = (entry: ChainedEntry, { scopes }: Pick<Caller, 'scopes'>) => ({
  seq: entry.seq,
  at: entry.at,
  action: entry.action,
  words: isAction(entry.action) ? words.actions[entry.action] : entry.action,
  actor: entry.actor,
  actorLink: objectLink(entry.actor, scopes),
  object: entry.object,
  objectLink: objectLink(entry.object, scopes),
  badge: BADGE_OF[entry.outcome] ?? 'plain',
  outcome: OUTCOMES[entry.outcome] ?? entry.outcome,
  said: factsOf({ ...entry.details, ...entry.counts }),
  about: aboutOf(entry),
})

export type AuditAsked = {
  from?: string | undefined
  to?: string | undefined
  action?: string | undefined
  object?: string | undefined
  actor?: string | undefined
  cursor?: string | undefined
}

/**
 * The model of the list of entries. `found.next`: where the next page begins. null: there is no
 * next page. `limit`: the most entries of a page.
 */
export const auditModel = (
  found: { items: readonly ChainedEntry[]; next: string | null },
  { cursor, ...filter }: AuditAsked,
  { caller, limit }: { caller: Pick<Caller, 'scopes'>; limit: number },
) => ({
  entries: found.items.map((entry) => entryLine(entry, caller)),
  filter,
  /** Whether the search stopped before the oldest entry, although the page is not full. */
  isPart: found.next !== null && found.items.length < limit,
  filtered: Object.values(filter).some((value) => value !== undefined),
  actions: AUDIT_ACTIONS.map((action) => ({ action, label: words.actions[action] })).toSorted(
    (one, other) => one.label.localeCompare(other.label, 'en'),
  ),
  ...pageLinks('/console/audit', filter, { cursor, next: found.next }),
})

const FAULTS: Record<string, string> = words.verdict.faults

/** The result of a check of the chain, as the page shows it. */
export const verdictModel = (verdict: ChainVerification) => ({
  ok: verdict.ok,
  heading: verdict.ok ? words.verdict.holds : words.verdict.broken,
  looked: fill(words.verdict.looked, { blocks: verdict.blocks, entries: verdict.entries }),
  first: verdict.firstBlock,
  last: verdict.lastBlock,
  head: verdict.head,
  faults: verdict.faults.map(({ block, entry, kind }) => ({
    block,
    entry,
    kind,
    words: FAULTS[kind] ?? kind,
  })),
  stray:
    verdict.strayEntries === 0 ? null : fill(words.verdict.stray, { count: verdict.strayEntries }),
  waiting:
    verdict.waiting.entries === 0
      ? null
      : fill(words.verdict.waiting, { count: verdict.waiting.entries }),
})
