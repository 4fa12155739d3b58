import { z } from 'zod'

import { hasScope } from '../../domain/access/access.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { form, page, type Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { explainedModel } from './people-model.ts'

const { people: words } = ENGLISH

/** How many of the newest uploads and submissions are read to find the lists in use. */
const LOOKED_AT = 50

/** The ids of the lists that were used most recently. The field for the id proposes them. */
const knownLists = async ({ deps, caller }: Pick<Visit, 'deps' | 'caller'>) => {
  const newest = { limit: LOOKED_AT, cursor: null }
  const [uploads, submissions] = await Promise.all([
    deps.uploads.list(caller.tenantId, newest),
    hasScope(caller.scopes, 'dnc') ? deps.dncSubmissions.list(caller.tenantId, newest) : null,
  ])
  const distinct = (ids: readonly string[]): string[] => [...new Set(ids)].toSorted()
  return {
    contactLists: distinct((uploads?.items ?? []).map(({ contactListId }) => contactListId)),
    dncLists: distinct((submissions?.items ?? []).map(({ dncListId }) => dncListId)),
  }
}

export const PEOPLE = page({
  at: '/people',
  scope: 'uploads',
  menu: 'people',
  load: async ({ deps, caller }) => ({
    title: words.title,
    template: '/people/people',
    model: await knownLists({ deps, caller }),
  }),
})

/**
 * Why a contact was or was not sent. A POST, because the id of a contact may be personal and must
 * not appear in a URL.
 */
export const PEOPLE_EXPLAIN = form({
  at: '/people/explain',
  scope: 'uploads',
  form: z.strictObject({ list: genesysIdSchema, contactId: z.string().trim().min(1).max(128) }),
  act: async ({ deps, caller, form: { list, contactId } }) => {
    if (!(await deps.access.isGranted(caller.tenantId, 'contact_list', list))) {
      throw new GatewayProblem('not-found', words.noSuchList)
    }
    const asked = { caller, contactListId: list, contactId, cursor: null }
    const explained = await deps.explainContact(asked)
    return {
      title: words.explained,
      template: '/people/explained',
      model: { explained: explainedModel(explained) },
    }
  },
})
