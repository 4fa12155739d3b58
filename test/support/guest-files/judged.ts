import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import type { FileFaultCode } from '../../../src/domain/guest-files/file-fault.ts'
import { namedFile } from '../../../src/domain/guest-files/file-name.ts'
import { createInspection } from '../../../src/inspection/guest-files/inspect-file.ts'
import { systemClock } from '../../../src/lib/clock.ts'

/**
 * Inspects a file as the gateway does. Returns the code of the fault. null: the file is accepted.
 */
export const createJudged = (): ((
  name: string,
  content: Buffer | string,
) => Promise<FileFaultCode | null>) => {
  const inspection = createInspection({ clock: systemClock, atOnce: 2 })
  after(() => inspection.close())
  return async (name, content) => {
    const named = namedFile(name)
    if ('code' in named) return named.code
    const bytes = Buffer.from(content)
    const fault = await inspection.inspectFile(named, bytes.length, async (room) => {
      bytes.copy(room)
    })
    return fault?.code ?? null
  }
}

/**
 * Files by their kind. Each has a description, a name, the content, and the code with which it is
 * refused.
 */
export type Hostile = readonly (readonly [string, string, Buffer | string, FileFaultCode])[]

/** Declares a test for each hostile file. There must be at least `least` of them. */
export const refuseEach = (hostile: Readonly<Record<string, Hostile>>, least: number): void => {
  const judged = createJudged()
  it(`are at least ${least}`, (t) => {
    const { length } = Object.values(hostile).flat()
    t.diagnostic(`${length} hostile files`)
    assert.ok(length >= least, `${length}`)
  })
  for (const [kind, files] of Object.entries(hostile)) {
    describe(kind, () => {
      for (const [what, name, content, code] of files) {
        it(`${what} is refused with ${code}`, async () => {
          assert.equal(await judged(name, content), code)
        })
      }
    })
  }
}

/** Files that are accepted. Each has a description, a name and the content. */
export type Good = readonly (readonly [string, string, Buffer | string])[]

/** Declares a test for each good file. There must be at least `least` of them. */
export const letInEach = (good: Good, least: number): void => {
  const judged = createJudged()
  it(`are at least ${least}`, (t) => {
    t.diagnostic(`${good.length} good files`)
    assert.ok(good.length >= least, `${good.length}`)
  })
  for (const [what, name, content] of good) {
    it(`${what} is let in`, async () => {
      assert.equal(await judged(name, content), null)
    })
  }
}
