import { z } from 'zod'

import { hasScope } from '../../../domain/access/access.ts'
import type { ContactListSummary } from '../../../domain/contact-lists/contact-list.ts'
import { genesysIdSchema } from '../../../domain/ids/ids.ts'
import { GatewayProblem, PROBLEMS } from '../../../domain/problems/problem.ts'
import { TEXT_ENCODINGS } from '../../../domain/uploads/text-encoding.ts'
import { grantedLists } from '../../../workflows/contact-lists/granted-lists.ts'
import { filled } from '../../frame/fields.ts'
import { form, page, type View, type Visit } from '../../frame/page.ts'
import { type ProblemWords, problemWords } from '../../frame/problem-words.ts'
import { isScripted, wantsJson } from '../../frame/scripted.ts'
import { ENGLISH } from '../../texts/texts.ts'
import { detectedModel } from './detected-model.ts'
import { DELIMITER_NAMES, optionsOfForm, type UploadForm, uploadFormSchema } from './upload-form.ts'

const { newUpload: words } = ENGLISH

type Asking = Pick<Visit, 'deps' | 'caller'>

/**
 * The lists that the viewer may use. null: the gateway cannot read them from Genesys, so the page
 * has a text field for the id of a list.
 */
const listsOf = async ({ deps, caller }: Asking): Promise<ContactListSummary[] | null> => {
  try {
    const lists = await grantedLists(deps.access, caller, await deps.listContactLists(caller))
    return lists.toSorted((a, b) => a.name.localeCompare(b.name))
  } catch (error) {
    if (error instanceof GatewayProblem) return null
    throw error
  }
}

/** The values of the fields. A field that is absent has its default. */
type Chosen = Partial<Omit<UploadForm, 'map' | 'key' | 'part'>>

const newUploadView = async (
  asking: Asking,
  about: {
    chosen: Chosen
    detected?: ReturnType<typeof detectedModel>
    problem?: ProblemWords
    status?: number
    /** The idempotency key of the form. Default: a new one. */
    key?: string
  },
): Promise<View> => {
  const { deps, caller } = asking
  const { chosen, detected = null, problem = null, status = 200, key } = about
  return {
    title: words.title,
    template: '/uploads/new/new-upload',
    status,
    model: {
      lists: await listsOf(asking),
      chosen: {
        ...{ list: '', mode: 'append', duplicates: 'update', missingColumns: 'reject' },
        ...{ region: '', apply: 'manual', encoding: '', delimiter: '', header: 'yes' },
        ...{ schemaDrift: 'reject', phonePlus: '', notBefore: '' },
        ...{ priority: '', doNotQueue: '', clearSystemData: '' },
        ...chosen,
      },
      canExtend: deps.dialect === 'guide' && hasScope(caller.scopes, 'lists'),
      canQueue: deps.dialect === 'platform',
      canOverwrite: hasScope(caller.scopes, 'uploads:overwrite'),
      encodings: TEXT_ENCODINGS,
      delimiters: DELIMITER_NAMES.map((name) => ({ name, label: words.delimiters[name] })),
      key: key ?? deps.ids.newUuid(),
      ...{ detected, problem },
    },
  }
}

export const UPLOAD_NEW = page({
  at: '/uploads/new',
  scope: 'uploads',
  query: z.strictObject({ list: filled(genesysIdSchema) }),
  load: async ({ deps, caller, query: { list } }) =>
    newUploadView({ deps, caller }, { chosen: list === undefined ? {} : { list } }),
})

/** Throws 404 if the tenant is not granted the list. */
const checkList = async ({ deps, caller }: Asking, list: string): Promise<void> => {
  if (await deps.access.isGranted(caller.tenantId, 'contact_list', list)) return
  throw new GatewayProblem('not-found', ENGLISH.people.noSuchList)
}

type Sent = Visit<unknown, unknown, UploadForm>

/** The file in the form. Throws `upload-empty` if none was chosen. */
const fileOf = ({ file }: Sent) => {
  if (file === null || file.fileName === null) {
    throw new GatewayProblem('upload-empty', words.noFile)
  }
  return { fileName: file.fileName, body: file.body, format: file.format() }
}

/**
 * Shows the page again with the same choices, so that the user has to choose only the file again.
 */
const again = async (visit: Sent, error: unknown): Promise<View> => {
  if (!(error instanceof GatewayProblem)) throw error
  const { deps, request, form: chosen } = visit
  const problem = problemWords(deps.problemFor(error, request))
  const { status } = PROBLEMS[error.code]
  // The gateway may have accepted the file, or may still accept it. With another key, the file
  // would be accepted twice.
  const isUnclear = status >= 500 || error.code === 'idempotency-key-in-progress'
  return newUploadView(visit, { chosen, problem, status, ...(isUnclear && { key: chosen.key }) })
}

const describe = async (visit: Sent) => {
  const { deps, caller, form: asked } = visit
  await checkList(visit, asked.list)
  const { body, format } = fileOf(visit)
  const file = await deps.describeFile({
    ...{ caller, contactListId: asked.list, options: optionsOfForm(asked) },
    ...{ format, body, steps: deps.judgeContacts, isPart: asked.part === 'yes' },
  })
  return detectedModel(file, asked)
}

/**
 * Reads the beginning of a file and shows its format and its columns. Nothing of the file is
 * stored. A script shows the result inside the page.
 */
export const UPLOAD_CHECK = form({
  at: '/uploads/new/check',
  scope: 'uploads',
  reads: 'file',
  form: uploadFormSchema,
  act: async (visit) => {
    const scripted = isScripted(visit.request)
    try {
      const detected = await describe(visit)
      if (!scripted) return await newUploadView(visit, { chosen: visit.form, detected })
      const model = { detected, problem: null }
      return { title: words.title, template: '/uploads/new/detected', model }
    } catch (error) {
      if (!scripted || !(error instanceof GatewayProblem)) return again(visit, error)
      const problem = problemWords(visit.deps.problemFor(error, visit.request))
      const { status } = PROBLEMS[error.code]
      const model = { detected: null, problem }
      return { title: words.title, template: '/uploads/new/detected', model, status }
    }
  },
})

/**
 * Receives the upload through the same use case as the API. Rows are checked and stored while they
 * arrive. Nothing remains if the body is interrupted.
 */
export const UPLOAD_SEND = form({
  at: '/uploads/new/send',
  scope: 'uploads',
  reads: 'file',
  form: uploadFormSchema,
  act: async (visit) => {
    const { deps, caller, form: asked, request } = visit
    try {
      await checkList(visit, asked.list)
      const answer = await deps.receiveUpload({
        ...fileOf(visit),
        ...{ caller, contactListId: asked.list, options: optionsOfForm(asked) },
        steps: deps.judgeContacts,
        ...{ idempotencyKey: `console-${asked.key}`, validateOnly: false },
        ...{ method: 'POST', path: `/v1/contact-lists/${asked.list}/uploads` },
      })
      const { id } = JSON.parse(answer.body) as { id: string }
      const taken = asked.apply === 'manual' ? 'uploaded' : 'uploadedSent'
      return { goTo: `/console/uploads/${id}`, said: answer.replayed ? 'uploadedBefore' : taken }
    } catch (error) {
      if (wantsJson(request)) throw error
      return again(visit, error)
    }
  },
})
