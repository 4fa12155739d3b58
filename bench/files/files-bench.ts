import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../../src/store/homes/open-store.ts'
import { type RunningGateway, type Stage, setStage } from '../../test/support/stages/stage.ts'
import { contactFile } from '../contact-files.ts'
import { bodyOf, type Cost, costOf, heldQuery, LIST, ROOM, SETTLE_MS } from '../upload-bench.ts'

export type FileCase = 'first' | 'dirty' | 'planned'
export type FileFigures = {
  home: StoreHome['kind']
  /**
   * The cost of each file until the 202, in a process that has read no file before. `planned`: the
   * dirty file with `apply=manual`. The register already has the contacts of this file.
   */
  received: Record<FileCase, Cost & { rows: number }>
  /** Memory of a new process that has delivered twenty rows. */
  smallFile: { residentMiB: number; peakMiB: number }
}

const SMALL_LIST = 'demo-list-1'
const SMALL_ROWS = 20
const DELIVER_WITHIN_MS = 10 * 60_000

/**
 * Runs `work` with a separate gateway that has rested for two seconds after its start. Stops this
 * gateway afterwards, so that the next gateway can open the home.
 */
const withGateway = async <T>(
  stage: Stage,
  work: (gateway: RunningGateway) => Promise<T>,
): Promise<T> => {
  const gateway = await stage.gateway({ LOG_LEVEL: 'info', ...ROOM })
  await delay(SETTLE_MS)
  const result = await work(gateway)
  await gateway.stop()
  return result
}

const measureSmallFile = (stage: Stage): Promise<FileFigures['smallFile']> =>
  withGateway(stage, async ({ client, residentMiB, peakMiB }) => {
    const { body } = await client.upload(SMALL_LIST, contactFile(SMALL_ROWS))
    await client.finished(body.id)
    return { residentMiB: residentMiB(), peakMiB: peakMiB() }
  })

type Planned = { plan?: { unchanged: number } | null }

/**
 * Sends the plain file, the dirty file, and the dirty file again for a plan. Each goes to a new
 * process on the same home. The delivery of the dirty file fills the register.
 */
export const measureFiles = async (
  home: StoreHome,
  files: { plain: string; dirty: string },
): Promise<FileFigures> => {
  const stage = await setStage(home, 'guide')
  const receive = (
    path: string,
    query: string,
    after: (gateway: RunningGateway, id: string) => Promise<unknown>,
  ) =>
    withGateway(stage, async (gateway) => {
      const { result, cost } = await costOf(gateway, home, async () => {
        const { status, body, text } = await gateway.client.upload(LIST, bodyOf(path), { query })
        if (status !== 202) throw new Error(`Answered ${status}: ${text}`)
        return body
      })
      await after(gateway, result.id)
      const { read, blank } = result.counts
      return { ...cost, rows: read - blank, plan: (result as Planned).plan }
    })
  try {
    const smallFile = await measureSmallFile(stage)
    const leave = async (): Promise<void> => undefined
    const { plan: _none, ...first } = await receive(files.plain, heldQuery(), leave)
    const { plan: _no, ...dirty } = await receive(files.dirty, '', ({ client }, id) =>
      client.finished(id, DELIVER_WITHIN_MS),
    )
    const { plan, ...planned } = await receive(files.dirty, 'apply=manual', leave)
    if (!plan?.unchanged) throw new Error('The plan found nothing in the register')
    return { home: home.kind, received: { first, dirty, planned }, smallFile }
  } finally {
    await stage.close()
  }
}
