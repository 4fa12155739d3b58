import type { z } from 'zod'

/**
 * A field of a record that callers see: its schema in the API document, and how its value is shown
 * in an answer.
 */
export type Shown<Value, Schema extends z.ZodType> = {
  readonly schema: Schema
  readonly show: (value: Value) => z.output<Schema>
}
/** A field that callers do not see. */
export type Kept<Value> = { readonly schema: null; readonly value?: Value }

/** A field that is shown exactly as it is stored. */
export const shown = <Schema extends z.ZodType>(
  schema: Schema,
): Shown<z.output<Schema>, Schema> => ({ schema, show: (value) => value })

/** A field whose shown form differs from its stored form. */
export const shownAs = <Value, Schema extends z.ZodType>(
  schema: Schema,
  show: (value: Value) => z.output<Schema>,
): Shown<Value, Schema> => ({ schema, show })

/** A field that the store returns and callers do not see. `Value`: the type of the field. */
export const kept = <Value>(): Kept<Value> => ({ schema: null })

type Fields = Readonly<Record<string, Shown<never, z.ZodType> | Kept<unknown>>>

/** The type of a record that has the fields of a table. */
export type RecordOf<Table extends Fields> = {
  -readonly [Name in keyof Table]: Table[Name] extends Shown<infer Value, z.ZodType>
    ? Value
    : Table[Name] extends Kept<infer Value>
      ? Value
      : never
}
type ShapeOf<Table extends Fields> = {
  [Name in keyof Table as Table[Name] extends Kept<unknown> ? never : Name]: Table[Name] extends {
    schema: infer Schema extends z.ZodType
  }
    ? Schema
    : never
}

/** The schemas of the fields that callers see, for the API document. */
export const shapeOf = <Table extends Fields>(table: Table): ShapeOf<Table> =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, { schema }]) =>
      schema === null ? [] : [[name, schema]],
    ),
  ) as ShapeOf<Table>

/** The record as callers see it. */
export const showRecord = <Table extends Fields>(
  table: Table,
  record: RecordOf<Table>,
): z.output<z.ZodObject<ShapeOf<Table>>> => {
  const seen: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(table)) {
    if (field.schema !== null) seen[name] = field.show(record[name] as never)
  }
  return seen as z.output<z.ZodObject<ShapeOf<Table>>>
}
