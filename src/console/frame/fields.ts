import { z } from 'zod'

/** A field that is left empty in a form is as one that is not there. */
export const filled = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional())

/** Boxes of one name: none, one or several of them are ticked. */
export const ticked = <S extends z.ZodType>(schema: S) =>
  z.preprocess(
    (value) => (value === undefined || value === '' ? [] : Array.isArray(value) ? value : [value]),
    z.array(schema),
  )

/** Where a list goes on. */
export const cursorField = filled(z.string().max(500))

/** The version that somebody saw: what was changed meanwhile is not overwritten. */
export const versionField = z.coerce.number().int().min(0)

/** An address with those of the fields that are given. */
export const linkTo = (path: string, fields: Record<string, string | undefined>): string => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return given.length === 0
    ? path
    : `${path}?${new URLSearchParams(given as [string, string][]).toString()}`
}

/**
 * The links of a page of a list: back to its beginning, and on to what follows; null: there is
 * none.
 */
export const pageLinks = (
  path: string,
  filter: Record<string, string | undefined>,
  { cursor, next }: { cursor: string | undefined; next: string | null },
): { first: string | null; next: string | null } => ({
  first: cursor === undefined ? null : linkTo(path, filter),
  next: next === null ? null : linkTo(path, { ...filter, cursor: next }),
})
