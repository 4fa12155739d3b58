import type { Caller } from '../../../domain/access/access.ts'
import type { Refuse } from '../../../domain/problems/refusing.ts'
import type { HttpDeps } from '../../server/deps.ts'
import type { RouteSteps } from '../../server/route.ts'

/**
 * Throws 404 unless the tenant may use the list. The answer is the same for a list that does not
 * exist and for one of another tenant.
 */
export const checkDncListGranted = async (
  deps: Pick<HttpDeps, 'access'> & { refuse: Refuse<'not-found'> },
  { tenantId }: Caller,
  dncListId: string,
): Promise<void> => {
  if (await deps.access.isGranted(tenantId, 'dnc_list', dncListId)) return
  throw deps.refuse(
    'not-found',
    'The do-not-call list does not exist, or your tenant may not use it.',
  )
}

/**
 * Throws 404 for a list without any submission. Otherwise nobody would seem to be suppressed under
 * a mistyped id.
 */
export const checkDncListKnown = async (
  { dncSubmissions, refuse }: Pick<HttpDeps, 'dncSubmissions'> & { refuse: Refuse<'not-found'> },
  dncListId: string,
): Promise<void> => {
  if (await dncSubmissions.knowsList(dncListId)) return
  const detail = 'No entry was ever submitted for a do-not-call list with this id. Check the id.'
  throw refuse('not-found', detail)
}

/** A person to look for: as written, and in the form by which entries are found. */
export type Asked = { phoneNumber?: string; email?: string; subject: string }

/** Why the text at `place` names no person. `code` is that of the steps of entries. */
export const namesNobody = (
  place: string,
  field: 'email' | 'phoneNumber',
  code: string,
): string => {
  if (code === 'entry-subject-missing') return `${place} is empty.`
  const wanted = field === 'email' ? 'an email address' : 'a number with + and its country code'
  return `${place} is not ${wanted} (${code}).`
}

/**
 * Reads people by the steps of entries. Throws 400 with the place of the first one that names no
 * person.
 */
export const createJudge = ({
  validation,
  clock,
  refuse,
}: Pick<HttpDeps, 'clock'> &
  Pick<RouteSteps, 'validation'> & { refuse: Refuse<'body-invalid'> }) => {
  const judge = validation.entries({ options: {}, now: clock.now() })
  const subjectOf = (member: 'phoneNumbers' | 'emails', at: number, written: string): string => {
    const field = member === 'emails' ? 'email' : 'phoneNumber'
    const judged = judge((asked) => (asked === field ? written : ''))
    if (judged.faults === null) return judged.entry.subject
    const place = `/${member}/${at}`
    const detail = namesNobody(place, field, judged.faults[0].code)
    throw refuse('body-invalid', detail, { fields: [place] })
  }
  return (given: { phoneNumbers: readonly string[]; emails: readonly string[] }): Asked[] => [
    ...given.phoneNumbers.map((phoneNumber, at) => ({
      ...{ phoneNumber, subject: subjectOf('phoneNumbers', at, phoneNumber) },
    })),
    ...given.emails.map((email, at) => ({ email, subject: subjectOf('emails', at, email) })),
  ]
}
