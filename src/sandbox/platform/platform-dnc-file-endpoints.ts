import {
  type Call,
  type Endpoint,
  platformEndpoint,
  type SandboxState,
} from '../server/endpoint.ts'
import type { Answer } from '../server/refusal.ts'
import type { StoredDncList } from '../state/do-not-call/dnc-lists.ts'
import { DNC_BASE } from './platform-dnc-entity.ts'
import { refuse } from './platform-list-rules.ts'

/** The names of the columns are not published; the value comes first and the expiry last [platform-api: 2.7]. */
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

/** Shows the last export that was made, which may be older than the one that was asked for. */
const readExport = (state: SandboxState, call: Call): Answer => {
  const list = state.dncLists.get(call.listId ?? '')
  const found = state.exports.latest(list.id)
  if (!found) return refuse('no.available.list.export.uri', 'There is no export of the list.', 404)
  const uri = `http://${call.host}/api/v2/downloads/${found.downloadId}`
  if (call.query['download'] === 'true') return { status: 302, headers: { location: uri } }
  return { status: 200, body: { uri, exportTimestamp: found.exportedAt } }
}

/** Exports of DNC lists. Their download is the one of contact lists. */
export const platformDncFileEndpoints = (state: SandboxState): Endpoint[] => [
  platformEndpoint('POST', `${DNC_BASE}/:listId/export`, 'dnc-export', (call) =>
    startExport(state, call),
  ),
  platformEndpoint('GET', `${DNC_BASE}/:listId/export`, 'dnc-export', (call) =>
    readExport(state, call),
  ),
  platformEndpoint('GET', `${DNC_BASE}/:listId/importstatus`, 'dnc-lists', (call) => {
    const { importStatus } = state.dncLists.get(call.listId ?? '')
    return { status: 200, body: importStatus ?? { state: 'NONE' } }
  }),
]
