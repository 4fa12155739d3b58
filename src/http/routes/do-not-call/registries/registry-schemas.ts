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
  /** The edition that it changes, or replaced. */
  baseId: z.string().nullable(),
  asOf: stamp,
  subscription: z.string().nullable(),
  lines: count,
  numbers: count,
  /** Lines that are not numbers. */
  rejected: count,
  firstRejectedLine: count.nullable(),
  bytes: count,
  sha256: z.string().nullable(),
  /** How many numbers the edition before did not have. null: not compared yet. */
  added: count.nullable(),
  /** Why it did not come into force. */
  problem: z.string().nullable(),
  createdAt: stamp,
  currentAt: stamp.nullable(),
  deletedAt: stamp.nullable(),
})

/** An edition of which a part is kept. */
export const receivingEditionSchema = z.strictObject({
  id: z.string(),
  change: z.enum(EDITION_CHANGES),
  asOf: stamp,
  subscription: z.string().nullable(),
  createdAt: stamp,
  /** How many bytes of the file are kept. Send what follows, with this `offset`. */
  offset: count,
  /** The part is kept until then if nothing more comes. */
  keptUntil: stamp,
})

export const registrySchema = z.strictObject({
  name: z.string(),
  country: z.string(),
  maxAgeDays: z.int().nullable(),
  /** The edition in force. */
  current: editionSchema.nullable(),
  version: z.int().min(1),
  createdAt: stamp,
  updatedAt: stamp,
})

export const renderEdition = (edition: Edition) => ({ ...edition })
export const renderRegistry = (registry: Registry) => ({ ...registry })
