import { randomUUID } from 'node:crypto'

import { z } from 'zod'

import type { SandboxState } from '../server/endpoint.ts'
import { Refusal } from '../server/refusal.ts'
import { type StoredContact } from '../state/contact-table.ts'
import {
  checkedContactId,
  type DroppedFields,
  type IncomingContact,
  packCells,
} from '../state/contact-writes.ts'
import { fieldsOf, type StoredList } from '../state/list-store.ts'
import { type SystemData, systemDataOf } from '../state/system-data.ts'
import { PLATFORM_LIMITS } from './platform-limits.ts'
import { columnTimeZones } from './time-zones.ts'

const byColumn = z.record(z.string(), z.unknown())
const statusByColumn = z.record(z.string(), z.looseObject({ callable: z.boolean().optional() }))
const contactable = z.record(
  z.string(),
  z.looseObject({
    contactable: z.boolean().optional(),
    columnStatus: z
      .record(z.string(), z.looseObject({ contactable: z.boolean().optional() }))
      .optional(),
  }),
)

/** WritableDialerContact (SDK 262) without the members that identify the contact. */
const writableShape = {
  data: z.record(z.string(), z.unknown()),
  callable: z.boolean().optional(),
  phoneNumberStatus: statusByColumn.optional(),
  contactableStatus: contactable.optional(),
  latestSmsEvaluations: byColumn.optional(),
  latestEmailEvaluations: byColumn.optional(),
  latestWhatsAppEvaluations: byColumn.optional(),
  dateCreated: z.string().optional(),
  retentionType: z.string().optional(),
  retentionDays: z.int().positive().optional(),
  dateExpiration: z.string().optional(),
}
/**
 * Members of DialerContact that only Genesys writes. They are allowed because a caller may send a
 * contact back as Genesys showed it.
 */
const readOnlyShape = {
  name: z.string().optional(),
  callRecords: byColumn.optional(),
  contactColumnTimeZones: byColumn.optional(),
  configurationOverrides: z.unknown().optional(),
  selfUri: z.string().optional(),
}
const contactSchema = z.strictObject({
  id: z.string().optional(),
  contactListId: z.string(),
  ...writableShape,
  ...readOnlyShape,
})

/**
 * The patch of a bulk edit: any members of a contact. Members that only Genesys writes have no
 * effect.
 */
export const patchSchema = z
  .strictObject({
    id: z.string(),
    contactListId: z.string(),
    ...writableShape,
    ...readOnlyShape,
  })
  .partial()

/** The system data in the members of a contact or of a patch. */
export const systemDataIn = (contact: Omit<z.output<typeof patchSchema>, 'data'>): SystemData => ({
  callable: contact.callable,
  phoneNumberStatus: contact.phoneNumberStatus,
  contactableStatus: contact.contactableStatus,
  latestSmsEvaluations: contact.latestSmsEvaluations,
  latestEmailEvaluations: contact.latestEmailEvaluations,
  latestWhatsAppEvaluations: contact.latestWhatsAppEvaluations,
  dateCreated: contact.dateCreated,
  retentionType: contact.retentionType,
  retentionDays: contact.retentionDays,
  dateExpiration: contact.dateExpiration,
})

const cellRules = {
  undeclaredCode: 'invalid.contact.columns',
  maxChars: PLATFORM_LIMITS.cellChars,
  empty: '',
} as const

/**
 * A contact as it was sent. If the contact is invalid, throws a 400 refusal, and the whole call
 * fails.
 */
export const contactIn = (
  state: SandboxState,
  list: StoredList,
  body: unknown,
  dropped: DroppedFields,
): IncomingContact & { given: SystemData } => {
  const result = contactSchema.safeParse(body)
  if (!result.success) {
    const path = result.error.issues[0]?.path.join('.') ?? ''
    throw new Refusal(400, 'invalid.property', `A contact is not valid at ${path}.`)
  }
  const { id, contactListId, data } = result.data
  if (contactListId !== list.id) {
    throw new Refusal(400, 'invalid.contact.list', 'contactListId is not the list of the path.')
  }
  if (id === undefined) state.book.count(list.id, 'contactsWithoutId')
  return {
    contactId: id === undefined ? randomUUID() : checkedContactId(id),
    cells: packCells(state, list, Object.entries(data), { dropped, ...cellRules }),
    given: systemDataIn(result.data),
  }
}

/** The cells of a contact after a patch. Throws a 400 refusal if `data` is not valid. */
export const patchedCells = (
  state: SandboxState,
  list: StoredList,
  cells: string,
  data: Record<string, unknown>,
): (string | null)[] => {
  const kept = Object.entries(fieldsOf(list, cells)).map(([name, value]): [string, unknown] => [
    name,
    value ?? '',
  ])
  const dropped = { undeclared: false, names: new Set<string>() }
  return packCells(state, list, [...kept, ...Object.entries(data)], { dropped, ...cellRules })
}

/** The contact as the platform shows it (SDK 262, DialerContact). */
export const describeContact = (list: StoredList, contact: StoredContact) => {
  const { wrapups: _, ...system } = systemDataOf(contact.system)
  const zones = columnTimeZones(list, contact.cells)
  return {
    id: contact.contactId,
    contactListId: list.id,
    data: Object.fromEntries(
      Object.entries(fieldsOf(list, contact.cells)).map(([name, value]) => [name, value ?? '']),
    ),
    callable: true,
    phoneNumberStatus: {},
    contactableStatus: {},
    callRecords: {},
    dateCreated: new Date(contact.createdMs).toISOString(),
    ...(Object.keys(zones).length > 0 ? { contactColumnTimeZones: zones } : {}),
    ...system,
    selfUri: `/api/v2/outbound/contactlists/${list.id}/contacts/${contact.contactId}`,
  }
}
