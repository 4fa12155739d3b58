import type { StoredContact } from '../state/contact-table.ts'
import { fieldsOf, type StoredList } from '../state/list-store.ts'
import { type SystemData, systemDataOf } from '../state/system-data.ts'
import { columnTimeZones } from './time-zones.ts'

const quoted = (cell: string): string =>
  /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

const flag = (value: boolean): string => (value ? '1' : '0')

const PHONE_COLUMNS = [
  'CallRecordLastAttempt',
  'CallRecordLastResult',
  'CallRecordLastAgentWrapup',
  'SmsLastAttempt',
  'SmsLastResult',
  'Callable',
  'ContactableByVoice',
  'ContactableBySms',
  'AutomaticTimeZone',
] as const
const EMAIL_COLUMNS = ['EmailLastAttempt', 'EmailLastResult', 'ContactableByEmail'] as const

/**
 * The header of an export: the contact id, the columns of the list, and then Genesys' other
 * columns. The names are those of real exports.
 */
const headerOf = (list: StoredList): string[] => {
  const of = (kind: string, columns: readonly string[]): string[] =>
    list.fields
      .filter((field) => field.kind === kind)
      .flatMap(({ name }) => columns.map((column) => `${column}-${name}`))
  return [
    'inin-outbound-id',
    ...list.fields.map(({ name }) => name),
    'ContactCallable',
    'ContactableByVoice',
    'ContactableBySms',
    'ContactableByEmail',
    'ZipCodeAutomaticTimeZone',
    ...of('phone', PHONE_COLUMNS),
    ...of('email', EMAIL_COLUMNS),
  ]
}

type Contactable = Record<
  string,
  { contactable?: boolean; columnStatus?: Record<string, { contactable?: boolean }> } | undefined
>
type Evaluations = Record<string, { timestamp?: string; wrapupCodeId?: string } | undefined>

const byColumn = (status: Contactable[string], column: string): string =>
  flag(status?.columnStatus?.[column]?.contactable ?? true)

const callCells = ({ callRecords, wrapups }: SystemData, column: string): string[] => {
  const call = callRecords?.[column]
  return [call?.lastAttempt ?? '', call?.lastResult ?? '', wrapups?.[column] ?? '']
}

const messageCells = (evaluations: SystemData['latestSmsEvaluations'], column: string) => {
  const { timestamp = '', wrapupCodeId = '' } = ((evaluations ?? {}) as Evaluations)[column] ?? {}
  return [timestamp, wrapupCodeId]
}

const phoneCells = (system: SystemData, column: string, zone: string): string[] => {
  const { Voice, Sms } = (system.contactableStatus ?? {}) as Contactable
  const statuses = (system.phoneNumberStatus ?? {}) as Record<string, { callable?: boolean }>
  return [
    ...callCells(system, column),
    ...messageCells(system.latestSmsEvaluations, column),
    flag(statuses[column]?.callable ?? true),
    byColumn(Voice, column),
    byColumn(Sms, column),
    zone,
  ]
}

const emailCells = (system: SystemData, column: string): string[] => {
  const { Email } = (system.contactableStatus ?? {}) as Contactable
  return [...messageCells(system.latestEmailEvaluations, column), byColumn(Email, column)]
}

const recordOf = (list: StoredList, contact: StoredContact): string[] => {
  const system = systemDataOf(contact.system)
  const { Voice, Sms, Email } = (system.contactableStatus ?? {}) as Contactable
  const zones = columnTimeZones(list, contact.cells)
  const columns = (kind: string, cells: (column: string) => string[]): string[] =>
    list.fields.filter((field) => field.kind === kind).flatMap(({ name }) => cells(name))
  return [
    contact.contactId,
    ...Object.values(fieldsOf(list, contact.cells)).map((cell) => cell ?? ''),
    flag(system.callable ?? true),
    ...[Voice, Sms, Email].map((status) => flag(status?.contactable ?? true)),
    list.settings.zipCodeColumnName === undefined ? '' : (Object.values(zones)[0]?.timeZone ?? ''),
    ...columns('phone', (name) => phoneCells(system, name, zones[name]?.timeZone ?? '')),
    ...columns('email', (name) => emailCells(system, name)),
  ]
}

const BYTE_ORDER_MARK = '\uFEFF'

/**
 * The contacts as Genesys exports them: a byte order mark, a header, and one record for each
 * contact [platform-api: 2.6].
 */
export const exportedCsv = (list: StoredList, contacts: readonly StoredContact[]): string => {
  const records = [headerOf(list), ...contacts.map((contact) => recordOf(list, contact))]
  return BYTE_ORDER_MARK + records.map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('')
}
