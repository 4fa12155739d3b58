import { z } from 'zod'

import {
  editionOptionsSchema,
  maxAgeDaysSchema,
  registryCountrySchema,
  registryNameSchema,
} from '../../../domain/do-not-call/registries/edition-options.ts'
import { EDITION_CHANGES } from '../../../domain/do-not-call/registries/registry.ts'
import { gatewayIdSchema } from '../../../domain/ids/ids.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import { filled } from '../../frame/fields.ts'
import { form } from '../../frame/page.ts'
import { ENGLISH } from '../../texts/texts.ts'
import { registryOf, registryParams } from './registry-pages.ts'

const { registries: words } = ENGLISH

const placeOf = (name: string): string => `/console/do-not-call/registries/${name}`

const settings = {
  country: z.string().trim().toUpperCase().pipe(registryCountrySchema),
  maxAgeDays: filled(z.coerce.number().pipe(maxAgeDaysSchema)),
}

export const REGISTRY_ADD = form({
  at: '/do-not-call/registries/add',
  scope: 'admin',
  form: z.strictObject({ name: z.string().trim().pipe(registryNameSchema), ...settings }),
  act: async ({ deps, caller, form: { name, country, maxAgeDays = null } }) => {
    // `putRegistry` would change an existing registry. A user who presses "Add" does not expect a
    // change.
    if ((await deps.registries.find(name)) !== null) {
      throw new GatewayProblem('parameter-invalid', words.add.exists)
    }
    await deps.putRegistry(caller, { name, country, maxAgeDays })
    return { goTo: placeOf(name), said: 'registryAdded' }
  },
})

export const REGISTRY_CHANGE = form({
  at: '/do-not-call/registries/:registry/change',
  scope: 'admin',
  params: registryParams,
  form: z.strictObject(settings),
  act: async (visit) => {
    const { name } = await registryOf(visit)
    const { country, maxAgeDays = null } = visit.form
    await visit.deps.putRegistry(visit.caller, { name, country, maxAgeDays })
    return { goTo: placeOf(name), said: 'registryChanged' }
  },
})

const startOf = (day: string): string => `${day}T00:00:00.000Z`

/**
 * Accepts an edition through the same use case as the API. The edition is stored while it arrives,
 * and comes into force without another call.
 */
export const EDITION_LOAD = form({
  at: '/do-not-call/registries/:registry/load',
  scope: 'admin',
  reads: 'file',
  params: registryParams,
  form: z.strictObject({
    /** Made with the page, so that a file that is sent twice is loaded once. */
    key: z.string().regex(/^[0-9a-f-]{36}(?:-\d{1,6})?$/u),
    change: z.enum(EDITION_CHANGES),
    /**
     * The edition that was in force when the page was made. A file of additions or removals refers
     * to this edition, and is refused if another edition is in force.
     */
    base: filled(editionOptionsSchema.shape.base.unwrap()),
    asOf: filled(z.iso.date()),
    subscription: filled(z.string().trim().pipe(editionOptionsSchema.shape.subscription.unwrap())),
    allowShrink: filled(z.literal('yes')),
  }),
  act: async ({ deps, caller, params: { registry }, file, form: asked }) => {
    if (file === null || file.fileName === null) {
      throw new GatewayProblem('upload-empty', words.load.noFile)
    }
    const { change, base, asOf, subscription } = asked
    const answer = await deps.receiveEdition({
      ...{ caller, registry, body: file.body, idempotencyKey: `console-${asked.key}` },
      path: `/v1/registries/${registry}/editions`,
      options: {
        change,
        // The offset is for callers that continue an interrupted upload. A browser always sends the
        // whole file.
        offset: 0,
        allowShrink: asked.allowShrink === 'yes',
        ...(change !== 'full' && base !== undefined && { base }),
        ...(asOf !== undefined && { asOf: startOf(asOf) }),
        ...(subscription !== undefined && { subscription }),
      },
    })
    const said = answer.replayed ? 'editionLoadedBefore' : 'editionLoaded'
    return { goTo: placeOf(registry), said }
  },
})

export const EDITION_REMOVE = form({
  at: '/do-not-call/registries/:registry/editions/:editionId/remove',
  scope: 'admin',
  params: registryParams.extend({ editionId: gatewayIdSchema }),
  form: z.strictObject({ sure: z.literal('yes') }),
  act: async ({ deps, caller, params: { registry, editionId } }) => {
    await deps.removeEdition(caller, registry, editionId)
    return { goTo: placeOf(registry), said: 'editionDeleted' }
  },
})
