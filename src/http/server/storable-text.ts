const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

const holdsStorableText = (value: unknown): boolean => {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, held]) => isStorable(name) && holdsStorableText(held))
}

export const UNSTORABLE = 'holds a character that cannot be stored: NUL, or half a surrogate pair'

/** The members of a value of JSON in whose names or texts is what PostgreSQL does not take: NUL, and halves of surrogate pairs. */
export const unstorableMembers = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .filter(([name, held]) => !isStorable(name) || !holdsStorableText(held))
    .map(([name]) => name)
}
