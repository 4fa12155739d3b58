import { z } from 'zod'

import { count, stamp } from '../../../../domain/answers/answer-values.ts'
import {
  maxAgeDaysSchema,
  registryCountrySchema,
  registryNameSchema,
} from '../../../../domain/do-not-call/registries/edition-options.ts'
import {
  type Edition,
  EDITION_CHANGES,
  type Registry,
  SEEN_EDITION_STATES,
} from '../../../../domain/do-not-call/registries/registry.ts'
import { gatewayIdSchema } from '../../../../domain/ids/ids.ts'

export const registryParamsSchema = z.strictObject({ registry: registryNameSchema })
export const editionParamsSchema = z.strictObject({
  registry: registryNameSchema,
  editionId: gatewayIdSchema,
})
export const registryPutSchema = z.strictObject({
  country: registryCountrySchema,
  maxAgeDays: maxAgeDaysSchema.nullable().default(null),
})

export const editionSchema = z.strictObject({
  id: z.string(),
  registry: z.string(),
  state: z.enum(SEEN_EDITION_STATES),
  change: z.enum(EDITION_CHANGES),
  /**
   * The edition that was in force until this one came into force. With `change` `add` or `remove`,
   * the numbers of the file are added to that earlier edition or removed from it. null: there is no
   * earlier edition, or this full edition has not come into force yet.
   */
  baseId: z.string().nullable(),
  asOf: stamp,
  subscription: z.string().nullable(),
  lines: count,
  numbers: count,
  /** How many lines are not numbers. */
  rejected: count,
  firstRejectedLine: count.nullable(),
  bytes: count,
  sha256: z.string().nullable(),
  /** How many numbers of this edition are not in the previous one. null: not compared yet. */
  added: count.nullable(),
  /** Why the edition did not come into force. null: it did, or it still can. */
  problem: z.string().nullable(),
  createdAt: stamp,
  currentAt: stamp.nullable(),
  deletedAt: stamp.nullable(),
})

/** An edition of which the gateway has stored only a part so far. */
export const receivingEditionSchema = z.strictObject({
  id: z.string(),
  change: z.enum(EDITION_CHANGES),
  asOf: stamp,
  subscription: z.string().nullable(),
  createdAt: stamp,
  /** How many bytes of the file are stored. Send the rest with this `offset`. */
  offset: count,
  /** When the stored part is deleted if no more of the file arrives. */
  keptUntil: stamp,
})

export const registrySchema = z.strictObject({
  name: z.string(),
  country: z.string(),
  maxAgeDays: z.int().nullable(),
  /** The edition in force. null: none. */
  current: editionSchema.nullable(),
  version: z.int().min(1),
  createdAt: stamp,
  updatedAt: stamp,
})

/** An edition as callers see it: all fields as stored. It must not be in the state `receiving`. */
export const renderEdition = (edition: Edition) => ({ ...edition })
/** A registry as callers see it: all fields as stored, with the edition in force. */
export const renderRegistry = (registry: Registry) => ({ ...registry })
