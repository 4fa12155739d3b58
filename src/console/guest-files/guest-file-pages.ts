import { z } from 'zod'

import { hasScope } from '../../domain/access/access.ts'
import { SEEN_GUEST_FILE_STATES } from '../../domain/guest-files/guest-file.ts'
import { gatewayIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { cursorField, filled, pageLinks } from '../frame/fields.ts'
import { lookQueryWithSeen, nextLook } from '../frame/live.ts'
import { form, page, type Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { guestFileLine, guestFileModel, stateChoices } from './guest-file-model.ts'

const PAGE_FILES = 50
const MOST_MOMENTS = 100
const DAY_MS = 86_400_000
const { guestFiles: words } = ENGLISH
const LIST_PAGE = '/console/guest-files'

const startOf = (day: string): Date => new Date(`${day}T00:00:00.000Z`)

export const GUEST_FILES = page({
  at: '/guest-files',
  scope: 'files',
  menu: 'guestFiles',
  query: z.strictObject({
    id: filled(z.string().trim().pipe(gatewayIdSchema)),
    state: filled(z.enum(SEEN_GUEST_FILE_STATES)),
    /** Days in UTC. Both days are included. */
    from: filled(z.iso.date()),
    to: filled(z.iso.date()),
    cursor: cursorField,
  }),
  load: async ({ deps, caller, query: { id, cursor, ...filter } }) => {
    if (id !== undefined) return { goTo: `${LIST_PAGE}/${id}` }
    const { state, from, to } = filter
    const found = await deps.guestFiles.list(caller.tenantId, {
      ...{ limit: PAGE_FILES, cursor: cursor ?? null },
      ...(state !== undefined && { state }),
      ...(from !== undefined && { createdFrom: startOf(from) }),
      ...(to !== undefined && { createdTo: new Date(startOf(to).getTime() + DAY_MS) }),
    })
    if (found === null) return { goTo: LIST_PAGE }
    return {
      title: words.title,
      template: '/guest-files/guest-file-list',
      model: {
        files: found.items.map(guestFileLine),
        states: stateChoices(),
        filter,
        filtered: Object.values(filter).some((value) => value !== undefined),
        ...pageLinks(LIST_PAGE, filter, { cursor, next: found.next }),
      },
    }
  },
})

const params = z.strictObject({ guestFileId: gatewayIdSchema })

const readModel = async ({
  deps,
  caller,
  params: { guestFileId },
}: Visit<z.output<typeof params>>) => {
  const file = await deps.guestFiles.find(caller.tenantId, guestFileId)
  if (file === null) throw new GatewayProblem('not-found', words.unknown)
  const asked = { limit: MOST_MOMENTS, cursor: null }
  const trail = hasScope(caller.scopes, 'audit')
    ? await deps.audit.newest(caller, { object: guestFileId }, asked)
    : null
  return guestFileModel(file, trail?.items ?? null, caller)
}

export const GUEST_FILE = page({
  at: '/guest-files/:guestFileId',
  scope: 'files',
  params,
  load: async (visit) => {
    const file = await readModel(visit)
    return {
      title: file.name,
      template: '/guest-files/guest-file',
      model: { file, live: file.ended ? null : nextLook(null) },
    }
  },
})

/** The part of the page that shows the state of the file. The page reloads it. */
export const GUEST_FILE_LIVE = page({
  at: '/guest-files/:guestFileId/live',
  scope: 'files',
  part: true,
  params,
  query: lookQueryWithSeen,
  load: async (visit) => {
    const file = await readModel(visit)
    const next = nextLook(visit.query.look, file.version !== visit.query.seen)
    return {
      title: file.name,
      template: '/guest-files/guest-file-live',
      model: { file, live: file.ended ? null : next },
    }
  },
})

export const GUEST_FILE_CANCEL = form({
  at: '/guest-files/:guestFileId/cancel',
  scope: 'files',
  params,
  act: async ({ deps, caller, params: { guestFileId } }) => {
    await deps.cancelGuestFile(caller, guestFileId)
    return { goTo: `${LIST_PAGE}/${guestFileId}`, said: 'guestFileCancelled' }
  },
})
