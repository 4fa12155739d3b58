import english from './en.json' with { type: 'json' }

/**
 * The texts of the pages. A code without a text here is shown with its text from `domain`. A
 * translation is a file of the same form beside `en.json`.
 */
export type Texts = typeof english

export const ENGLISH: Texts = english

const LANGUAGE = 'en'
const plurals = new Intl.PluralRules(LANGUAGE)
const numbers = new Intl.NumberFormat(LANGUAGE)

export type Plural = { one: string; other: string }

/** A whole number with separators: `12,500`. */
export const shownCount = (count: number): string => numbers.format(count)

/**
 * Replaces the `{holes}` of a text with values. If the text has a singular and a plural, `count`
 * decides which one is used.
 */
export const fill = (
  text: string | Plural,
  values: Record<string, string | number> = {},
): string => {
  const chosen =
    typeof text === 'string'
      ? text
      : text[plurals.select(Number(values['count'])) === 'one' ? 'one' : 'other']
  return chosen.replaceAll(/\{(\w+)\}/gu, (hole, name: string) => {
    const value = values[name]
    if (value === undefined) return hole
    return typeof value === 'number' ? shownCount(value) : value
  })
}
