import { existsSync } from 'node:fs'
import { Server } from 'node:net'

/** Longer than a claim takes that was begun before the server is to listen. */
const CLAIMED_WITHIN_MS = 1_000

/**
 * Loaded into a gateway with `--import`. Its server listens only when the file `LISTEN_WHEN` exists.
 * Reports as the event `listen.asked` that it is to listen, when everything that was begun before
 * has had its time.
 */
const { listen } = Server.prototype
Server.prototype.listen = function (...args) {
  const line = JSON.stringify({ event: 'listen.asked', level: 'info' })
  const tell = () => process.stdout.write(`${line}\n`)
  setTimeout(tell, CLAIMED_WITHIN_MS)
  const waiting = setInterval(() => {
    if (!existsSync(process.env.LISTEN_WHEN)) return
    clearInterval(waiting)
    listen.apply(this, args)
  }, 10)
  return this
}
