/** Texts outside of the repository, by name, with the parts that `docs/sources.md` explains. */
export type Sources = ReadonlyMap<string, ReadonlySet<string>>

/** Reads `docs/sources.md`, in which each source has a heading and each part has a row. */
export const readSources = (page: string): Sources =>
  new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const [name = ''] = section.split('\n')
        const parts = [...section.matchAll(/^\| ([^|]+?) \|/gm)].map(([, part = '']) => part)
        return [name, new Set(parts.filter((part) => part !== 'part'))]
      }),
  )

/** The part of a text of the given kind that is for its readers. A citation counts only there. */
const proseOf = (path: string, text: string): string => {
  if (path.endsWith('.md')) {
    return text.replace(/```[\s\S]*?```|`[^`\n]*`|\[[^\]]*\]\([^)]*\)/g, '')
  }
  const marks = path.endsWith('.sql') ? /--.*$/gm : /\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm
  return [...text.matchAll(marks)].map(([comment]) => comment.replace(/\n\s*\*/g, '')).join('\n')
}

/** Ways to name a source that readers cannot look up. */
const LOOSE = [
  /\bguide-api\b/i,
  /\bdesign, (section )?\d/i,
  /\bguides? 00\d\b/i,
  /\b[SR]-\d\d\b/,
  /\bresearch, \d/i,
  /\bplatform API, /i,
  /\b(docs\/)?sources\.md\b/,
  /\b(contracts|platform-truth|design)\.md\b/,
]

/**
 * What is wrong with the citations of a file: unknown sources or parts, and sources that are not
 * named in brackets.
 */
export const wrongCitations = (path: string, text: string, sources: Sources): string[] => {
  const wrong: string[] = []
  const loose = proseOf(path, text).replace(
    /\[([a-z]+(?:-[a-z0-9]+)*)(?:: ([^\]]+))?\](?!\()/g,
    (citation, name: string, part: string | undefined) => {
      const parts = sources.get(name)
      // Without a part, it may be something else, such as `[a-z]` in a pattern. With a part, it is
      // meant as a citation.
      if (parts === undefined) {
        if (part !== undefined) wrong.push(citation)
        return ''
      }
      if (part !== undefined && !parts.has(part)) wrong.push(citation)
      return ''
    },
  )
  for (const pattern of LOOSE) {
    const [found] = pattern.exec(loose) ?? []
    if (found !== undefined) wrong.push(found)
  }
  return wrong
}
