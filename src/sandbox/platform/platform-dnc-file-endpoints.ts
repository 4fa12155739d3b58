import { z } from 'zod'

import {
  type Call,
  type Endpoint,
  platformEndpoint,
  type SandboxState,
} from '../server/endpoint.ts'
import type { Answer } from '../server/refusal.ts'
import { DNC_KINDS, type DncKind, type StoredDncList } from '../state/do-not-call/dnc-lists.ts'
import { recordsOf } from '../state/import-file.ts'
import { expiryOf } from './platform-dnc-endpoints.ts'
import { DNC_BASE } from './platform-dnc-entity.ts'
import { CONTENT_TYPES, presignedAnswer } from './platform-import-endpoints.ts'
import { refuse } from './platform-list-rules.ts'

/**
 * The header of an export. Its names are not published. The value comes first and the expiry last
 * [platform-api: 2.7].
 */
const HEADER = ['Value', 'Type', 'ExpirationDateTime']

const exportedCsv = (list: StoredDncList): string => {
  const records = Object.entries(list.entries).flatMap(([kind, entries]) =>
    [...entries].map(([value, { expiresAt }]) => [
      value,
      kind,
      expiresAt === null ? '' : `${expiresAt.slice(0, 16)}Z`,
    ]),
  )
  const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`
  return [HEADER, ...records].map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('')
}

const startExport = (state: SandboxState, call: Call): Answer => {
  const list = state.dncLists.get(call.listId ?? '')
  const lag = state.faults.pick(['dnc-export-lag'], call)
  const make = (): void => state.exports.start(list.id, () => exportedCsv(list))
  if (!lag) make()
  else if (lag.lagMs !== undefined) {
    state.effects.add({ atMs: state.clock.monotonicMs() + lag.lagMs, apply: make })
  }
  const selfUri = `${DNC_BASE}/${list.id}/export`
  return { status: 200, body: { id: list.id, name: list.name, selfUri } }
}

/** Shows the last finished export, which may be older than the one that was requested last. */
const readExport = (state: SandboxState, call: Call): Answer => {
  const list = state.dncLists.get(call.listId ?? '')
  const found = state.exports.latest(list.id)
  if (!found) return refuse('no.available.list.export.uri', 'There is no export of the list.', 404)
  const uri = `http://${call.host}/api/v2/downloads/${found.downloadId}`
  if (call.query['download'] === 'true') return { status: 302, headers: { location: uri } }
  return { status: 200, body: { uri, exportTimestamp: found.exportedAt } }
}

/**
 * DncListUploadUrlRequest of SDK 262. One text can name several columns, but Genesys does not
 * publish how. The sandbox assumes that commas separate the names.
 */
const fileSchema = z.object({
  contentType: z.enum(CONTENT_TYPES),
  id: z.string().min(1),
  phoneColumns: z.string().optional(),
  emailColumns: z.string().optional(),
  customExclusionColumns: z.string().optional(),
  whatsAppColumns: z.string().optional(),
  expirationDateTimeColumn: z.string().optional(),
  signedUrlTimeoutSeconds: z.int().min(1).max(604_800).default(600),
})
type FileAsked = z.output<typeof fileSchema>

const COLUMNS_OF = {
  phone: 'phoneColumns',
  email: 'emailColumns',
  customExclusion: 'customExclusionColumns',
  whatsApp: 'whatsAppColumns',
} as const satisfies Record<DncKind, keyof FileAsked>

/**
 * If a call would refuse the date (`expiryOf`), the imported entry silently gets no expiry
 * [platform-api: 2.7].
 */
const expiryInFile = (state: SandboxState, text: string): string | null => {
  try {
    return expiryOf(state, text)
  } catch {
    return null
  }
}

/** Puts the values of a record into the list. Each kind has its own columns. */
const putRecord = (
  state: SandboxState,
  list: StoredDncList,
  asked: FileAsked,
  cellOf: (column: string) => string,
): void => {
  const expiry = asked.expirationDateTimeColumn
  const expiresAt = expiry === undefined ? null : expiryInFile(state, cellOf(expiry))
  for (const kind of DNC_KINDS) {
    const columns = asked[COLUMNS_OF[kind]]?.split(',') ?? []
    const values = columns.map((column) => cellOf(column.trim())).filter((value) => value !== '')
    if (values.length > 0) {
      state.dncLists.put(list, kind, values, { expiresAt, reason: null, by: 'file' })
    }
  }
}

const importFile = (
  state: SandboxState,
  asked: FileAsked,
  bytes: Uint8Array,
  uploadKey: string,
): void => {
  const [header = [], ...records] = recordsOf(bytes) ?? []
  const named = Object.values(COLUMNS_OF).flatMap((member) => asked[member]?.split(',') ?? [])
  const lacks = named.length === 0 || named.some((column) => !header.includes(column.trim()))
  state.imports.queue({
    ...{ uploadKey, listId: asked.id, rows: records.length, rejected: 0, stuckMs: null },
    failureReason: lacks ? 'IMPORT_FAILED_TO_READ_HEADERS' : null,
    apply: () => {
      const list = state.dncLists.find(asked.id)
      if (lacks || list === undefined) return
      for (const record of records) {
        putRecord(state, list, asked, (column) => record[header.indexOf(column)]?.trim() ?? '')
      }
    },
  })
}

const askForPlace = (state: SandboxState, call: Call): Answer => {
  const parsed = fileSchema.safeParse(call.body)
  if (!parsed.success) return refuse('bad.request', 'The request body is not valid.')
  const { id, contentType, signedUrlTimeoutSeconds } = parsed.data
  const listId = state.dncLists.get(id).id
  const purpose = {
    ...{ listId, contactIdName: null, contentType, clearSystemData: false },
    stored: (bytes: Uint8Array, uploadKey: string) =>
      importFile(state, parsed.data, bytes, uploadKey),
  }
  return presignedAnswer(state, call, purpose, signedUrlTimeoutSeconds)
}

/**
 * Imports and exports of DNC lists. An export is downloaded with the same call as an export of a
 * contact list.
 */
export const platformDncFileEndpoints = (state: SandboxState): Endpoint[] => [
  platformEndpoint('POST', `${DNC_BASE}/:listId/export`, 'dnc-export', (call) =>
    startExport(state, call),
  ),
  platformEndpoint('GET', `${DNC_BASE}/:listId/export`, 'dnc-export', (call) =>
    readExport(state, call),
  ),
  platformEndpoint('POST', `${DNC_BASE}/uploads`, 'uploads', (call) => askForPlace(state, call)),
  platformEndpoint('GET', `${DNC_BASE}/:listId/importstatus`, 'dnc-lists', (call) => ({
    status: 200,
    body: state.imports.status(state.dncLists.get(call.listId ?? '').id),
  })),
]
