// Uploads a file of contacts, follows the upload to its end, and saves the rejected rows beside the
// file.
//
//   GATEWAY_KEY=… node upload.mjs demo-contacts contacts.csv
//
// Needs Node 20 or newer, and gateway.mjs in the same folder. If the program is stopped, run it
// again: it continues with the same upload.
import { writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { call, forgetKey, sendFile } from './gateway.mjs'

/** The server-sent events of one connection: `id`, `event` and `data` of each. */
async function* eventsOf(response) {
  let text = ''
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + part).split('\n\n')
    text = blocks.pop()
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => line.split(/: ?(.*)/s, 2))
      const { id, event, data } = Object.fromEntries(fields)
      if (data) yield { id, event, data: JSON.parse(data) }
    }
  }
}

/** Follows an upload until its final state. If the connection ends earlier, reconnects. */
const follow = async (uploadId, show) => {
  for (let lastId = ''; ; await delay(2000)) {
    const headers = lastId ? { 'last-event-id': lastId } : {}
    const response = await call('GET', `/v1/uploads/${uploadId}/events`, { headers })
    // There are no events after those that you have seen.
    if (response.status === 204) return
    try {
      for await (const { id, event, data } of eventsOf(response)) {
        lastId = id
        if (event === 'end') return
        show(data)
      }
    } catch (error) {
      console.error(`The stream was cut: ${error.message}`)
    }
  }
}

const [listId, file] = process.argv.slice(2)
const { id } = await sendFile('POST', `/v1/contact-lists/${listId}/uploads`, file, 'text/csv')
console.log(id)

await follow(id, ({ state, hold, counts }) => {
  // A held upload waits for something. `hold` says what that is, and whether you must act.
  console.log(`${state} ${hold?.reason ?? ''} ${counts.delivered} of ${counts.accepted}`)
})

const upload = await (await call('GET', `/v1/uploads/${id}`)).json()
console.log(upload.state, upload.counts, upload.problem ?? '')
if (upload.counts.rejected > 0) {
  const rows = await call('GET', `/v1/uploads/${id}/rows?outcome=rejected`, {
    headers: { accept: 'text/csv' },
  })
  await writeFile(`${file}.rejected.csv`, rows.body)
  console.log(`Fix ${file}.rejected.csv and upload it.`)
}
await forgetKey(file)
process.exitCode = upload.state.startsWith('completed') ? 0 : 1
