import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

import type { RunningGateway } from '../stages/stage.ts'
import type { Submission } from './entries-over-http.ts'

/** The submission, once it is in one of these states. */
export const reachSubmission = async (
  gateway: RunningGateway,
  id: string,
  ...states: Submission['state'][]
): Promise<Submission> => {
  for (;;) {
    const { body, text } = await gateway.client.call<Submission>(`/v1/dnc-submissions/${id}`)
    assert.ok(body.state, text)
    if (states.includes(body.state)) return body
    await delay(50)
  }
}
