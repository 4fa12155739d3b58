import type { TestContext } from 'node:test'

import type { FaultPlan } from '../../../src/sandbox/faults/fault-plan.ts'
import { createManualClock, openSandbox } from '../caller.ts'

export const BASE = '/api/v2/outbound/contactlists'
export const HEADER = 'customerId,firstName,lastName,phoneNumber,email,city'
/** A row of a contact file. */
export const line = (id: string, city = '', phone = '+14155550100') => `${id},,,${phone},,${city}`

/**
 * Imports that begin 100 ms after their PUT and run for 200 ms, on a clock that the test advances.
 */
export const openImports = async (t: TestContext, faults: FaultPlan = []) => {
  const clock = createManualClock()
  const caller = await openSandbox(t, { clock, importLagMs: 100, importDurationMs: 200 })
  caller.sandbox.setFaults(faults)
  const { call } = caller
  const ask = async (more: object = {}) => {
    const request = { id: 'demo-contacts', contentType: 'text/csv', contactIdName: 'customerId' }
    return call('POST', `${BASE}/uploads`, { ...request, ...more })
  }
  const put = async (
    place: { url: string; headers: Record<string, string> },
    lines: readonly string[],
    headers: Record<string, string> = place.headers,
  ): Promise<number> => {
    const body = lines.map((text) => `${text}\n`).join('')
    const answer = await fetch(place.url, { method: 'PUT', headers, body })
    await answer.text()
    return answer.status
  }
  const send = async (...lines: string[]) => put((await ask()).body, lines)
  const status = async () => (await call('GET', `${BASE}/demo-contacts/importstatus`)).body
  const codes = async (query = '') =>
    (await call('GET', `/api/v2/outbound/events${query}`)).body.entities.map(
      ({ eventMessage }) => eventMessage?.code,
    )
  return { ...caller, clock, ask, put, send, status, codes }
}
