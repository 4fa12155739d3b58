import { z } from 'zod'

import { hasScope } from '../../domain/access/access.ts'
import { SEEN_DNC_STATES } from '../../domain/do-not-call/dnc-submission.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { ConsoleDeps } from '../frame/deps.ts'
import { filled } from '../frame/fields.ts'
import { lookQuery, nextLook, type NextLook } from '../frame/live.ts'
import { form, page, type Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { searchedModel, submissionLine } from './submission-model.ts'
import { peopleIn } from './written-people.ts'

const PAGE_SUBMISSIONS = 30
/** The most lists that a field for the id of a list offers. */
const MOST_LISTS = 500
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

const filter = {
  list: filled(genesysIdSchema),
  state: filled(z.enum(SEEN_DNC_STATES)),
  cursor: filled(z.string().max(500)),
}
const query = z.strictObject(filter)
type Asked = z.output<typeof query>

/** Throws 404 for a list that the tenant is not granted. */
export const checkList = async (
  { deps, caller }: Pick<Visit, 'deps' | 'caller'>,
  list: string,
): Promise<void> => {
  if (await deps.access.isGranted(caller.tenantId, 'dnc_list', list)) return
  throw new GatewayProblem('not-found', words.noSuchList)
}

/** The filter as the query of an address. Members that are left out have no part in it. */
const queryOf = ({ list, state, cursor }: Asked): string => {
  const given = Object.entries({ list, state, cursor }).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given as [string, string][]).toString()
}

/** The model of the part with the submissions. null: the cursor cannot be read. */
const listModel = async (
  { deps, caller }: Pick<Visit, 'deps' | 'caller'>,
  asked: Asked,
  live: NextLook,
) => {
  const { list, state, cursor = null } = asked
  const found = await deps.dncSubmissions.list(caller.tenantId, {
    ...{ limit: PAGE_SUBMISSIONS, cursor },
    ...(list !== undefined && { dncListId: list }),
    ...(state !== undefined && { states: [state] }),
  })
  if (found === null) return null
  return {
    submissions: found.items.map(submissionLine),
    next:
      found.next === null
        ? null
        : `/console/do-not-call?${queryOf({ ...asked, cursor: found.next })}`,
    live: { ...live, query: queryOf(asked) },
  }
}

const startModel = (deps: ConsoleDeps, asked: Asked) => ({
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
    const found = await listModel({ deps, caller }, asked, nextLook(null))
    if (found === null) return { goTo: '/console/do-not-call' }
    return {
      title: words.title,
      template: '/do-not-call/do-not-call',
      model: {
        ...startModel(deps, asked),
        canOverride: hasScope(caller.scopes, 'dnc:override'),
        ...found,
        // Fields for the id of a list propose these ids.
        lists: await deps.dncSubmissions.knownLists(caller.tenantId, MOST_LISTS),
      },
    }
  },
})

/** The part of the page with the submissions. The page reloads it. */
export const DO_NOT_CALL_LIVE = page({
  at: '/do-not-call/live',
  scope: 'dnc',
  part: true,
  query: lookQuery.extend(filter),
  load: async ({ deps, caller, query: { look, ...asked } }) => {
    const found = await listModel({ deps, caller }, asked, nextLook(look))
    if (found === null) return { goTo: '/console/do-not-call' }
    return { title: words.title, template: '/do-not-call/do-not-call-live', model: found }
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
