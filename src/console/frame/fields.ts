import { z } from 'zod'

/** An empty field of a form counts as absent. */
export const filled = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional())

/**
 * Boxes that share a name. None, one or several of them may be ticked. The result is always an
 * array.
 */
export const ticked = <S extends z.ZodType>(schema: S) =>
  z.preprocess(
    (value) => (value === undefined || value === '' ? [] : Array.isArray(value) ? value : [value]),
    z.array(schema),
  )

/** Where the next page of a list begins. */
export const cursorField = filled(z.string().max(500))

/**
 * The version of the object when the page was made. If the object has changed since, the form is
 * refused, so that it overwrites nothing.
 */
export const versionField = z.coerce.number().int().min(0)

/** An address with the given fields as its query. */
export const linkTo = (path: string, fields: Record<string, string | undefined>): string => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return given.length === 0
    ? path
    : `${path}?${new URLSearchParams(given as [string, string][]).toString()}`
}

/**
 * The links to the first and to the next page of a list. `first` null: the viewer is on the first
 * page. `next` null: the viewer is on the last page.
 */
export const pageLinks = (
  path: string,
  filter: Record<string, string | undefined>,
  { cursor, next }: { cursor: string | undefined; next: string | null },
): { first: string | null; next: string | null } => ({
  first: cursor === undefined ? null : linkTo(path, filter),
  next: next === null ? null : linkTo(path, { ...filter, cursor: next }),
})
