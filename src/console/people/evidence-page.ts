import { z } from 'zod'

import { hasScope } from '../../domain/access/access.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { EvidenceSubject } from '../../workflows/ports/proof/evidence.ts'
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
 * How far back is looked unless a day is given: what law asks about is mostly of the last months.
 */
const USUAL_DAYS = 90
const { evidence: words } = ENGLISH.people

const formSchema = z.strictObject({
  person: z.string().trim().min(1).max(320),
  region: regionField,
  /** Days in UTC, both of them included. */
  from: filled(z.iso.date()),
  to: filled(z.iso.date()),
  cursor: cursorField,
  reveal: filled(z.literal('yes')),
})
type Asked = z.output<typeof formSchema>

const dayOf = (time: Date): string => time.toISOString().slice(0, 10)
const startOf = (day: string): number => Date.parse(`${day}T00:00:00.000Z`)

/** The days that are looked at, and the same as times of the use. */
const timesOf = (asked: Pick<Asked, 'from' | 'to'>, now: Date) => {
  const to = asked.to ?? dayOf(now)
  const from = asked.from ?? dayOf(new Date(startOf(to) - USUAL_DAYS * DAY_MS))
  const end = new Date(startOf(to) + DAY_MS)
  return { days: { from, to }, from: new Date(startOf(from)).toISOString(), to: end.toISOString() }
}

/** As entries are read, so that the same number is the same person. */
const subjectOf = ({ deps }: Pick<Visit, 'deps'>, { person, region }: Asked): EvidenceSubject => {
  const about = { now: deps.clock.now(), ...(region !== undefined && { region }) }
  const [found] = peopleIn(deps.judgeEntries, person, about)
  if (found === undefined || found.subject === null) {
    throw new GatewayProblem('evidence-subject-invalid', words.unreadable)
  }
  return { kind: found.field === 'email' ? 'email' : 'phone', value: found.subject }
}

/**
 * Every decision about one person. A POST: who is looked for has no place in an address. The audit
 * says who looked, and whether ids were shown.
 */
export const PEOPLE_EVIDENCE = form({
  at: '/people/evidence',
  scope: 'audit',
  form: formSchema,
  act: async ({ deps, caller, form: asked }) => {
    const revealed = asked.reveal === 'yes'
    if (revealed) checkMayReveal(caller)
    const subject = subjectOf({ deps }, asked)
    const { days, from, to } = timesOf(asked, deps.clock.now())
    const query = { subject, from, to, cursor: asked.cursor ?? null }
    const evidence = await deps.readEvidence(caller, { ...query, ...(revealed && { revealed }) })
    const { person, region = '', cursor = '' } = asked
    return {
      title: words.title,
      template: '/people/evidence',
      model: {
        evidence: evidenceModel(evidence, { scopes: caller.scopes, revealed }),
        // Sent again by the buttons of the page, and shown by its shape alone.
        asked: { person, region, cursor, ...days },
        shown: maskedCell(person),
        mayReveal: hasScope(caller.scopes, 'cells:reveal'),
      },
    }
  },
})
