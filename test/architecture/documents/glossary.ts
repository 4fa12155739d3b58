/** The words that public texts do not use, by the second table of the glossary. */
export const forbiddenWords = (glossary: string): string[] => {
  const [, table = ''] = glossary.split('## Words that these pages do not use')
  return [...table.matchAll(/^\| (?!instead of|---)([^|]+?)(?: …)? \|/gmu)].map(([, word]) => word!)
}

/** Where a text uses one of them, outside of blocks of code. */
export const forbiddenIn = (text: string, words: readonly string[]): string[] => {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gmu, '')
  return words.filter((word) =>
    new RegExp(String.raw`(?<![\w-])${word}(?![\w-])`, 'iu').test(prose),
  )
}
