// Sets the segment of a campaign, shows what the gateway found in it, and waits until the segment
// is applied in Genesys or has failed.
//
//   GATEWAY_KEY=… node segment.mjs demo-campaign segment.json
//
// Needs Node 20 or newer, and gateway.mjs in the same folder. If the program is stopped, run it
// again: no second version is made.
//
// A refusal with the code segment-needs-confirm means that the campaign would dial nobody, or that
// the change is large. If you want this, set `confirm` in the file to the `digest` of the refusal,
// and run the program again.
import { forgetKey, readUntil, sendFile } from './gateway.mjs'

const [campaignId, file] = process.argv.slice(2)
const path = `/v1/campaigns/${campaignId}/segment`
const { version, analysis } = await sendFile('PUT', path, file, 'application/json')
for (const { severity, code, detail } of analysis.findings) {
  console.log(`${severity} ${code}: ${detail}`)
}
if (analysis.matches) {
  console.log(`selects ${analysis.matches.selected} of ${analysis.matches.total} contacts`)
}

const newest = await readUntil(path, ({ state }) => ['applied', 'failed'].includes(state))
await forgetKey(file)
console.log(`version ${newest.version} is ${newest.state}`)
// A newer version may have replaced yours in the meantime.
process.exitCode = newest.version === version && newest.state === 'applied' ? 0 : 1
