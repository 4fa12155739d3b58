import { z } from 'zod'

import { hasScope } from '../../domain/access/access.ts'
import { SEEN_DNC_STATES } from '../../domain/do-not-call/dnc-submission.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { ConsoleDeps } from '../frame/deps.ts'
import { filled } from '../frame/fields.ts'
import { form, page, type Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { searchedModel, submissionLine } from './submission-model.ts'
import { peopleIn } from './written-people.ts'

const PAGE_SUBMISSIONS = 30
/** The most people in a search, as in the API. */
const MOST_PEOPLE = 1_000
const { doNotCall: words } = ENGLISH

/** The country whose rules apply to numbers without +. */
export const regionField = filled(
  z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{2}$/u),
)

export const peopleFields = {
  list: genesysIdSchema,
  people: z.string().trim().min(1).max(60_000),
  region: regionField,
}

const query = z.strictObject({
  list: filled(genesysIdSchema),
  state: filled(z.enum(SEEN_DNC_STATES)),
  cursor: filled(z.string().max(500)),
})

/** Throws 404 for a list that the tenant is not granted. */
export const checkList = async (
  { deps, caller }: Pick<Visit, 'deps' | 'caller'>,
  list: string,
): Promise<void> => {
  if (await deps.access.isGranted(caller.tenantId, 'dnc_list', list)) return
  throw new GatewayProblem('not-found', words.noSuchList)
}

const pageLink = (asked: z.output<typeof query>, cursor: string): string => {
  const fields = { list: asked.list, state: asked.state, cursor }
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return `/console/do-not-call?${new URLSearchParams(given as [string, string][]).toString()}`
}

const startModel = (deps: ConsoleDeps, asked: z.output<typeof query>) => ({
  key: deps.ids.newUuid(),
  list: asked.list ?? '',
  state: asked.state ?? '',
  states: SEEN_DNC_STATES.map((state) => ({ state, label: words.states[state] })),
  canPull: deps.dialect === 'platform',
})

export const DO_NOT_CALL = page({
  at: '/do-not-call',
  scope: 'dnc',
  menu: 'doNotCall',
  query,
  load: async ({ deps, caller, query: asked }) => {
    const { list, state, cursor = null } = asked
    const found = await deps.dncSubmissions.list(caller.tenantId, {
      ...{ limit: PAGE_SUBMISSIONS, cursor },
      ...(list !== undefined && { dncListId: list }),
      ...(state !== undefined && { states: [state] }),
    })
    if (found === null) return { goTo: '/console/do-not-call' }
    return {
      title: words.title,
      template: '/do-not-call/do-not-call',
      model: {
        ...startModel(deps, asked),
        canOverride: hasScope(caller.scopes, 'dnc:override'),
        submissions: found.items.map(submissionLine),
        // Fields for the id of a list propose these ids.
        lists: [...new Set(found.items.map(({ dncListId }) => dncListId))].toSorted(),
        next: found.next === null ? null : pageLink(asked, found.next),
      },
    }
  },
})

/** Searches for people. A POST, because the people must not appear in a URL. */
export const DO_NOT_CALL_SEARCH = form({
  at: '/do-not-call/search',
  scope: 'dnc',
  form: z.strictObject(peopleFields),
  act: async ({ deps, caller, form: { list, people: text, region } }) => {
    await checkList({ deps, caller }, list)
    if (!(await deps.dncSubmissions.knowsList(list))) {
      throw new GatewayProblem('not-found', words.unknownList)
    }
    const people = peopleIn(deps.judgeEntries, text, {
      now: deps.clock.now(),
      ...(region !== undefined && { region }),
    }).slice(0, MOST_PEOPLE)
    const subjects = [...new Set(people.flatMap(({ subject }) => subject ?? []))]
    const found = await deps.searchEntries(caller, list, subjects)
    const bySubject = new Map(subjects.map((subject, at) => [subject, found[at]!]))
    return {
      title: words.searched,
      template: '/do-not-call/searched',
      model: { list, people: searchedModel(people, bySubject) },
    }
  },
})
