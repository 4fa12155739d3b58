// Sends a file of do-not-call entries, and waits until Genesys has them. The gateway suppresses the
// people of these entries as soon as it has answered the first call.
//
//   GATEWAY_KEY=… node do-not-call.mjs demo-dnc entries.csv
//
// Needs Node 20 or newer, and gateway.mjs in the same folder. If the program is stopped, run it
// again: nothing is sent twice.
import { call, forgetKey, readUntil, sendFile } from './gateway.mjs'

const [listId, file] = process.argv.slice(2)
const { id, counts } = await sendFile('POST', `/v1/dnc-lists/${listId}/entries`, file, 'text/csv')
// A quarantined entry suppresses too, but goes to Genesys only after its release.
console.log(`${id}: ${counts.accepted + counts.quarantined} entries suppress`)

const applied = await readUntil(`/v1/dnc-submissions/${id}`, ({ state }) =>
  state.startsWith('applied'),
)
console.log(applied.state, applied.counts)

const rejected = await call('GET', `/v1/dnc-submissions/${id}/entries?outcome=rejected`)
for (const { line, code, reason } of (await rejected.json()).items) {
  console.log(`line ${line}: ${code}, ${reason}`)
}
await forgetKey(file)
