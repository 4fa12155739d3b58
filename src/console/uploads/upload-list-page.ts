import { z } from 'zod'

import { BULK_ACTIONS } from '../../workflows/uploads/control/control-uploads.ts'
import { cursorField } from '../frame/fields.ts'
import { form, page } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { uploadsWithContact } from './find-contact.ts'
import { tenantChoice } from './tenant-choice.ts'
import {
  filterFields,
  filterOf,
  filterSchema,
  HEX_DIGEST,
  type ListQuery,
} from './upload-filter.ts'
import { listModel, movedModel } from './upload-list-model.ts'

const PAGE_ROWS = 50

const { uploads: words } = ENGLISH

export const UPLOADS = page({
  at: '/uploads',
  scope: 'uploads',
  menu: 'uploads',
  query: filterSchema,
  load: async ({ deps, caller, query: given }) => {
    const tenant = given.tenant === caller.tenantId ? undefined : given.tenant
    const query: ListQuery = { ...given, tenant }
    const asked = { limit: PAGE_ROWS, cursor: query.cursor ?? null, ...filterOf(query) }
    const [found, choice] = await Promise.all([
      deps.seeUploads.list(caller, { ...asked, ...(tenant !== undefined && { tenantId: tenant }) }),
      tenantChoice({ deps, caller }, tenant),
    ])
    if (found === null) return { goTo: '/console/uploads' }
    return {
      title: words.title,
      template: '/uploads/upload-list',
      model: { list: listModel(found, query), tenants: choice, once: deps.ids.newUuid() },
    }
  },
})

/**
 * Searches by the id of an upload, the digest or name of a file, or the id of a contact. Always a
 * POST, because the name of a file, or other pasted text, may be personal and must not appear in a
 * URL.
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
    const found = (await deps.seeUploads.list(caller, asked))?.items ?? []
    const held = found.length > 0 ? [] : await uploadsWithContact({ deps, caller }, text)
    const items = [...found, ...held]
    const list = {
      ...listModel({ items, next: null }, {}),
      searched: text,
      byContact: held.length > 0,
    }
    return {
      title: words.title,
      template: '/uploads/upload-list',
      model: { list, tenants: await tenantChoice({ deps, caller }), once: '' },
    }
  },
})

const moveFields = {
  ...filterFields,
  action: z.enum(BULK_ACTIONS),
  cursor: cursorField,
  /** Made with the page, so that a button pressed twice sends rows again only once. */
  once: z.string().min(8).max(100),
}

export const UPLOADS_MOVE = form({
  at: '/uploads/move',
  scope: 'uploads',
  form: z.strictObject(moveFields),
  act: async ({ deps, caller, form: asked }) => {
    const { action, once, cursor = null, ...filter } = asked
    const result = await deps.controlUploads({
      ...{ caller, action, filter: filterOf(filter), once, cursor },
    })
    return {
      title: words.title,
      template: '/uploads/upload-moved',
      model: { result: movedModel(action, result), asked: { ...filter, action, once } },
    }
  },
})
