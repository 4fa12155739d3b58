import assert from 'node:assert/strict'
import { test } from 'node:test'

import { embeddedHome } from '../support/databases/database.ts'
import { ADMIN_KEY } from '../support/gateway/gateway-process.ts'
import { FILE_COLUMNS } from '../support/stages/contact-file.ts'
import { setStage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'
/** Values that occur nowhere else. If one of them appears in a place, it was leaked there. */
const CANARIES = ['Quetzalcoatlina', 'Zyxwvutsrqson', '4155559371', 'canary.person', 'Xanthippolis']

test('no log line, metric or problem ever holds a name, a phone number, an email or a secret', async () => {
  const home = embeddedHome()
  const stage = await setStage(await home.fresh(), 'guide')
  try {
    const gateway = await stage.gateway()
    const { client } = gateway
    const header = FILE_COLUMNS.join(',')
    const row = (id: string, phone: string, email: string): string =>
      `${id},Quetzalcoatlina,Zyxwvutsrqson,${phone},${email},Xanthippolis`
    const good = row('K-1', '+14155559371', 'canary.person@example.com')
    const files = [
      `${header}\n${good}\n${row('K-2', '4155559371999999', 'x')}\n${row('K 3', '+14155559371', 'canary.person@')}\n${good},ragged\n`,
      `${header},Quetzalcoatlina\n${good},x\n`,
      `${header}\n"${good}`,
      `${header}\n${good}\xff`,
      `${header},canary.person,canary.person\n`,
      '',
    ]
    const problems: string[] = []
    for (const file of files) {
      const answer = await client.upload(LIST, Buffer.from(file, 'latin1'))
      if (answer.status === 202) await client.finished(answer.body.id)
      else if (!file.startsWith(`${header},`)) problems.push(answer.text)
    }
    // In its refusals, Genesys repeats what it was sent. The gateway must not.
    const echo = 'Quetzalcoatlina 4155559371 canary.person@example.com refused'
    stage.sandbox.setFaults([
      { kind: 'reject-rows', message: echo, everyNth: 1, count: 1 },
      { kind: 'status', operation: 'bulk', status: 400, code: 'canary.person', after: 1, count: 1 },
    ])
    for (const id of ['K-5', 'K-6']) {
      const { body } = await client.upload(LIST, `${header}\n${good.replace('K-1', id)}\n`)
      await client.finished(body.id)
    }
    for (const path of [
      '/v1/uploads/Quetzalcoatlina?outcome=4155559371',
      '/v1/nowhere/canary.person',
      '/v1/uploads?limit=Xanthippolis',
    ]) {
      problems.push((await client.call(path)).text)
    }
    await client
      .upload(LIST, `${header}\n${good}\n`, { query: 'mode=Xanthippolis' })
      .then(({ text }) => problems.push(text))
    const metrics = (await client.call('/metrics')).text
    await gateway.stop()

    const places = { log: gateway.output.join('\n'), metrics, problems: problems.join('\n') }
    assert.ok(places.log.length > 1000 && metrics.includes('gateway_') && problems.length >= 5)
    for (const [place, text] of Object.entries(places)) {
      for (const secret of [...CANARIES, ADMIN_KEY, 'sandbox-secret', stage.crm.secret]) {
        const at = text.indexOf(secret)
        assert.equal(
          at,
          -1,
          `${place} holds a secret: …${text.slice(Math.max(0, at - 120), at + 40)}…`,
        )
      }
    }
  } finally {
    await stage.close()
    await home.close()
  }
})
