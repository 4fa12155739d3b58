import type { Scope } from '../../domain/access/access.ts'
import { type EvidenceItem, placeOfCursor } from '../../domain/proof/evidence.ts'
import type { Evidence } from '../../workflows/proof/read-evidence.ts'
import { objectLink } from '../audit/object-links.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import { maskedCell } from '../uploads/rows/masked-cells.ts'
import { rowCodeWords } from '../uploads/upload-words.ts'

const { doNotCall, registries } = ENGLISH
const { evidence: words } = ENGLISH.people

/** `time`: ISO 8601, shown in the time zone of the reader. */
type Fact = { name: string; text: string } | { name: string; time: string }

type Names = keyof typeof words.facts

const outcomeWord = (outcome: string): string =>
  (doNotCall.outcomes as Record<string, string>)[outcome] ?? outcome

const stateWord = (state: string): string =>
  (registries.states as Record<string, string>)[state] ?? state

type SuppressedBy = NonNullable<EvidenceItem['about']['suppressedBy']>

const suppressedText = ({ dncListId, registry, reason }: SuppressedBy): string =>
  registry === null
    ? fill(words.byEntry, {
        list: dncListId ?? '–',
        reason: reason === null ? '–' : doNotCall.reasons[reason],
      })
    : fill(words.byRegistry, { registry })

/**
 * The facts of an item, in addition to its sentence. The id of the contact is masked unless
 * `revealed`.
 */
const factsOf = ({ about }: EvidenceItem, revealed: boolean): Fact[] => {
  const facts: Fact[] = []
  const add = (name: Names, text: string | number | null | undefined): void => {
    if (text !== null && text !== undefined)
      facts.push({ name: words.facts[name], text: `${text}` })
  }
  const addTime = (name: Names, time: string | null | undefined): void => {
    if (time !== null && time !== undefined) facts.push({ name: words.facts[name], time })
  }
  add('dncList', about.dncListId)
  add('contactLists', about.contactListIds?.join(', '))
  add('reason', about.reason && doNotCall.reasons[about.reason])
  add('source', about.source)
  addTime('receivedAt', about.receivedAt)
  addTime('expiresAt', about.expiresAt)
  add('outcome', about.outcome && outcomeWord(about.outcome))
  add('contactList', about.contactListId)
  add('line', about.line)
  const { contactId } = about
  add('contactId', contactId && (revealed ? contactId : maskedCell(contactId)))
  add('why', about.code && rowCodeWords(about.code).what)
  add('replacedByLine', about.replacedByLine)
  add('suppressedBy', about.suppressedBy && suppressedText(about.suppressedBy))
  add('request', about.requestId)
  add('tries', about.tries)
  add('job', about.jobId)
  add('registry', about.registry)
  addTime('asOf', about.asOf)
  add('editionState', about.state && stateWord(about.state))
  return facts
}

const itemLine = (item: EvidenceItem, scopes: readonly Scope[], revealed: boolean) => {
  const { about, id } = item
  const { contactId, contactListId, line } = about
  const at = objectLink(id, scopes)
  const isRow = at !== null && id.startsWith('upl_') && typeof line === 'number'
  return {
    at: item.at,
    what: words.codes[item.code],
    facts: factsOf(item, revealed),
    uncertain: about.match === 'cells',
    href: isRow ? `${at}/rows?from=${line}&to=${line}` : at,
    id,
    auditEntryId: item.auditEntryId,
    /**
     * The fields of the form that opens the page of the contact. null: the item names no contact of
     * a list, or the id of the contact must stay masked.
     */
    contact: revealed && contactId && contactListId ? { id: contactId, list: contactListId } : null,
  }
}

/** A part of the evidence about one person, in the order of time. */
export const evidenceModel = (
  evidence: Evidence,
  { scopes, revealed }: { scopes: readonly Scope[]; revealed: boolean },
) => {
  const { items, subjectDigest, from, to, next, uploadsWithoutRows } = evidence
  const uploads = items.map(({ id }) => id).filter((id) => id.startsWith('upl_'))
  return {
    ...{ subjectDigest, from, to, next, uploadsWithoutRows, revealed },
    lines: items.map((item) => itemLine(item, scopes, revealed)),
    masked: !revealed && items.some(({ about }) => Boolean(about.contactId)),
    uploads: [...new Set(uploads)],
    /** How far the search has got. null: it has ended. */
    reached: next === null ? null : (placeOfCursor(next)?.at ?? null),
  }
}
