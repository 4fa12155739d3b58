import { z } from 'zod'

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
 * Members of a contact that Genesys alone writes (SDK 262, DialerContact against
 * WritableDialerContact).
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

/** The columns whose cell is the subject. */
const columnsOf = ({ data }: Contact, isSubject: (cell: string) => boolean): string[] =>
  Object.entries(data).flatMap(([column, cell]) =>
    typeof cell === 'string' && isSubject(cell) ? [column] : [],
  )

/** The contact as it is to be. null if it is so already. */
const retracted = (contact: Contact, isSubject: (cell: string) => boolean): Contact | null => {
  const columns = columnsOf(contact, isSubject)
  const isNumber = columns.length > 0 && columns.every((column) => !isAddress(contact.data[column]))
  // Whatever the channel is: who said so by an address, or by a number that an agent has written in
  // another way since, is not called at all.
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
 * `GET` and `PUT …/contacts/{contactId}` (platform): reads the contact, sets its number not
 * callable, and sends everything else back unchanged. Contacts have no version, so a change between
 * the two calls is lost. Only the slot of the second call lies between them.
 */
export const createPlatformRetractions = (deps: { call: Caller }): ContactRetractionPort => ({
  retract: async ({ contactListId, contactId, isSubject }, context) => {
    const path = `/api/v2/outbound/contactlists/${pathSegment(contactListId)}/contacts/${pathSegment(contactId)}`
    const contact = await deps.call(
      {
        ...{ operation: 'read-contact', method: 'GET', path, schema: contactSchema },
        right: 'outbound:contact:view',
      },
      context,
    )
    const wanted = retracted(contact, isSubject)
    if (wanted === null) return
    await deps.call(
      {
        ...{ operation: 'retract-contact', method: 'PUT', path, schema: z.unknown() },
        body: Buffer.from(JSON.stringify(wanted)),
        right: 'outbound:contact:edit',
      },
      context,
    )
  },
})
