import { z } from 'zod'

import { registryNameSchema } from '../../domain/do-not-call/registries/edition-options.ts'
import type { Edition, Registry } from '../../domain/do-not-call/registries/registry.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { ConsoleDeps } from '../frame/deps.ts'
import { page } from '../frame/page.ts'
import { ENGLISH, fill } from '../texts/texts.ts'

const DAY_MS = 86_400_000
const { registries: words } = ENGLISH

const BADGE_OF: Record<string, string> = {
  current: 'completed',
  loading: 'working',
  failed: 'failed',
}
const STATES: Record<string, string> = words.states

const ageDays = (asOf: string, now: Date): number =>
  Math.max(0, Math.floor((now.getTime() - new Date(asOf).getTime()) / DAY_MS))

/** A registry, and how old its edition in force is. */
const registryLine = (
  { name, country, maxAgeDays, current }: Registry,
  { clock, registryAgeDays }: Pick<ConsoleDeps, 'clock' | 'registryAgeDays'>,
) => {
  const age = current === null ? null : ageDays(current.asOf, clock.now())
  const most = maxAgeDays ?? registryAgeDays(country)
  return {
    ...{ name, country },
    numbers: current?.numbers ?? null,
    age: age === null ? words.noEdition : fill(words.days, { count: age }),
    tooOld: age !== null && age > most,
    most: fill(words.days, { count: most }),
  }
}

const editionLine = (edition: Edition) => ({
  id: edition.id,
  badge: BADGE_OF[edition.state] ?? 'plain',
  state: STATES[edition.state] ?? edition.state,
  change: words.changes[edition.change],
  asOf: edition.asOf,
  numbers: edition.numbers,
  rejected: edition.rejected,
  added: edition.added,
  problem: edition.problem,
  createdAt: edition.createdAt,
})

export const REGISTRIES = page({
  at: '/do-not-call/registries',
  scope: 'admin',
  load: async ({ deps }) => {
    const registries = (await deps.registries.list()).map((one) => registryLine(one, deps))
    return { title: words.title, template: '/do-not-call/registries', model: { registries } }
  },
})

export const REGISTRY = page({
  at: '/do-not-call/registries/:registry',
  scope: 'admin',
  params: z.strictObject({ registry: registryNameSchema }),
  load: async ({ deps, params }) => {
    const found = await deps.registries.find(params.registry)
    if (found === null) throw new GatewayProblem('not-found', words.unknown)
    const editions = await deps.registries.editions(found.name)
    return {
      title: found.name,
      template: '/do-not-call/registry',
      model: {
        registry: registryLine(found, deps),
        editions: editions.map(editionLine),
      },
    }
  },
})
