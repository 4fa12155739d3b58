import { setTimeout as delay } from 'node:timers/promises'

import type { ConsoleVisitor } from './visitor.ts'

/**
 * A page in a tab of a browser. It is loaded once, and then requested again after the delay that
 * the last answer states.
 */
const keepOpen = async (
  visitor: ConsoleVisitor,
  path: string,
  signal: AbortSignal,
): Promise<number> => {
  let looks = 0
  let { text } = await visitor.get(path)
  while (!signal.aborted) {
    const next = /hx-get="([^"]+)" hx-trigger="load delay:(\d+)s/u.exec(text)
    if (next === null) return looks
    const place = next[1]!.replaceAll('&amp;', '&')
    await delay(Number(next[2]) * 1_000, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) break
    ;({ text } = await visitor.get(place, { 'hx-request': 'true' }))
    looks += 1
  }
  return looks
}

/**
 * Opens the pages within two seconds, and keeps them open until the signal. Resolves with the
 * number of requests that the open pages sent.
 */
export const openPages = async (
  visitor: ConsoleVisitor,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<number> => {
  const tabs = paths.map(async (path, at) => {
    await delay((at / paths.length) * 2_000)
    return keepOpen(visitor, path, signal)
  })
  const looks = await Promise.all(tabs)
  return looks.reduce((sum, count) => sum + count, 0)
}
