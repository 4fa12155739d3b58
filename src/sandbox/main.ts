import { parseArgs } from 'node:util'

import { systemClock } from '../lib/clock.ts'
import { startSandbox } from './server/start-sandbox.ts'
import { DEMO_LISTS } from './state/demo-lists.ts'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '3100' },
    'client-id': { type: 'string', default: 'sandbox-client' },
    'client-secret': { type: 'string', default: 'sandbox-secret' },
    'guide-requests-per-minute': { type: 'string', default: '1000' },
    'platform-requests-per-minute': { type: 'string', default: '300' },
    'job-delay-ms': { type: 'string', default: '200' },
    'provisioning-lag-ms': { type: 'string', default: '300' },
    'import-lag-ms': { type: 'string', default: '100' },
    'import-duration-ms': { type: 'string', default: '200' },
    'task-duration-ms': { type: 'string', default: '200' },
    'callback-origin': { type: 'string' },
  },
})

const sandbox = await startSandbox({
  host: values.host,
  port: Number(values.port),
  clientId: values['client-id'],
  clientSecret: values['client-secret'],
  clock: systemClock,
  limits: {
    guideRequestsPerMinute: Number(values['guide-requests-per-minute']),
    platformRequestsPerMinute: Number(values['platform-requests-per-minute']),
  },
  jobDelayMs: Number(values['job-delay-ms']),
  provisioningLagMs: Number(values['provisioning-lag-ms']),
  importLagMs: Number(values['import-lag-ms']),
  importDurationMs: Number(values['import-duration-ms']),
  taskDurationMs: Number(values['task-duration-ms']),
  ...(values['callback-origin'] === undefined ? {} : { callbackOrigin: values['callback-origin'] }),
})

process.stdout.write(`Genesys sandbox (simulated, both dialects) on ${sandbox.url}
Contact lists: ${DEMO_LISTS.map((list) => list.id).join(', ')}

Point a gateway to it, in another terminal (GENESYS_DIALECT=platform is the other dialect):
  export ADMIN_API_KEY=$(openssl rand -hex 32)
  DATA_DIR=./data-sandbox GENESYS_DIALECT=guide \\
  GENESYS_API_URL=${sandbox.url} GENESYS_LOGIN_URL=${sandbox.url} \\
  GENESYS_CLIENT_ID=${values['client-id']} GENESYS_CLIENT_SECRET=${values['client-secret']} npm start

What was really applied:  curl ${sandbox.url}/_sandbox/ledger
Contents of a list:       curl ${sandbox.url}/_sandbox/lists/demo-contacts/contacts
Make it fail:             curl -H 'content-type: application/json' \\
  -d '[{"kind":"status","status":503,"count":3}]' ${sandbox.url}/_sandbox/faults
`)

const stop = (): void => {
  void sandbox.close().then(() => process.exit(0))
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
