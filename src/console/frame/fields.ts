import { z } from 'zod'

/** A field that is left empty in a form counts as absent. */
export const filled = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional())

/** Boxes of one name: none, one or several of them are ticked. */
export const ticked = <S extends z.ZodType>(schema: S) =>
  z.preprocess(
    (value) => (value === undefined || value === '' ? [] : Array.isArray(value) ? value : [value]),
    z.array(schema),
  )

/** Where the next page of a list begins. */
export const cursorField = filled(z.string().max(500))

/** The version that the person saw. Changes made since are not overwritten. */
export const versionField = z.coerce.number().int().min(0)

/** An address with the given fields as its query. */
export const linkTo = (path: string, fields: Record<string, string | undefined>): string => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return given.length === 0
    ? path
    : `${path}?${new URLSearchParams(given as [string, string][]).toString()}`
}

/** The links of a page of a list: to its beginning, and to the next page. null: there is none. */
export const pageLinks = (
  path: string,
  filter: Record<string, string | undefined>,
  { cursor, next }: { cursor: string | undefined; next: string | null },
): { first: string | null; next: string | null } => ({
  first: cursor === undefined ? null : linkTo(path, filter),
  next: next === null ? null : linkTo(path, { ...filter, cursor: next }),
})
