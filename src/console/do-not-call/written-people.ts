import type { BuildEntrySteps } from '../../intake/entries/entry-steps.ts'

/**
 * The text that a user typed for one person. `subject`: null if the text is neither a phone number
 * nor an email address that the gateway can read.
 */
export type WrittenPerson = {
  written: string
  field: 'phoneNumber' | 'email'
  subject: string | null
}

/**
 * One person for each line. Empty lines are skipped. `region`: the country for numbers without +.
 */
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

/** The body of a submission with these people, as a call of the API would send it. */
export const entriesBody = async function* (
  people: readonly WrittenPerson[],
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(JSON.stringify(people.map(({ field, written }) => ({ [field]: written }))))
}
