import { z } from 'zod'

import { hasScope } from '../../domain/access/access.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { EvidenceSubject } from '../../workflows/ports/proof/evidence.ts'
import type { ContactSubject } from '../../workflows/proof/contact-subjects.ts'
import { checkMayReveal } from '../../workflows/uploads/watch/reveal-cells.ts'
import { regionField } from '../do-not-call/do-not-call-pages.ts'
import { peopleIn } from '../do-not-call/written-people.ts'
import { cursorField, filled } from '../frame/fields.ts'
import { form, type Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { maskedCell } from '../uploads/rows/masked-cells.ts'
import { evidenceModel } from './evidence-model.ts'

const DAY_MS = 86_400_000
/**
 * If the user names no first day, the search begins this many days before the last day. Most legal
 * questions are about the last months.
 */
const USUAL_DAYS = 90
const { evidence: words } = ENGLISH.people

const formSchema = z.strictObject({
  /** A phone number or email address. Empty if the user names a contact of a list instead. */
  person: filled(z.string().trim().max(320)),
  region: regionField,
  list: filled(genesysIdSchema),
  contactId: filled(z.string().trim().max(128)),
  /**
   * The digest of one number or address of the contact. Default: the contact's first number or
   * address.
   */
  subject: filled(z.string().regex(/^[0-9a-f]{32}$/u)),
  /** Days in UTC. Both days are included. */
  from: filled(z.iso.date()),
  to: filled(z.iso.date()),
  cursor: cursorField,
  reveal: filled(z.literal('yes')),
})
type Asked = z.output<typeof formSchema>

const dayOf = (time: Date): string => time.toISOString().slice(0, 10)
const startOf = (day: string): number => Date.parse(`${day}T00:00:00.000Z`)

/** The days that are searched, also as times for the use case. */
const timesOf = (asked: Pick<Asked, 'from' | 'to'>, now: Date) => {
  const to = asked.to ?? dayOf(now)
  const from = asked.from ?? dayOf(new Date(startOf(to) - USUAL_DAYS * DAY_MS))
  const end = new Date(startOf(to) + DAY_MS)
  return { days: { from, to }, from: new Date(startOf(from)).toISOString(), to: end.toISOString() }
}

/**
 * The person, read by the rules for do-not-call entries, so that the search and the entries treat
 * the same number as the same person.
 */
const writtenSubject = (
  { deps }: Pick<Visit, 'deps'>,
  person: string,
  region: string | undefined,
): EvidenceSubject => {
  const about = { now: deps.clock.now(), ...(region !== undefined && { region }) }
  const [found] = peopleIn(deps.judgeEntries, person, about)
  if (found === undefined || found.subject === null) {
    throw new GatewayProblem('evidence-subject-invalid', words.unreadable)
  }
  return { kind: found.field === 'email' ? 'email' : 'phone', value: found.subject }
}

/** The phone numbers and addresses of a contact of a list. Throws if none is known. */
const subjectsOfContact = async (
  { deps, caller: { tenantId } }: Pick<Visit, 'deps' | 'caller'>,
  { list = '', contactId = '' }: Asked,
): Promise<ContactSubject[]> => {
  if (!(await deps.access.isGranted(tenantId, 'contact_list', list))) {
    throw new GatewayProblem('not-found', ENGLISH.people.noSuchList)
  }
  const found = await deps.findContactSubjects({ tenantId, contactListId: list, contactId })
  if (found.length === 0) throw new GatewayProblem('contact-unknown', words.noSubjects)
  return found
}

type Named = { subject: EvidenceSubject; shown: string; others: ContactSubject[] }

const namedPerson = async (visit: Pick<Visit, 'deps' | 'caller'>, asked: Asked): Promise<Named> => {
  const { person, region } = asked
  if (person !== undefined) {
    const subject = writtenSubject(visit, person, region)
    return { subject, shown: maskedCell(person), others: [] }
  }
  const all = await subjectsOfContact(visit, asked)
  const chosen = all.find(({ digest }) => digest === asked.subject) ?? all[0]!
  const shown = `${chosen.column}: ${maskedCell(chosen.subject.value)}`
  return { subject: chosen.subject, shown, others: all.filter((one) => one !== chosen) }
}

/**
 * The decisions about one person in the chosen days. A POST, because the person must not appear in
 * a URL. The audit trail records who searched, and whether ids were revealed.
 */
export const PEOPLE_EVIDENCE = form({
  at: '/people/evidence',
  scope: 'audit',
  form: formSchema,
  act: async ({ deps, caller, form: asked }) => {
    const revealed = asked.reveal === 'yes'
    if (revealed) checkMayReveal(caller)
    const { subject, shown, others } = await namedPerson({ deps, caller }, asked)
    const { days, from, to } = timesOf(asked, deps.clock.now())
    const query = { subject, from, to, cursor: asked.cursor ?? null }
    const evidence = await deps.readEvidence(caller, { ...query, ...(revealed && { revealed }) })
    const { cursor = '' } = asked
    const { person, region, list, contactId, subject: chosen } = asked
    return {
      title: words.title,
      template: '/people/evidence',
      model: {
        evidence: evidenceModel(evidence, { scopes: caller.scopes, revealed }),
        // The page shows the person masked. But its forms send `who` again, to load more or to
        // reveal the ids, so `who` must not be masked.
        asked: { who: { person, region, list, contactId, subject: chosen }, cursor, ...days },
        shown,
        others: others.map(({ column, digest }) => ({ column, digest })),
        contact: person === undefined ? { list, contactId } : null,
        mayReveal: hasScope(caller.scopes, 'cells:reveal'),
      },
    }
  },
})
