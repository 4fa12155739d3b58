import { after, before } from 'node:test'

import { embeddedHome } from '../databases/database.ts'
import { type Dialect, type RunningGateway, setStage, type Stage } from './stage.ts'

/**
 * A stage with one gateway on an embedded home, for all tests of the suite that calls this. It
 * begins and ends with the suite.
 */
export const stageOfSuite = (
  dialect: Dialect,
  envOf: (stage: Stage) => Record<string, string> = () => ({}),
) => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  before(async () => {
    stage = await setStage(await home.fresh(), dialect)
    gateway = await stage.gateway(envOf(stage))
  })
  after(async () => {
    await stage.close()
    await home.close()
  })
  return { stage: () => stage, gateway: () => gateway }
}
