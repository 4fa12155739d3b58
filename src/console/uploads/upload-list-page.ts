import { z } from 'zod'

import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { SEEN_STATES } from '../../domain/uploads/upload.ts'
import { CONTROL_ACTIONS, type UploadFilter } from '../../workflows/ports/uploads/uploads.ts'
import { form, page } from '../frame/page.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import { listModel } from './upload-list-model.ts'

const PAGE_ROWS = 50
const HEX_DIGEST = /^[0-9a-f]{64}$/u

const { uploads: words } = ENGLISH

/** A field that is left empty in a form narrows nothing. */
const filled = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional())

const dayStart = (day: string): Date => new Date(`${day}T00:00:00.000Z`)
const dayAfter = (day: string): Date => new Date(dayStart(day).getTime() + 86_400_000)

const filterFields = {
  state: filled(z.enum(SEEN_STATES)),
  list: filled(genesysIdSchema),
  sha256: filled(z.string().regex(HEX_DIGEST)),
  /** Days in UTC, both of them included. */
  from: filled(z.iso.date()),
  to: filled(z.iso.date()),
}
const filterSchema = z.strictObject({ ...filterFields, cursor: filled(z.string().max(500)) })

export type ListQuery = z.output<typeof filterSchema>

const filterOf = (query: Omit<ListQuery, 'cursor'>): UploadFilter => ({
  ...(query.state !== undefined && { states: [query.state] }),
  ...(query.list !== undefined && { contactListId: query.list }),
  ...(query.sha256 !== undefined && { sha256: query.sha256 }),
  ...(query.from !== undefined && { createdFrom: dayStart(query.from) }),
  ...(query.to !== undefined && { createdTo: dayAfter(query.to) }),
})

export const UPLOADS = page({
  at: '/uploads',
  scope: 'uploads',
  menu: 'uploads',
  query: filterSchema,
  load: async ({ deps, caller, query }) => {
    const { cursor = null } = query
    const asked = { limit: PAGE_ROWS, cursor, ...filterOf(query) }
    const found = await deps.uploads.list(caller.tenantId, asked)
    if (found === null) return { goTo: '/console/uploads' }
    return {
      title: words.title,
      template: '/uploads/upload-list',
      model: { list: listModel(found, query) },
    }
  },
})

/**
 * By upload id, file digest or the file's name. Always POST: a file's name, and whatever else somebody pastes, may be personal and has no
 * place in an address.
 */
export const UPLOAD_SEARCH = form({
  at: '/uploads/search',
  scope: 'uploads',
  form: z.strictObject({ text: z.string().trim().max(1024) }),
  act: async ({ deps, caller, form: { text } }) => {
    if (text === '') return { goTo: '/console/uploads' }
    if (/^upl_[\w-]{1,60}$/u.test(text)) return { goTo: `/console/uploads/${text}` }
    const digest = text.toLowerCase()
    if (HEX_DIGEST.test(digest)) return { goTo: `/console/uploads?sha256=${digest}` }
    const asked = { limit: PAGE_ROWS, cursor: null, fileName: text }
    const found = (await deps.uploads.list(caller.tenantId, asked)) ?? { items: [], next: null }
    return {
      title: words.title,
      template: '/uploads/upload-list',
      model: { list: { ...listModel({ ...found, next: null }, {}), searched: text } },
    }
  },
})

export const UPLOADS_MOVE = form({
  at: '/uploads/move',
  scope: 'uploads',
  form: z.strictObject({ ...filterFields, action: z.enum(CONTROL_ACTIONS) }),
  act: async ({ deps, caller, form: { action, ...query } }) => {
    const result = await deps.controlUploads({ caller, action, filter: filterOf(query) })
    return {
      title: words.title,
      template: '/uploads/upload-moved',
      model: {
        result: {
          ...result,
          action,
          done: fill(words.moved[action], { count: result.done }),
          why: Object.entries(result.why).map(([code, count]) => ({
            words: fill(
              (words.why as Record<string, typeof words.why.other>)[code] ?? words.why.other,
              { count },
            ),
          })),
        },
      },
    }
  },
})
