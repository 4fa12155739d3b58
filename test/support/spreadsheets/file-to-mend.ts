import { ledgerOf } from '../../intake/ledger.ts'
import { column, take } from '../../intake/taken.ts'
import type { SpecChanges } from '../../intake/taken.ts'

/** A list whose cells have everything that a spreadsheet tends to change. */
export const LIST: SpecChanges = {
  columns: ['customerId', 'name', 'phone', 'email', 'zip', 'code', 'note'].map((name) =>
    column(name, name === 'phone' || name === 'email' ? name : 'text'),
  ),
  options: { defaultRegion: 'DE' },
}

/**
 * The rows as they should be. In the file, each has an invalid email, so that all of them are in
 * the file to fix.
 */
export const ROWS: readonly string[][] = [
  ['0012', 'Müller', '+4930901820', 'a@example.com', '01234', '1-2', "'tis so"],
  ['12', 'Łucja', '+4930901821', 'b@example.com', '80331', '3/4', '=1+1'],
  ['1234567890123456', 'José', '+4930901822', 'c@example.com', '00000', '1E5', '-5'],
  ['A-1', 'O’Neil', '+4930901823', 'd@example.com', '1010', 'MAR1', '@home'],
  ['10.0', '太郎', '+4930901824', 'e@example.com', '1.50', 'TRUE', '+1 415'],
  ['7', 'Zoë; "Zo"', '+4930901825', 'f@example.com', '1,000', '12:30', '＝1+1'],
  ['00', 'Ünal', '+4930901826', 'g@example.com', '1e5', '01.02.2026', '－5'],
]

/** An invalid email that the operator has typed. */
export const WRONG_EMAIL = 'nobody@'

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`

/** The CSV that the gateway gives out as the file to fix, with this delimiter. */
export const fileToMend = async (delimiter: string): Promise<string> => {
  const header = LIST.columns!.map(({ name }) => name)
  const wrong = ROWS.map((row) => row.with(3, WRONG_EMAIL))
  const lines = [header, ...wrong].map((row) => row.map(quoted).join(delimiter))
  return ledgerOf(await take(lines.join('\r\n'), LIST))
}

/** What the operator does to a file that a program has saved: corrects the email of each row. */
export const mended = (saved: string): string => {
  let row = 0
  return saved.replaceAll(WRONG_EMAIL, () => ROWS[row++]![3]!)
}
