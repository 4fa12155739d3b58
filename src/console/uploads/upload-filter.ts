import { z } from 'zod'

import { gatewayIdSchema, genesysIdSchema } from '../../domain/ids/ids.ts'
import { SEEN_STATES } from '../../domain/uploads/upload.ts'
import type { UploadFilter } from '../../workflows/ports/uploads/uploads.ts'
import { filled } from '../frame/fields.ts'

/** A SHA-256 in hexadecimal. */
export const HEX_DIGEST = /^[0-9a-f]{64}$/u

const dayStart = (day: string): Date => new Date(`${day}T00:00:00.000Z`)
const dayAfter = (day: string): Date => new Date(dayStart(day).getTime() + 86_400_000)

/** The filter of the list. It is in the URL, and in the forms that act on all uploads found. */
export const filterFields = {
  state: filled(z.enum(SEEN_STATES)),
  list: filled(genesysIdSchema),
  sha256: filled(z.string().regex(HEX_DIGEST)),
  /** Days in UTC. Both days are included. */
  from: filled(z.iso.date()),
  to: filled(z.iso.date()),
}
/** The query of the list. */
export const filterSchema = z.strictObject({
  ...filterFields,
  /** Absent: the tenant of the viewer. */
  tenant: filled(gatewayIdSchema),
  cursor: filled(z.string().max(500)),
})

export type ListQuery = z.output<typeof filterSchema>

/** The filter as the store takes it. */
export const filterOf = (query: Omit<ListQuery, 'cursor' | 'tenant'>): UploadFilter => ({
  ...(query.state !== undefined && { states: [query.state] }),
  ...(query.list !== undefined && { contactListId: query.list }),
  ...(query.sha256 !== undefined && { sha256: query.sha256 }),
  ...(query.from !== undefined && { createdFrom: dayStart(query.from) }),
  ...(query.to !== undefined && { createdTo: dayAfter(query.to) }),
})
