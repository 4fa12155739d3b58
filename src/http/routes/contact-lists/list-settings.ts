import { CHANGE_LIST_REFUSALS } from '../../../workflows/contact-lists/refusals.ts'
import type { AddRoute } from '../../server/route.ts'
import { contactListParamsSchema } from '../../server/schemas.ts'
import { LIST_SETTINGS_EXAMPLES, CHANGE_LIST_SETTINGS_EXAMPLES } from './contact-list-examples.ts'
import { listSettingsChangeSchema, listSettingsSchema } from './contact-list-schemas.ts'
import { checkListGranted, hideUnknownList } from './list-access.ts'

const SETTINGS = {
  url: '/v1/contact-lists/:contactListId/settings',
  params: contactListParamsSchema,
  access: { scope: 'lists' },
  tag: 'contact-lists',
  problems: CHANGE_LIST_REFUSALS,
} as const

/** GET and PATCH …/settings: the defaults for uploads to the list. */
export const registerListSettings = (add: AddRoute): void => {
  add({
    ...SETTINGS,
    method: 'GET',
    id: 'getContactListSettings',
    summary: 'Read the defaults for uploads to the list (platform dialect)',
    answers: { 200: { about: 'The current settings', schema: listSettingsSchema } },
    examples: LIST_SETTINGS_EXAMPLES,
    handler: async ({ params, caller }, _reply, deps) => {
      await checkListGranted(deps, caller!, params.contactListId)
      const { refuse, listSettings } = deps
      return hideUnknownList(refuse, listSettings.read(caller!, params.contactListId))
    },
  })
  add({
    ...SETTINGS,
    method: 'PATCH',
    id: 'changeContactListSettings',
    summary:
      'Set the defaults for uploads to the list (platform dialect), for example whether Genesys dials contacts again',
    body: listSettingsChangeSchema,
    answers: { 200: { about: 'The new settings', schema: listSettingsSchema } },
    examples: CHANGE_LIST_SETTINGS_EXAMPLES,
    handler: async ({ params, body, caller }, _reply, deps) => {
      await checkListGranted(deps, caller!, params.contactListId)
      const { refuse, listSettings } = deps
      return hideUnknownList(refuse, listSettings.change(caller!, params.contactListId, body))
    },
  })
}
