import { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { ContactRetractionPort } from '../../workflows/ports/do-not-call/retractions.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'

const statusSchema = z.looseObject({ callable: z.boolean().optional() })
const contactSchema = z.looseObject({
  id: z.string(),
  contactListId: z.string(),
  data: z.record(z.string(), z.unknown()),
  callable: z.boolean().optional(),
  phoneNumberStatus: z.record(z.string(), statusSchema).nullish(),
})
type Contact = z.output<typeof contactSchema>

/**
 * Members of a contact that only Genesys writes: the members of DialerContact that
 * WritableDialerContact does not have (SDK 262).
 */
const READ_ONLY: readonly string[] = [
  'name',
  'callRecords',
  'contactColumnTimeZones',
  'configurationOverrides',
  'selfUri',
]

const writable = (contact: Contact): Contact =>
  Object.fromEntries(
    Object.entries(contact).filter(([name]) => !READ_ONLY.includes(name)),
  ) as Contact

/** The columns whose cell is the subject: a phone number or an email address. */
const columnsOf = ({ data }: Contact, isSubject: (cell: string) => boolean): string[] =>
  Object.entries(data).flatMap(([column, cell]) =>
    typeof cell === 'string' && isSubject(cell) ? [column] : [],
  )

type Named = Pick<Parameters<ContactRetractionPort['retract']>[0], 'isSubject' | 'isReplaced'>

/** The contact after its retraction. null: nothing needs to change. */
const retracted = (contact: Contact, { isSubject, isReplaced }: Named): Contact | null => {
  const columns = columnsOf(contact, isSubject)
  // The gateway itself has sent another number since, which nobody asked it not to call.
  if (columns.length === 0 && isReplaced) return null
  const isNumber = columns.length > 0 && columns.every((column) => !isAddress(contact.data[column]))
  // Makes the whole contact not callable in two cases: the subject is an email address, or no
  // column has the number now. (An agent may have rewritten the number.) This is stricter than
  // needed, but safe.
  if (!isNumber)
    return contact.callable === false ? null : { ...writable(contact), callable: false }
  const status = contact.phoneNumberStatus ?? {}
  if (columns.every((column) => status[column]?.callable === false)) return null
  const uncallable = columns.map((column) => [column, { ...status[column], callable: false }])
  return {
    ...writable(contact),
    phoneNumberStatus: { ...status, ...Object.fromEntries(uncallable) },
  }
}

const isAddress = (cell: unknown): boolean => typeof cell === 'string' && cell.includes('@')

/**
 * Retracts with `GET` and `PUT …/contacts/{contactId}`. The `PUT` sets the number (or the whole
 * contact) not callable, and sends all other writable members back as the `GET` returned them.
 * Contacts have no version: if another client changes the contact between the two calls, this
 * change is lost. Between the two calls, the gateway waits only for a pace slot. If the answer to
 * the `PUT` does not show the contact as retracted, the outcome is unknown: the call fails, and the
 * next try reads the contact again.
 */
export const createPlatformRetractions = (deps: { call: Caller }): ContactRetractionPort => ({
  retract: async ({ contactListId, contactId, ...named }, context) => {
    const path = `/api/v2/outbound/contactlists/${pathSegment(contactListId)}/contacts/${pathSegment(contactId)}`
    const contact = await deps.call(
      {
        ...{ operation: 'read-contact', method: 'GET', path, schema: contactSchema },
        right: 'outbound:contact:view',
      },
      context,
    )
    const wanted = retracted(contact, named)
    if (wanted === null) return
    const operation = 'retract-contact'
    const now = await deps.call(
      {
        ...{ operation, method: 'PUT', path, schema: contactSchema },
        body: Buffer.from(JSON.stringify(wanted)),
        right: 'outbound:contact:edit',
      },
      context,
    )
    if (retracted(now, named) !== null) throw new GenesysFailure('malformed_answer', operation)
  },
})
