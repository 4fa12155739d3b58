import { shownName } from '../domain/personal-name.ts'
import { looseName } from './column-names.ts'
import { FileRefused } from './contract.ts'
import type { IntakeSpec } from './contract.ts'

/** What Genesys calls the id in a contact; a list that declares it as a column gets the id there too. */
const ID_NAME = 'contactId'

/** A problem names so many at most. */
const MOST_SHOWN = 20

const driftRefused = (added: readonly string[], missing: readonly string[]): FileRefused =>
  new FileRefused('schema-drift', 'The file has columns that the list does not have.', {
    diff: { added, missing },
  })

/** Refuses what stands twice among the names of the file's columns, in their order; null = a column without one. */
export const refuseTwice = (names: readonly (string | null)[], why: string): void => {
  const positions = new Map<string, number[]>()
  names.forEach((name, index) => {
    if (name === null) return
    const found = positions.get(name)
    if (found === undefined) positions.set(name, [index + 1])
    else found.push(index + 1)
  })
  const twice = [...positions].filter(([, found]) => found.length > 1).slice(0, MOST_SHOWN)
  if (twice.length === 0) return
  const all = twice.map(([, found]) => found.slice(0, MOST_SHOWN))
  throw new FileRefused(
    'header-duplicate',
    `${why}: ${all.map((found) => `columns ${found.join(' and ')}`).join('; ')}.`,
    { columns: twice.map(([name]) => shownName(name)), positions: all },
  )
}

/** File columns without a place that nearly have the name of a list column without a source. */
const proposalsFor = (
  names: readonly string[],
  targets: readonly (string | null)[],
  spec: IntakeSpec,
): { column: string; proposed: string }[] => {
  const free = spec.list.columns
    .map((column) => column.name)
    .filter((name) => !targets.includes(name))
  return names.flatMap((column, index) => {
    const decided = spec.options.mapping && Object.hasOwn(spec.options.mapping, column)
    if (targets[index] !== null || decided) return []
    const proposed = free.find((name) => looseName(name) === looseName(column))
    return proposed === undefined ? [] : [{ column, proposed }]
  })
}

/**
 * The list column of each file column, or null where it is left out: the mapping's word, else the exact name. The id column may be in no
 * list column and is never drift. Throws `mapping-needed`, `schema-drift`, `columns-missing` or `header-duplicate`.
 */
export const mapColumns = (
  names: readonly string[],
  idIndex: number,
  spec: IntakeSpec,
): (string | null)[] => {
  const { mapping = {}, schemaDrift, missingColumns } = spec.options
  const inList = new Set(spec.list.columns.map((column) => column.name))
  const strangers = Object.values(mapping).filter(
    (target) => target !== null && !inList.has(target),
  )
  if (strangers.length > 0) {
    throw driftRefused(
      strangers.map((target) => shownName(String(target))),
      [],
    )
  }

  const targets = names.map((name) => {
    if (Object.hasOwn(mapping, name)) return mapping[name] ?? null
    return inList.has(name) ? name : null
  })
  refuseTwice(targets, 'Columns of the file go to one of the list')
  const idIsOpen = targets[idIndex] === null && !Object.hasOwn(mapping, names[idIndex]!)
  if (idIsOpen && inList.has(ID_NAME) && !targets.includes(ID_NAME)) targets[idIndex] = ID_NAME

  const proposals = proposalsFor(names, targets, spec)
  if (proposals.length > 0) {
    throw new FileRefused(
      'mapping-needed',
      'Columns nearly have the name of a list column. Confirm with mapping, or map them to null to leave them out.',
      { proposals },
    )
  }
  const absent = spec.list.columns.filter((column) => !targets.includes(column.name))
  const added = names.filter(
    (name, index) => targets[index] === null && index !== idIndex && !Object.hasOwn(mapping, name),
  )
  if (added.length > 0 && schemaDrift !== 'drop') {
    throw driftRefused(
      added,
      absent.map((column) => column.name),
    )
  }
  // Sent as empty cells they would erase what Genesys holds; the list's own id column is filled with the contact id.
  const missing = absent.map((column) => column.name).filter((name) => name !== ID_NAME)
  if (missing.length > 0 && missingColumns === 'reject') {
    const detail =
      'The file lacks columns of the list; sent empty they would erase what Genesys holds for known contacts.'
    throw new FileRefused('columns-missing', detail, { columns: missing })
  }
  return targets
}
