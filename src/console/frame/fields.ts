import { z } from 'zod'

/** A field that is left empty in a form narrows nothing. */
export const filled = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional())
