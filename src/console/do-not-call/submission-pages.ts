import { z } from 'zod'

import { hasScope } from '../../domain/access/access.ts'
import { DNC_REASON_NAMES } from '../../domain/do-not-call/dnc-entry.ts'
import type { DncOptions } from '../../domain/do-not-call/dnc-options.ts'
import { type DncSubmission, ENTRY_OUTCOMES } from '../../domain/do-not-call/dnc-submission.ts'
import { gatewayIdSchema, genesysIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { DncLedgerEntry } from '../../workflows/ports/do-not-call/submissions.ts'
import { filled } from '../frame/fields.ts'
import { lookQueryWithSeen, nextLook, type NextLook } from '../frame/live.ts'
import { form, page, type Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { deliveredBeforeSum } from './delivered-before-model.ts'
import { checkList, peopleFields } from './do-not-call-pages.ts'
import { entryLine, submissionModel } from './submission-model.ts'
import { entriesBody, peopleIn } from './written-people.ts'

const PAGE_ENTRIES = 50
const { doNotCall: words } = ENGLISH

export const submissionParams = z.strictObject({ submissionId: gatewayIdSchema })
const params = submissionParams

/** Throws 404 if the tenant has no such submission. */
export const findOwn = async (
  { deps, caller }: Pick<Visit, 'deps' | 'caller'>,
  id: string,
): Promise<DncSubmission> => {
  const submission = await deps.dncSubmissions.find(caller.tenantId, id)
  if (submission === null) throw new GatewayProblem('not-found', words.unknown)
  return submission
}

/**
 * The path of the page of a submission. `id`: the id that the gateway gave. It needs no encoding.
 */
export const linkOf = (id: string): string => `/console/do-not-call/submissions/${id}`

/**
 * The model of the part of the page that is reloaded. `live`: null if nothing changes from now on.
 * The submission has then ended, and the gateway has found and settled all contacts that were
 * delivered before the entries.
 */
const liveModel = async (
  { deps, caller }: Pick<Visit, 'deps' | 'caller'>,
  submission: DncSubmission,
  next: NextLook,
) => {
  const model = submissionModel(submission)
  const summary = await deps.deliveredBefore.summary(submission)
  const isSearched = !model.isAdding || (summary.looked && summary.counts.open === 0)
  return {
    submission: model,
    before: deliveredBeforeSum(summary),
    canRelease: hasScope(caller.scopes, 'dnc:override'),
    live: model.ended && isSearched ? null : next,
  }
}

export const DNC_SUBMISSION = page({
  at: '/do-not-call/submissions/:submissionId',
  scope: 'dnc',
  params,
  query: z.strictObject({
    outcome: filled(z.enum(ENTRY_OUTCOMES)),
    after: z.coerce.number().int().min(0).default(0),
  }),
  load: async ({ deps, caller, params: { submissionId }, query: { outcome, after } }) => {
    const submission = await findOwn({ deps, caller }, submissionId)
    const outcomes = outcome === undefined ? [] : [outcome]
    const entries: DncLedgerEntry[] = []
    const ledger = deps.dncSubmissions.ledgerRows(submission, { outcomes, afterLine: after })
    for await (const more of ledger) {
      entries.push(...more)
      if (entries.length > PAGE_ENTRIES) break
    }
    const shown = entries.slice(0, PAGE_ENTRIES)
    const narrowed = outcome === undefined ? '' : `outcome=${outcome}&`
    const more = entries.length > PAGE_ENTRIES
    return {
      title: words.submission,
      template: '/do-not-call/submission',
      model: {
        ...(await liveModel({ deps, caller }, submission, nextLook(null))),
        outcome: outcome ?? '',
        outcomes: ENTRY_OUTCOMES.map((name) => ({ outcome: name, label: words.outcomes[name] })),
        entries: shown.map(entryLine),
        first: after > 0 ? `${linkOf(submissionId)}?${narrowed}after=0` : null,
        next: more ? `${linkOf(submissionId)}?${narrowed}after=${shown.at(-1)!.line}` : null,
      },
    }
  },
})

/** The part of the page that shows the state of the submission. The page reloads it. */
export const DNC_SUBMISSION_LIVE = page({
  at: '/do-not-call/submissions/:submissionId/live',
  scope: 'dnc',
  part: true,
  params,
  query: lookQueryWithSeen,
  load: async ({ deps, caller, params: { submissionId }, query: { look, seen } }) => {
    const submission = await findOwn({ deps, caller }, submissionId)
    const next = nextLook(look, submission.version !== seen)
    return {
      title: words.submission,
      template: '/do-not-call/submission-live',
      model: await liveModel({ deps, caller }, submission, next),
    }
  },
})

const move = (action: 'release' | 'resume') =>
  form({
    at: `/do-not-call/submissions/:submissionId/${action}`,
    scope: 'dnc',
    params,
    act: async ({ deps, caller, params: { submissionId } }) => {
      const act = action === 'release' ? deps.releaseSubmission : deps.resumeSubmission
      await act(caller, submissionId)
      return { goTo: linkOf(submissionId), said: action === 'release' ? 'dncRelease' : 'dncResume' }
    },
  })

export const DNC_RELEASE = move('release')
export const DNC_RESUME = move('resume')

const key = z.uuid()

const submit = async (
  { deps, caller }: Pick<Visit, 'deps' | 'caller'>,
  kind: 'add' | 'remove',
  about: { list: string; people: string; key: string; options: DncOptions },
): Promise<string> => {
  const { list, options } = about
  await checkList({ deps, caller }, list)
  const people = peopleIn(deps.judgeEntries, about.people, { now: deps.clock.now() })
  const answer = await deps.receiveEntries({
    ...{ caller, kind, dncListId: list, options, format: 'json', fileName: null },
    ...{ body: entriesBody(people), steps: deps.judgeEntries, idempotencyKey: about.key },
    ...{ method: 'POST', path: `/v1/dnc-lists/${list}/${kind === 'add' ? 'entries' : 'removals'}` },
  })
  return linkOf(answer.location!.split('/').at(-1)!)
}

/** The end of the named day, in UTC. The entry expires at that time. */
export const endOf = (day: string | undefined) =>
  day === undefined ? {} : { expiresAt: `${day}T23:59:59Z` }

export const DNC_ADD = form({
  at: '/do-not-call/add',
  scope: 'dnc',
  form: z.strictObject({
    ...peopleFields,
    key,
    reason: z.enum(DNC_REASON_NAMES),
    source: filled(z.string().trim().max(64)),
    until: filled(z.iso.date()),
  }),
  act: async ({ deps, caller, form: { list, people, key: idempotencyKey, ...given } }) => ({
    goTo: await submit({ deps, caller }, 'add', {
      ...{ list, people, key: idempotencyKey },
      options: {
        reason: given.reason,
        ...(given.region !== undefined && { region: given.region }),
        ...(given.source !== undefined && { source: given.source }),
        ...endOf(given.until),
      },
    }),
    said: 'dncAdd',
  }),
})

export const DNC_REMOVE = form({
  at: '/do-not-call/remove',
  scope: 'dnc',
  form: z.strictObject({
    ...peopleFields,
    key,
    why: z.string().trim().min(1).max(256),
    override: filled(z.literal('yes')),
  }),
  act: async ({ deps, caller, form: { list, people, key: idempotencyKey, ...given } }) => ({
    goTo: await submit({ deps, caller }, 'remove', {
      ...{ list, people, key: idempotencyKey },
      options: {
        reason: given.why,
        ...(given.region !== undefined && { region: given.region }),
        ...(given.override === 'yes' && { override: true }),
      },
    }),
    said: 'dncRemove',
  }),
})

export const DNC_PULL = form({
  at: '/do-not-call/pull',
  scope: 'dnc',
  form: z.strictObject({ list: genesysIdSchema, key }),
  act: async ({ deps, caller, form: { list, key: idempotencyKey } }) => {
    await checkList({ deps, caller }, list)
    const path = `/v1/dnc-lists/${list}/pull`
    const { location } = await deps.askPull({ caller, dncListId: list, idempotencyKey, path })
    return { goTo: linkOf(location!.split('/').at(-1)!), said: 'dncPull' }
  },
})
