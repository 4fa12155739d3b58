import { type Caller, hasScope } from '../../domain/access/access.ts'
import { byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import type { DncSubmission } from '../../domain/do-not-call/dnc-submission.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import type { Ids } from '../../lib/ids.ts'
import { keyedDigest } from '../../lib/keyed-digest.ts'
import type { DncSubmissionStore, FoundEntry } from '../ports/do-not-call/submissions.ts'
import type { MOVE_SUBMISSION_REFUSALS } from './refusals.ts'

export type DncReadDeps = {
  submissions: Pick<DncSubmissionStore, 'find' | 'release' | 'resume' | 'about'>
  digestKey: Buffer
  ids: Ids
}

export type MoveSubmission = Refusing<
  (typeof MOVE_SUBMISSION_REFUSALS)[number],
  (caller: Caller, id: string) => Promise<DncSubmission>
>

/**
 * Returns the tenant's entries for the list that name the people in `subjects`, in the order of
 * `subjects`. `subjects`: E.164 numbers or case-folded addresses, as `subjectOf` writes them.
 */
export type SearchEntries = (
  caller: Caller,
  dncListId: string,
  subjects: readonly string[],
) => Promise<FoundEntry[][]>

const findOwn = async (
  { submissions }: DncReadDeps,
  { tenantId }: Caller,
  id: string,
): Promise<DncSubmission> => {
  const submission = await submissions.find(tenantId, id)
  if (submission === null) throw new GatewayProblem('not-found', 'The submission does not exist.')
  return submission
}

const notHeld = ({ state }: DncSubmission, detail: string): GatewayProblem =>
  new GatewayProblem('dnc-not-held', detail, { state })

/**
 * Releases the quarantined entries of a submission, so that they are sent. Their numbers belong to
 * no country, or to a country that the operator does not allow. So the key itself must have the
 * scope `dnc:override` (`admin` does not include it). Throws `scope-missing`, `not-found` and
 * `dnc-not-held`.
 */
export const createReleaseSubmission =
  (deps: DncReadDeps): MoveSubmission =>
  async (caller, id) => {
    if (!hasScope(caller.scopes, 'dnc:override')) {
      const scope = 'dnc:override'
      throw new GatewayProblem('scope-missing', `This call needs the scope ${scope}.`, { scope })
    }
    const submission = await findOwn(deps, caller, id)
    const about = { action: 'dnc.released', object: id } as const
    const counts = { quarantined: submission.counts.quarantined }
    const audit = createAuditEntry(deps.ids, byCaller(caller), { ...about, counts })
    const released = await deps.submissions.release(submission, audit)
    if (released === null) throw notHeld(submission, 'The submission has no quarantined entries.')
    return released
  }

/** Resumes a held submission. Throws `not-found` and `dnc-not-held`. */
export const createResumeSubmission =
  (deps: DncReadDeps): MoveSubmission =>
  async (caller, id) => {
    const submission = await findOwn(deps, caller, id)
    const about = { action: 'dnc.resumed', object: id } as const
    const audit = createAuditEntry(deps.ids, byCaller(caller), about)
    const resumed = await deps.submissions.resume(submission, audit)
    if (resumed !== null) return resumed
    // Another call may have resumed it since it was read.
    const now = await findOwn(deps, caller, id)
    const state = now.hold === null ? now.state : `${now.state} as ${now.hold.reason}`
    const resumable = 'You can resume only a submission that is held as dnc_list_refused.'
    throw notHeld(now, `The submission is ${state}. ${resumable}`)
  }

/**
 * Looks up each person only once, even if `subjects` names the person several times. A person
 * without entries gets an empty list. Does not check the grant for the list.
 */
export const createSearchEntries =
  ({ submissions, digestKey }: DncReadDeps): SearchEntries =>
  async ({ tenantId }, dncListId, subjects) => {
    const places = new Map<string, number>()
    for (const subject of subjects) {
      if (!places.has(subject)) places.set(subject, places.size)
    }
    const digests = [...places.keys()].map((subject) => keyedDigest(digestKey, subject))
    const found = await submissions.about(tenantId, dncListId, digests)
    const entries: FoundEntry[][] = digests.map(() => [])
    for (const entry of found) entries[entry.at]!.push(entry)
    return subjects.map((subject) => entries[places.get(subject)!]!)
  }
