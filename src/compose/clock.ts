import type { Config } from '../config.ts'
import { systemClock } from '../lib/clock.ts'
import type { Store } from '../store/homes/open-store.ts'
import type { Emit } from '../telemetry/events.ts'
import { createGenesysTime } from '../workflows/clock/genesys-time.ts'
import { createTimeWitness } from '../workflows/clock/time-witness.ts'
import { createClockWatch } from '../workflows/clock/watch-clock.ts'
import { openGenesys, type Sandbox } from './genesys.ts'

/**
 * The connection to Genesys, a clock with its time, and the watch over the database's clock. The
 * clock and the watch get the time from the answers of Genesys.
 */
export const genesysAndItsTime = (
  config: Config,
  sandbox: Sandbox | null,
  store: Store,
  about: {
    emit: Emit
    /**
     * Called after the database's clock was set back by `backMs`. Called only after the whole
     * gateway is built.
     */
    followBack: (backMs: number) => Promise<void>
  },
) => {
  const witness = createTimeWitness({ clock: systemClock })
  const { emit, followBack } = about
  const genesys = openGenesys(config, sandbox, store, { emit, heardTime: witness.hear })
  const clockWatch = createClockWatch({
    database: store.clock,
    shared: store.home.kind === 'embedded',
    witness,
    followBack,
    askTime: genesys.askTime,
    clock: systemClock,
    emit,
  })
  return { genesys, clockWatch, genesysTime: createGenesysTime({ witness, clock: systemClock }) }
}
