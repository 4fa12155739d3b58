import type { Caller } from '../../../domain/access/access.ts'
import type { Refuse } from '../../../domain/problems/refusing.ts'
import type { HttpDeps } from '../../server/deps.ts'
import type { RouteSteps } from '../../server/route.ts'

/**
 * Throws 404 if the tenant is not granted the list. A list that does not exist gets the same
 * answer.
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
 * Throws 404 for a list that never had a submission or a pull. Without this check, a mistyped id
 * would look as if nobody were suppressed.
 */
export const checkDncListKnown = async (
  { dncSubmissions, refuse }: Pick<HttpDeps, 'dncSubmissions'> & { refuse: Refuse<'not-found'> },
  dncListId: string,
): Promise<void> => {
  if (await dncSubmissions.knowsList(dncListId)) return
  const detail = 'No entry was ever submitted for a do-not-call list with this id. Check the id.'
  throw refuse('not-found', detail)
}

/**
 * A person to look for, as the caller wrote it (`phoneNumber` or `email`) and in the form by which
 * entries are found (`subject`).
 */
export type Asked = { phoneNumber?: string; email?: string; subject: string }

/**
 * States why the text at `place` names no person. `code`: the fault that was found by the steps
 * that check entries.
 */
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
 * Makes a function that reads people. It uses the steps that check entries, and throws 400 with the
 * place of the first text that names no person.
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
