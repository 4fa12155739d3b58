import { z } from 'zod'

import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { form, page } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { explainedModel } from './people-model.ts'

const { people: words } = ENGLISH

export const PEOPLE = page({
  at: '/people',
  scope: 'uploads',
  menu: 'people',
  load: async () => ({ title: words.title, template: '/people/people', model: {} }),
})

/** Why a contact was or was not sent. A POST: the contact's id may be personal. */
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
