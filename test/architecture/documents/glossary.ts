/** The words that public texts do not use, by the second table of the glossary. */
export const forbiddenWords = (glossary: string): string[] => {
  const [, table = ''] = glossary.split('## Words that these pages do not use')
  return [...table.matchAll(/^\| (?!instead of|---)([^|]+?)(?: …)? \|/gmu)].map(([, word]) => word!)
}

/**
 * Which of them a text uses, outside of blocks of code, of the names of members in JSON, and of the
 * table of controls, whose rows quote the names of tests.
 */
export const forbiddenIn = (text: string, words: readonly string[]): string[] => {
  const prose = text.replaceAll(/^```[\s\S]*?^```|^\| `S-\d+` .*$|"[\w.-]+":/gmu, '')
  return words.filter((word) =>
    new RegExp(String.raw`(?<![\w-])${word}(?![\w-])`, 'iu').test(prose),
  )
}
