/** A text to search for, and the name under which a finding reports it. */
export type Needle = { name: string; bytes: Buffer }
export type Finding = { name: string; at: number }

type Machine = { next: Int32Array; ends: Int32Array; needles: readonly Needle[] }

/**
 * A table with the next state for every state and byte (Aho and Corasick). It needs one pass over
 * the bytes for any number of needles.
 */
const machineOf = (needles: readonly Needle[]): Machine => {
  const states = needles.reduce((sum, { bytes }) => sum + bytes.length, 1)
  const next = new Int32Array(states * 256).fill(-1)
  const ends = new Int32Array(states).fill(-1)
  let made = 1
  needles.forEach(({ bytes }, index) => {
    let state = 0
    for (const byte of bytes) {
      const at = state * 256 + byte
      if (next[at] === -1) next[at] = made++
      state = next[at]!
    }
    ends[state] = index
  })
  const fallback = new Int32Array(made)
  const queue: number[] = []
  for (let byte = 0; byte < 256; byte += 1) {
    const to = next[byte]!
    if (to === -1) next[byte] = 0
    else queue.push(to)
  }
  for (const state of queue) {
    const back = fallback[state]!
    if (ends[state] === -1) ends[state] = ends[back]!
    for (let byte = 0; byte < 256; byte += 1) {
      const at = state * 256 + byte
      const to = next[at]!
      if (to === -1) next[at] = next[back * 256 + byte]!
      else {
        fallback[to] = next[back * 256 + byte]!
        queue.push(to)
      }
    }
  }
  return { next, ends, needles }
}

/**
 * Searches for many texts in one pass over the bytes. Reports only the first finding of each
 * needle.
 */
export const createSearch = (needles: readonly Needle[]) => {
  const { next, ends } = machineOf(needles)
  return (bytes: Uint8Array): Finding[] => {
    const found = new Map<string, Finding>()
    let state = 0
    for (let at = 0; at < bytes.length; at += 1) {
      state = next[state * 256 + bytes[at]!]!
      const end = ends[state]!
      if (end === -1) continue
      const { name } = needles[end]!
      if (!found.has(name)) found.set(name, { name, at })
    }
    return [...found.values()]
  }
}
