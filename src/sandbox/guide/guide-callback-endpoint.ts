import { z } from 'zod'

import type { Call, Endpoint, SandboxState } from '../server/endpoint.ts'
import { type Answer, Refusal } from '../server/refusal.ts'
import { contactIdColumnOf, droppedFields, type IncomingContact } from '../state/contact-writes.ts'
import type { StoredList } from '../state/list-store.ts'
import { contactsOfRecords, noteRequest, recordsOf } from './guide-contact-endpoints.ts'
import { type DuplicateCheck, ingest, takingList } from './guide-ingest.ts'

const webUrl = z.url({ protocol: /^https?$/ })

const optionsSchema = z.strictObject({
  duplicateCheckField: z.string().min(1),
  duplicateCheckBehavior: z.enum(['skip', 'update', 'ignore']),
  columnMappings: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        type: z.enum(['Phone', 'String', 'Email', 'Date']),
      }),
    )
    .min(1),
  callbackUrl: webUrl,
})
type UploadOptions = z.output<typeof optionsSchema>

const refuse = (code: string, message: string): never => {
  throw new Refusal(400, code, message)
}

/**
 * `uploadOptions` must precede `file`, because the options determine how the stream of rows is
 * read.
 */
const partsOf = (call: Call): { options: UploadOptions; bytes: Buffer } => {
  const [first, second, ...others] = call.form ?? []
  if (first?.name !== 'uploadOptions' || second?.name !== 'file' || others.length > 0) {
    refuse('invalid.body', 'Two parts are expected: uploadOptions, then file.')
  }
  let value: unknown
  try {
    value = JSON.parse(first!.bytes.toString('utf8'))
  } catch {
    refuse('invalid.upload.options', 'uploadOptions is not JSON.')
  }
  const options = optionsSchema.safeParse(value)
  if (!options.success) {
    const path = options.error.issues[0]?.path.join('.') ?? ''
    throw new Refusal(400, 'invalid.upload.options', `uploadOptions is not valid at ${path}.`)
  }
  return { options: options.data, bytes: second!.bytes }
}

const contactsOf = (
  state: SandboxState,
  call: Call,
  list: StoredList,
  { options, bytes }: ReturnType<typeof partsOf>,
): IncomingContact[] => {
  const [names = [], ...records] = recordsOf(bytes)
  if (new Set(names).size < names.length || records.length === 0) {
    refuse('invalid.file.format', 'Invalid File Format')
  }
  if (!options.columnMappings.every(({ name }) => names.includes(name))) {
    refuse('invalid.column.mapping', 'A mapping names no column of the file exactly.')
  }
  if (!names.includes(options.duplicateCheckField)) {
    refuse('invalid.duplicate.check.field', 'duplicateCheckField is no column of the file.')
  }
  const dropped = droppedFields(state, call)
  return contactsOfRecords(state, list, { names, records, dropped })
}

const checkOf = (list: StoredList, options: UploadOptions): DuplicateCheck | null => {
  const { duplicateCheckField: field, duplicateCheckBehavior: behavior } = options
  const position = list.positions.get(field)
  // Every ingest updates contacts with the same id anyway, so this case needs no check.
  if (field === contactIdColumnOf(list) && behavior === 'update') return null
  return position === undefined ? null : { position, behavior }
}

const upload = (state: SandboxState, call: Call): Answer => {
  const list = takingList(state, call)
  const parts = partsOf(call)
  const contacts = contactsOf(state, call, list, parts)
  const check = checkOf(list, parts.options)
  noteRequest(state, call, list, contacts)
  const { jobId, ready } = ingest(state, call, list, {
    contacts,
    mode: 'append',
    callbackUrl: parts.options.callbackUrl,
    ...(check ? { check } : {}),
  })
  const facts = { id: jobId, listId: list.id, mode: 'append', rows: contacts.length } as const
  state.activity.fileTaken({ ...facts, method: 'callback' }, parts.bytes)
  return { status: 200, body: { uploadId: jobId }, ...(ready ? { ready } : {}) }
}

const webhookSchema = z.object({
  name: z.string().min(1),
  description: z.string().optional(),
  enabled: z.boolean().default(true),
  eventDefinition: z.object({ eventType: z.string().min(1) }),
  httpTarget: z.object({
    url: webUrl,
    httpMethod: z.literal('POST'),
    contentType: z.literal('application/json'),
    authentication: z.object({ authenticationType: z.literal('NONE') }),
  }),
})

/**
 * There is no call that lists or removes webhooks. Registering the same name twice makes two
 * webhooks [guide-api: DNC lists].
 */
const subscribe = (state: SandboxState, call: Call): Answer => {
  const result = webhookSchema.safeParse(call.body)
  if (!result.success) {
    const path = result.error.issues[0]?.path.join('.') ?? ''
    throw new Refusal(400, 'invalid.body', `The webhook is not valid at ${path}.`)
  }
  const { name, enabled, eventDefinition, httpTarget } = result.data
  const { eventType } = eventDefinition
  const { id } = state.pushes.subscribe({ name, eventType, url: httpTarget.url, enabled })
  return { status: 201, body: { ...result.data, id } }
}

/**
 * The calls that make Genesys call back: the upload with a callback URL, and the registration of
 * webhooks.
 */
export const guideCallbackEndpoints = (state: SandboxState): Endpoint[] => [
  {
    method: 'POST',
    path: '/api/v2/outbound/contactlists/:listId/upload',
    operation: 'callback-file',
    dialect: 'guide',
    writesContacts: true,
    handle: (call) => upload(state, call),
  },
  {
    method: 'POST',
    path: '/api/v2/platform/webhooks',
    operation: 'webhooks',
    dialect: 'guide',
    handle: (call) => subscribe(state, call),
  },
]
