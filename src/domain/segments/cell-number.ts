/**
 * A cell counts as a number if it has at most 15 digits before the point and at most 15 after it
 * (docs/segments.md).
 */
const NUMBER_CELL = /^-?\d{1,15}(?:\.\d{1,15})?$/

const DECIMALS = 15

/** Every number that a cell can contain is less than this many steps of 10⁻¹⁵ away from zero. */
export const NUMBER_LIMIT_STEPS = 10n ** 30n

/**
 * The number as a whole count of steps of 10⁻¹⁵. Whole counts make comparisons exact. null: the
 * text is not a number.
 */
export const stepsOf = (text: string): bigint | null => {
  if (!NUMBER_CELL.test(text)) return null
  const negative = text.startsWith('-')
  const [whole = '', decimals = ''] = (negative ? text.slice(1) : text).split('.')
  const steps = BigInt(whole + decimals.padEnd(DECIMALS, '0'))
  return negative ? -steps : steps
}

/** The shortest spelling of the number that a count of steps stands for. */
export const spellSteps = (steps: bigint): string => {
  const digits = (steps < 0n ? -steps : steps).toString().padStart(DECIMALS + 1, '0')
  const decimals = digits.slice(-DECIMALS).replace(/0+$/, '')
  return `${steps < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}${decimals === '' ? '' : `.${decimals}`}`
}

/**
 * The literal as a cell would contain it. null: JavaScript spells the number in a form that
 * does not match `NUMBER_CELL`, for example 1e+21 or 1e-9.
 */
export const spellNumber = (value: number): string | null => {
  const text = Object.is(value, -0) ? '0' : String(value)
  return NUMBER_CELL.test(text) ? text : null
}

/** A spelling of the number that is not in `taken`. null: all spellings are taken. */
export const otherSpelling = (steps: bigint, taken: ReadonlySet<string>): string | null => {
  const [whole = '', decimals = ''] = spellSteps(steps < 0n ? -steps : steps).split('.')
  for (const sign of steps === 0n ? ['', '-'] : [steps < 0n ? '-' : '']) {
    for (let zeros = 0; whole.length + zeros <= DECIMALS; zeros += 1) {
      for (let tail = 0; decimals.length + tail <= DECIMALS; tail += 1) {
        const behind = decimals + '0'.repeat(tail)
        const text = `${sign}${'0'.repeat(zeros)}${whole}${behind === '' ? '' : `.${behind}`}`
        if (!taken.has(text)) return text
      }
    }
  }
  return null
}

/**
 * Compares a cell with a number exactly. Returns 0 if they are equal, less than 0 if the cell is
 * smaller, and more than 0 if it is larger. Computes the steps of the cell only if floating-point
 * numbers cannot decide.
 */
export const compareToNumber = (cell: string, literal: number, literalSteps: bigint): number => {
  const near = Number(cell)
  if (near < literal) return -1
  if (near > literal) return 1
  if (cell.length <= 15) return 0
  const steps = stepsOf(cell) ?? 0n
  return steps === literalSteps ? 0 : steps < literalSteps ? -1 : 1
}

/**
 * Whether the whole cell is a number by `NUMBER_CELL`. Spaces, a plus sign and an exponent are not
 * allowed.
 */
export const isNumberCell = (cell: string): boolean => NUMBER_CELL.test(cell)
