import {
  DELETABLE_EDITIONS,
  type Edition,
  type Registry,
} from '../../../domain/do-not-call/registries/registry.ts'
import type { ConsoleDeps } from '../../frame/deps.ts'
import { ENGLISH, fill } from '../../texts/texts.ts'

const DAY_MS = 86_400_000
const { registries: words } = ENGLISH

const BADGE_OF: Record<string, string> = {
  current: 'completed',
  loading: 'working',
  failed: 'failed',
}
const STATES: Record<string, string> = words.states
const PROBLEMS: Record<string, string> = words.problems

const ageDays = (asOf: string, now: Date): number =>
  Math.max(0, Math.floor((now.getTime() - new Date(asOf).getTime()) / DAY_MS))

/** A registry as a line, with the age of the edition that contacts are checked against. */
export const registryLine = (
  { name, country, maxAgeDays, current }: Registry,
  { clock, registryAgeDays }: Pick<ConsoleDeps, 'clock' | 'registryAgeDays'>,
) => {
  const age = current === null ? null : ageDays(current.asOf, clock.now())
  const most = maxAgeDays ?? registryAgeDays(country)
  return {
    ...{ name, country, maxAgeDays },
    currentId: current?.id ?? null,
    numbers: current?.numbers ?? null,
    age: age === null ? words.noEdition : fill(words.days, { count: age }),
    tooOld: age !== null && age > most,
    most: fill(words.days, { count: most }),
  }
}

/**
 * An edition as a line of the page of its registry. `cameIntoForce`: whether the edition is or was
 * in force. `problem` null: nothing kept the edition from coming into force.
 */
export const editionLine = (edition: Edition) => ({
  id: edition.id,
  badge: BADGE_OF[edition.state] ?? 'plain',
  state: STATES[edition.state] ?? edition.state,
  isCurrent: edition.state === 'current',
  cameIntoForce: edition.currentAt !== null,
  removable: DELETABLE_EDITIONS.includes(edition.state),
  change: words.changes[edition.change],
  asOf: edition.asOf,
  currentAt: edition.currentAt,
  subscription: edition.subscription,
  numbers: edition.numbers,
  rejected: edition.rejected,
  firstRejectedLine: edition.firstRejectedLine,
  added: edition.added,
  problem: edition.problem === null ? null : (PROBLEMS[edition.problem] ?? edition.problem),
  createdAt: edition.createdAt,
})
