import { z } from 'zod'

import { CONTROL_ACTIONS } from '../../workflows/ports/uploads/uploads.ts'
import { form, page } from '../frame/page.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import { uploadsWithContact } from './find-contact.ts'
import { filterFields, filterOf, filterSchema, HEX_DIGEST } from './upload-filter.ts'
import { listModel } from './upload-list-model.ts'

const PAGE_ROWS = 50

const { uploads: words } = ENGLISH

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
 * Searches by upload id, file digest, the file's name or a contact's id. Always POST: a file's
 * name, or other pasted text, may be personal and must not appear in an address.
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
    const found = (await deps.uploads.list(caller.tenantId, asked))?.items ?? []
    const held = found.length > 0 ? [] : await uploadsWithContact({ deps, caller }, text)
    const items = [...found, ...held]
    const list = {
      ...listModel({ items, next: null }, {}),
      searched: text,
      byContact: held.length > 0,
    }
    return { title: words.title, template: '/uploads/upload-list', model: { list } }
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
