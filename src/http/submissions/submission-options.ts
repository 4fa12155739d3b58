import { z } from 'zod'

import { shownName } from '../../domain/contacts/personal-name.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { faultOfJson } from '../../domain/text/json-fault.ts'
import { wordsOfIssues } from '../server/issue-words.ts'
import { refuseUnstorable } from '../server/storable-text.ts'

/** The options that a kind of submission has. */
export type SubmissionOptions<Schema extends z.ZodObject> = {
  schema: Schema
  /** The JSON type of each option. */
  types: ReadonlyMap<string, string>
  /** The options that may also be in the query of a call with a form. */
  besideForm: readonly string[]
}

/**
 * Makes the options of a kind of submission from their strict schema. `besideForm`: options that
 * may also be in the query of a call with a form.
 */
export const submissionOptions = <Schema extends z.ZodObject>(
  schema: Schema,
  besideForm: readonly (keyof z.output<Schema> & string)[] = [],
): SubmissionOptions<Schema> => {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const types = Object.entries(properties).map(
    ([name, about]) => [name, typeof about === 'object' ? String(about.type) : 'any'] as const,
  )
  return { schema, types: new Map(types), besideForm }
}

/** Checks options. Throws 400: `option-unknown`, or `option-invalid`. */
export const parseOptions = <Schema extends z.ZodObject>(
  { schema }: SubmissionOptions<Schema>,
  given: Record<string, unknown>,
): z.output<Schema> => {
  refuseUnstorable(given, 'option-invalid', 'options')
  const result = schema.safeParse(given, { reportInput: true })
  if (result.success) return result.data
  const unknown = result.error.issues.filter((issue) => issue.code === 'unrecognized_keys')
  const { names, detail } = wordsOfIssues(unknown.length > 0 ? unknown : result.error.issues)
  const code = unknown.length > 0 ? 'option-unknown' : 'option-invalid'
  throw new GatewayProblem(code, detail, { options: names })
}

const parseJsonOption = (name: string, text: string): unknown => {
  const fault = faultOfJson(text)
  if (fault?.kind === 'member-repeated') {
    const member = shownName(fault.name)
    throw new GatewayProblem('option-invalid', `\`${name}\` has the member \`${member}\` twice.`, {
      options: [member],
    })
  }
  try {
    return JSON.parse(text, (member: string, value: unknown) => {
      if (member === '__proto__') throw new Error('forbidden member')
      return value
    })
  } catch {
    throw new GatewayProblem('option-invalid', `The value of \`${name}\` is not valid JSON.`, {
      options: [name],
    })
  }
}

/** The value of an option, from its text in a query. */
const typedText = (name: string, text: string, type: string | undefined): unknown => {
  switch (type) {
    case 'object':
      return parseJsonOption(name, text)
    case 'array':
      return text.startsWith('[') ? parseJsonOption(name, text) : text.split(',')
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'integer':
      return /^\d{1,15}$/u.test(text) ? Number(text) : text
    default:
      return text
  }
}

/**
 * The values of options from a query, in which every value is text. Throws 400 for an option that
 * is given twice, or whose JSON cannot be read.
 */
export const optionsOfQuery = (
  { types }: Pick<SubmissionOptions<z.ZodObject>, 'types'>,
  query: Record<string, unknown>,
): Record<string, unknown> => {
  const typed = Object.entries(query).map(([name, value]) => {
    if (typeof value !== 'string') {
      throw new GatewayProblem('option-invalid', `\`${shownName(name)}\` is given twice.`, {
        options: [shownName(name)],
      })
    }
    return [name, typedText(name, value, types.get(name))] as const
  })
  return Object.fromEntries(typed)
}

/**
 * The options in the part `options` of a form. The part holds the JSON text of an object. Throws
 * 400 for any other text.
 */
export const optionsOfPart = (text: string): Record<string, unknown> => {
  const parsed = parseJsonOption('options', text)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new GatewayProblem('option-invalid', 'The part `options` must be a JSON object.', {
      options: ['options'],
    })
  }
  return { ...parsed }
}
