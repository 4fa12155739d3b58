import type { ReadStream } from 'node:fs'

import { parse } from 'csv-parse'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import validator from 'validator'
import { z } from 'zod'

import { reportReading } from './measured-child.ts'

/**
 * The yardstick: the pipeline that most developers would write first. It uses csv-parse, one zod
 * object for each row, libphonenumber-js and validator, and collects rows in groups of 2,500. It
 * reads a file and keeps nothing. It has no HTTP, no check for duplicates, no ledger, no encryption
 * and no database. Prints {rows, accepted, rejected, cpuSeconds, wallSeconds} as JSON.
 */
const BATCH_ROWS = 2500

const phone = z
  .string()
  .transform((text) => (text === '' ? null : parsePhoneNumberFromString(text, 'US')))
  .refine((number) => number === null || number?.isValid() === true)
  .transform((number) => number?.number ?? null)

const rowSchema = z
  .object({
    customerId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/),
    firstName: z.string(),
    lastName: z.string(),
    phoneNumber: phone,
    email: z.string().refine((text) => text === '' || validator.isEmail(text)),
    city: z.string(),
  })
  .refine((row) => row.phoneNumber !== null || row.email !== '')

const readRows = async (input: ReadStream) => {
  const parser = input.pipe(
    parse({ columns: true, relax_quotes: true, relax_column_count: true, skip_empty_lines: true }),
  )
  let [rows, accepted, rejected, bytes] = [0, 0, 0, 0]
  let batch: unknown[] = []
  for await (const record of parser) {
    rows += 1
    const row = rowSchema.safeParse(record)
    if (!row.success) {
      rejected += 1
      continue
    }
    accepted += 1
    batch.push(row.data)
    if (batch.length < BATCH_ROWS) continue
    bytes += JSON.stringify(batch).length
    batch = []
  }
  return { rows, accepted, rejected, bytes }
}

await reportReading(process.argv[2] ?? '', readRows)
