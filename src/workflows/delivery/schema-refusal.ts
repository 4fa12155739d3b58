import type { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { isSchemaCode } from '../../domain/genesys/genesys-rejections.ts'
import type { JobStatus } from '../ports/genesys/genesys.ts'
import { DeliveryEnds } from './run.ts'

/**
 * Whether a job's errors are about the columns, not about the rows. If so, the rows do not fail,
 * because nothing is wrong with them. They are sent again when a person has corrected the columns
 * [guide-api: Contacts].
 */
export const speaksOfSchema = (job: JobStatus): boolean =>
  job.errors.some(({ code }) => isSchemaCode(code))

/**
 * Whether a failed import's reason is about the columns. The reason is one code of Genesys, which
 * names no rows.
 */
export const isSchemaReason = (failureReason: string | null): boolean =>
  failureReason !== null && /column|header|schema/.test(failureReason)

/**
 * A hold for a refusal that is about the list's columns. Its problem quotes the answer of Genesys.
 * The hold ends only when a person resumes the upload. `about`: names of columns, or one code of
 * Genesys.
 */
export const heldForSchema = (about: readonly (string | null)[]): DeliveryEnds => {
  const named = [...new Set(about)].filter((name) => name !== null).slice(0, 5)
  const which = named.length === 0 ? '' : ` (${named.join(', ')})`
  return new DeliveryEnds({
    kind: 'hold',
    reason: 'refusals',
    retryInMs: null,
    failure: 'schema',
    problem: {
      code: 'schema-drift',
      detail: `Genesys refused the rows because of the columns of the list${which}.`,
    },
  })
}

/**
 * Throws the hold if at least one row error of a refused request is about the list's columns. No
 * row of the request fails then.
 */
export const holdForSchema = ({ rowErrors }: GenesysFailure): void => {
  const about = rowErrors.filter(({ code }) => isSchemaCode(code))
  if (about.length > 0) throw heldForSchema(about.map(({ field }) => field))
}

/** The columns that a job's schema errors name. */
export const columnsNamed = (job: JobStatus): (string | null)[] =>
  job.errors.flatMap(({ code, field }) => (isSchemaCode(code) ? [field] : []))
