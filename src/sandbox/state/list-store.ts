import { randomUUID } from 'node:crypto'

import type { ColumnKind, ListColumn } from '../../domain/contact-lists/contact-list.ts'
import type { Clock } from '../../lib/clock.ts'
import { Refusal } from '../server/refusal.ts'
import { type ContactTable, createContactTable } from './contact-table.ts'
import { HOME_DIVISION } from './named-entities.ts'

/** A list to make. A `status` other than READY stays until the list is made again. */
export type SandboxList = {
  id: string
  name: string
  columns: ListColumn[]
  status?: ListStatus
}
export type ListStatus = 'READY' | 'PROCESSING' | 'ERROR'

/** A column, with what both dialects need to show it. */
export type ListField = {
  name: string
  kind: ColumnKind
  required: boolean
  /** The guide's `type`, returned as it was declared. */
  type: string
  format: string | null
  /** The platform's free label of a phone, email or WhatsApp column ("cell", "home"). */
  label: string
  /** Platform: a phone column to which WhatsApp messages are sent. */
  whatsApp?: boolean
  /** Platform: the column with the time zone in which this column may be used. */
  timeColumn?: string | undefined
}

/**
 * The settings of a platform list besides its columns, as they were declared (SDK 262,
 * ContactList).
 */
export type ListSettings = {
  divisionId: string
  attemptLimitsId?: string | undefined
  automaticTimeZoneMapping: boolean
  zipCodeColumnName?: string | undefined
  previewModeColumnName?: string | undefined
  previewModeAcceptedValues: string[]
  columnDataTypeSpecifications: Record<string, unknown>[]
  trimWhitespace: boolean
  retentionType?: string | undefined
  retentionDays?: number | undefined
  dateExpiration?: string | undefined
  timeZone?: string | undefined
}

const PLAIN_SETTINGS: ListSettings = {
  divisionId: HOME_DIVISION.id,
  automaticTimeZoneMapping: false,
  previewModeAcceptedValues: [],
  columnDataTypeSpecifications: [],
  trimWhitespace: true,
}

export type StoredList = {
  id: string
  name: string
  description: string
  fields: ListField[]
  positions: Map<string, number>
  schemaName: string
  schemaVersion: string
  /** What reads show until `visibleAtMs`, because the index is not yet rebuilt after a PUT. */
  shown: { fields: ListField[]; schemaVersion: string }
  /**
   * Monotonic times. `madeAtMs`: when the list was made. `visibleAtMs`: when its index is ready.
   */
  madeAtMs: number
  visibleAtMs: number
  fixedStatus: ListStatus | null
  version: number
  settings: ListSettings
  dateCreated: string
  dateModified: string
  contacts: ContactTable
  /** Every applied write request raises it by one. */
  revision: number
}

const GUIDE_TYPES = { text: 'String', phone: 'Phone', email: 'Email', date: 'Date' } as const

/**
 * Turns a column as the gateway describes it (`ListColumn`) into a column as the sandbox stores it.
 */
export const fieldOf = (column: ListColumn): ListField => ({
  ...column,
  type: GUIDE_TYPES[column.kind],
  format: column.kind === 'phone' ? 'E.164' : null,
  label: column.kind === 'phone' ? 'cell' : column.kind === 'email' ? 'personal' : '',
})

const positionsOf = (fields: readonly ListField[]): Map<string, number> =>
  new Map(fields.map((field, index) => [field.name, index]))

export type NewList = {
  id?: string
  name: string
  description?: string
  fields: ListField[]
  schemaName?: string
  schemaVersion?: string
  status?: ListStatus
  settings?: ListSettings
  lagMs: number
}

export type ListStore = {
  add(list: NewList): StoredList
  /** Throws a 404 refusal `contact.list.not.found`. */
  get(id: string): StoredList
  find(id: string): StoredList | undefined
  all(): StoredList[]
  remove(id: string): void
  removeAll(): void
  /** Adds columns at the end. Readers see them after `lagMs`. */
  extend(list: StoredList, fields: ListField[], schemaVersion: string, lagMs: number): void
  /** Sets a name and settings, and raises the version. */
  change(list: StoredList, change: { name: string; settings: ListSettings }): void
}

/**
 * Begins without lists. `add` replaces a list that has the same id. A list that is added without an
 * id gets a random id.
 */
export const createListStore = (deps: { clock: Clock }): ListStore => {
  const lists = new Map<string, StoredList>()
  const stamp = (): string => deps.clock.now().toISOString()
  const add = (list: NewList): StoredList => {
    const id = list.id ?? randomUUID()
    const now = deps.clock.monotonicMs()
    const schemaVersion = list.schemaVersion ?? '1.0'
    const stored: StoredList = {
      id,
      name: list.name,
      description: list.description ?? '',
      fields: list.fields,
      positions: positionsOf(list.fields),
      schemaName: list.schemaName ?? `${list.name}-schema`,
      schemaVersion,
      shown: { fields: list.fields, schemaVersion },
      madeAtMs: now,
      visibleAtMs: now + list.lagMs,
      fixedStatus: list.status === 'READY' ? null : (list.status ?? null),
      version: 1,
      settings: list.settings ?? PLAIN_SETTINGS,
      dateCreated: stamp(),
      dateModified: stamp(),
      contacts: createContactTable(),
      revision: 0,
    }
    lists.set(id, stored)
    return stored
  }
  return {
    add,
    get: (id) => {
      const list = lists.get(id)
      if (!list) throw new Refusal(404, 'contact.list.not.found', 'The contact list was not found.')
      return list
    },
    find: (id) => lists.get(id),
    all: () => [...lists.values()],
    remove: (id) => {
      lists.delete(id)
    },
    removeAll: () => lists.clear(),
    extend: (list, fields, schemaVersion, lagMs) => {
      list.shown = { fields: list.fields, schemaVersion: list.schemaVersion }
      list.fields = fields
      list.positions = positionsOf(fields)
      list.schemaVersion = schemaVersion
      list.visibleAtMs = deps.clock.monotonicMs() + lagMs
      list.version += 1
      list.dateModified = stamp()
    },
    change: (list, { name, settings }) => {
      list.name = name
      list.settings = settings
      list.version += 1
      list.dateModified = stamp()
    },
  }
}

/**
 * A contact's cells by column name. A column that was added after the contact was written is null.
 */
export const fieldsOf = (list: StoredList, cells: string): Record<string, string | null> => {
  const values = JSON.parse(cells) as (string | null)[]
  return Object.fromEntries(list.fields.map((field, index) => [field.name, values[index] ?? null]))
}
