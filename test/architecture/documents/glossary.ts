/** The words that public texts do not use, from the second table of the glossary. */
export const forbiddenWords = (glossary: string): string[] => {
  const [, table = ''] = glossary.split('## Words that these pages do not use')
  return [...table.matchAll(/^\| (?!instead of|---)([^|]+?)(?: …)? \|/gmu)].map(([, word]) => word!)
}

/** A phrase that readers stumble over, and what to write instead. */
type Turn = { pattern: RegExp; write: string }

/** Nouns after which texts say "the previous one", not "the one before". */
const EARLIER = [
  ...['version', 'one', 'rules', 'image', 'file', 'import', 'block', 'edition', 'secret'],
  ...['filters?', 'start', 'attempt', 'release'],
]

/** Words after which "is no" compares or sets a limit, as in "is no longer". */
const DEGREES = [
  ...['longer', 'more', 'less', 'fewer', 'later', 'slower', 'faster', 'one', 'other'],
  ...['way', 'need', 'problem'],
]

/** Phrases that a pattern finds without false alarms, each with the words that readers expect. */
const TURNS: readonly Turn[] = [
  {
    pattern: new RegExp(
      String.raw`\bthe (?:${EARLIER.join('|')}) before(?=[.,;:)|]| (?:is|are|was|were|has|had|stays?)\b)`,
      'iu',
    ),
    write: 'the previous …',
  },
  { pattern: /\bfrom (?:the|its|their) 202(?: of an? \w+)? on\b/iu, write: 'as soon as …' },
  {
    pattern: new RegExp(
      String.raw`(?<!\b[Tt]here )\b(?:is|are) no (?!(?:${DEGREES.join('|')})\b)[a-z]\w+`,
      'u',
    ),
    write: 'is not a …',
  },
  { pattern: /\banother (?:[\w-]+ ){1,4}than\b/iu, write: 'a different … from' },
  { pattern: /\bof (?:exactly )?this name\b/iu, write: 'with this name' },
  { pattern: /(?:, |; |^)else (?!if\b)/iu, write: 'otherwise …' },
  {
    pattern:
      /\b(?:calls|rows|requests|uploads|attempts|statements) an? (?:second|minute|day|request|call)\b/iu,
    write: 'per …',
  },
  {
    pattern:
      /\b(?<!-)(?<!-)(?<!-)(?:held|rejected|unprocessed|suppressed)`?, `[a-z]+(?:[-_][a-z]+)+`/u,
    write: 'held as …; (code …)',
  },
  { pattern: /\| (?:the same|likewise|as above) \|/iu, write: 'the few words again' },
]

const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```|"[\w.-]+":/gmu, '')

/** Which of these words a text uses. Blocks of code and names of members in JSON do not count. */
export const forbiddenIn = (text: string, words: readonly string[]): string[] =>
  words.filter((word) => new RegExp(String.raw`(?<![\w-])${word}(?![\w-])`, 'iu').test(prose(text)))

/** The phrases in a text that readers stumble over, each with what to write instead. */
export const turnsIn = (text: string): string[] =>
  TURNS.flatMap(({ pattern, write }) => {
    const found = new RegExp(pattern, `g${pattern.flags}`)
    return [...prose(text).matchAll(found)].map(([turn]) => `${turn} → ${write}`)
  })
