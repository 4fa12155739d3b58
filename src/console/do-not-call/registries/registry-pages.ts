import { z } from 'zod'

import { registryNameSchema } from '../../../domain/do-not-call/registries/edition-options.ts'
import type { Registry } from '../../../domain/do-not-call/registries/registry.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import { lookQuery, nextLook } from '../../frame/live.ts'
import { page, type Visit } from '../../frame/page.ts'
import { ENGLISH } from '../../texts/texts.ts'
import { editionLine, registryLine } from './registry-model.ts'

const { registries: words } = ENGLISH

export const registryParams = z.strictObject({ registry: registryNameSchema })

/** Throws 404 if there is no such registry. */
export const registryOf = async ({
  deps,
  params,
}: Pick<Visit<z.output<typeof registryParams>>, 'deps' | 'params'>): Promise<Registry> => {
  const found = await deps.registries.find(params.registry)
  if (found === null) throw new GatewayProblem('not-found', words.unknown)
  return found
}

export const REGISTRIES = page({
  at: '/do-not-call/registries',
  scope: 'admin',
  load: async ({ deps }) => {
    const registries = (await deps.registries.list()).map((one) => registryLine(one, deps))
    return {
      title: words.title,
      template: '/do-not-call/registries/registries',
      model: { registries },
    }
  },
})

type Asking = Pick<Visit<z.output<typeof registryParams>>, 'deps' | 'params'>

const viewOf = async (asking: Asking, look: number | null, template: string) => {
  const { deps } = asking
  const found = await registryOf(asking)
  const editions = await deps.registries.editions(found.name)
  const moves = editions.some(
    ({ state, added }) => state === 'loading' || (state === 'current' && added === null),
  )
  return {
    title: found.name,
    template,
    model: {
      registry: registryLine(found, deps),
      editions: editions.map(editionLine),
      live: moves ? nextLook(look) : null,
    },
  }
}

export const REGISTRY = page({
  at: '/do-not-call/registries/:registry',
  scope: 'admin',
  params: registryParams,
  load: async (visit) => {
    const view = await viewOf(visit, null, '/do-not-call/registries/registry')
    return { ...view, model: { ...view.model, key: visit.deps.ids.newUuid() } }
  },
})

/**
 * The editions of a registry. The page reloads this part while an edition comes into force, or
 * while it is compared with the previous edition.
 */
export const REGISTRY_LIVE = page({
  at: '/do-not-call/registries/:registry/live',
  scope: 'admin',
  part: true,
  params: registryParams,
  query: lookQuery,
  load: (visit) => viewOf(visit, visit.query.look, '/do-not-call/registries/registry-live'),
})
