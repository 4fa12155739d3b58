import { z } from 'zod'

import type { Call, SandboxState } from '../server/endpoint.ts'
import { DNC_SOURCE_TYPES, type StoredDncList } from '../state/do-not-call/dnc-lists.ts'
import { PLATFORM_LIMITS } from './platform-limits.ts'
import { refuse } from './platform-list-rules.ts'

export const DNC_BASE = '/api/v2/outbound/dnclists'

/** DncList of SDK 262. Members for the lists of vendors are stored unchanged. */
const entitySchema = z.looseObject({
  name: z.string(),
  version: z.int().optional(),
  dncSourceType: z.enum(DNC_SOURCE_TYPES),
  contactMethod: z.enum(['Email', 'Phone', 'Any', 'WhatsApp']).optional(),
  customExclusionColumn: z.string().optional(),
  division: z.looseObject({ id: z.string() }).optional(),
})
export type DncEntity = z.output<typeof entitySchema>

const KEPT = ['loginId', 'campaignId', 'dncCodes', 'licenseId', 'zipCodeColumnName']

/**
 * Parses the body of a call that makes or changes a DNC list. Throws 400 `bad.request`, which names
 * the first wrong member. Does not check the rules of the org (`assertDncEntity`).
 */
export const dncEntityOf = (body: unknown): DncEntity => {
  const parsed = entitySchema.safeParse(body)
  if (parsed.success) return parsed.data
  const path = parsed.error.issues[0]?.path.join('.') ?? ''
  return refuse('bad.request', `The DNC list is not valid at ${path}.`)
}

/** Checks the name of a list. Throws refusals. */
const assertDncName = (state: SandboxState, name: string, self: StoredDncList | null): void => {
  if (name.trim() === '') refuse('name.cannot.be.blank', 'A name must be provided.')
  if (name.length > PLATFORM_LIMITS.nameChars) refuse('name.length.exceeded', 'Name too long.')
  if (state.dncLists.all().some((list) => list !== self && list.name === name)) {
    refuse('duplicate.name', 'The name already exists.')
  }
}

const assertSameSource = (entity: DncEntity, self: StoredDncList): void => {
  const { dncSourceType, contactMethod = null, customExclusionColumn = null } = entity
  if (self.dncSourceType !== dncSourceType || contactMethod !== self.contactMethod) {
    refuse('invalid.update', 'The source of a list cannot be changed.')
  }
  if (customExclusionColumn !== self.customExclusionColumn) {
    refuse('custom.exclusion.column.immutable', 'The column of a custom list cannot be changed.')
  }
}

/** Checks the entity of a new list (`self` null) or of a changed list. Throws refusals. */
export const assertDncEntity = (
  state: SandboxState,
  entity: DncEntity,
  self: StoredDncList | null,
): void => {
  const { name, dncSourceType, contactMethod, customExclusionColumn, division } = entity
  assertDncName(state, name, self)
  if (dncSourceType === 'rds' && contactMethod === undefined) {
    refuse('contact.method.required', 'An internal list has a contact method.')
  }
  if (dncSourceType === 'rds_custom' && !customExclusionColumn) {
    refuse('custom.exclusion.column.required', 'A custom list names its column.')
  }
  if (division && !state.divisions.has(division.id)) {
    refuse('division.not.found', 'The division was not found.')
  }
  if (self) assertSameSource(entity, self)
}

/**
 * The members to store. Without a division, `divisionId` is left out: a new list gets the home
 * division, and a changed list keeps its division.
 */
export const membersOfDnc = (entity: DncEntity) => ({
  name: entity.name,
  dncSourceType: entity.dncSourceType,
  contactMethod: entity.contactMethod ?? null,
  customExclusionColumn: entity.customExclusionColumn ?? null,
  members: Object.fromEntries(Object.entries(entity).filter(([member]) => KEPT.includes(member))),
  ...(entity.division ? { divisionId: entity.division.id } : {}),
})

const sizeOf = ({ entries, dncSourceType }: StoredDncList): number =>
  dncSourceType === 'rds_custom' ? entries.customExclusion.size : entries.phone.size

/** The list as the platform's entity. `size` and `importStatus` are there only if requested. */
export const describeDncList = (
  state: SandboxState,
  list: StoredDncList,
  query: Call['query'],
): { id: string; name: string; dateCreated: string; dateModified: string } => {
  const division = state.divisions.get(list.divisionId)
  return {
    ...list.members,
    id: list.id,
    name: list.name,
    dateCreated: list.dateCreated,
    dateModified: list.dateModified,
    ...{ version: list.version, dncSourceType: list.dncSourceType },
    ...(list.contactMethod === null ? {} : { contactMethod: list.contactMethod }),
    ...(list.customExclusionColumn === null
      ? {}
      : { customExclusionColumn: list.customExclusionColumn }),
    ...{ division: { id: division.id, name: division.name } },
    ...(query['includeSize'] === 'true' ? { size: sizeOf(list) } : {}),
    ...(query['includeImportStatus'] === 'true'
      ? { importStatus: state.imports.status(list.id) }
      : {}),
    ...{ selfUri: `${DNC_BASE}/${list.id}` },
  }
}
