import type { BuildEntrySteps } from '../../intake/entries/entry-steps.ts'

/**
 * What you typed for one person. `subject` is null if it is neither a number with its country code
 * nor an address.
 */
export type WrittenPerson = {
  written: string
  field: 'phoneNumber' | 'email'
  subject: string | null
}

/** One line for each person. Skips empty lines. `region`: the country of numbers without +. */
export const peopleIn = (
  build: BuildEntrySteps,
  text: string,
  about: { now: Date; region?: string },
): WrittenPerson[] => {
  const judge = build({
    options: about.region === undefined ? {} : { region: about.region },
    now: about.now,
  })
  return text
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((written) => {
      const field = written.includes('@') ? 'email' : 'phoneNumber'
      const judged = judge((asked) => (asked === field ? written : ''))
      return { written, field, subject: judged.faults === null ? judged.entry.subject : null }
    })
}

/** The body of a submission of these people, as an API call would send it. */
export const entriesBody = async function* (
  people: readonly WrittenPerson[],
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(JSON.stringify(people.map(({ field, written }) => ({ [field]: written }))))
}
