import { Refusal } from '../server/refusal.ts'

/** The entities of one kind in the simulated organisation, such as its divisions. */
export type NamedEntities<T extends { id: string; name: string }> = {
  add(entity: T): T
  /** Throws a 404 refusal. */
  get(id: string): T
  has(id: string): boolean
  all(): T[]
  remove(id: string): void
  /** Restores the entities of the start. */
  reset(): void
}

/**
 * `what`: the kind, for the message of the 404. `atStart`: the entities at the start and after
 * `reset`.
 */
export const createNamedEntities = <T extends { id: string; name: string }>(
  what: string,
  atStart: readonly T[] = [],
): NamedEntities<T> => {
  const entities = new Map<string, T>()
  const reset = (): void => {
    entities.clear()
    for (const entity of atStart) entities.set(entity.id, entity)
  }
  reset()
  return {
    add: (entity) => {
      entities.set(entity.id, entity)
      return entity
    },
    get: (id) => {
      const entity = entities.get(id)
      if (!entity) throw new Refusal(404, 'not.found', `The ${what} was not found.`)
      return entity
    },
    has: (id) => entities.has(id),
    all: () => [...entities.values()],
    remove: (id) => {
      entities.delete(id)
    },
    reset,
  }
}

export type Division = { id: string; name: string; description: string; homeDivision: boolean }

/** The division of lists that name no division. */
export const HOME_DIVISION: Division = {
  id: 'sandbox-home-division',
  name: 'Home',
  description: 'The division that every organisation has',
  homeDivision: true,
}

export type AttemptLimits = {
  id: string
  name: string
  dateCreated: string
  dateModified: string
  version: number
  maxAttemptsPerContact?: number | undefined
  maxAttemptsPerNumber?: number | undefined
  timeZoneId?: string | undefined
  resetPeriod: string
  recallEntries: Record<string, unknown>
}
