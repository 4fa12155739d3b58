import { setTimeout as delay } from 'node:timers/promises'

import type { z } from 'zod'

import type { guestFileSchema } from '../../../src/http/routes/guest-files/guest-file-schemas.ts'
import type { RunningGateway } from '../stages/stage.ts'

export type File = z.output<typeof guestFileSchema>
export type Problem = { code: string; status: number; detail: string }

export const CONTACT = '/v1/external-contacts/demo-guest/files'
export const CONVERSATION =
  '/v1/conversations/demo-conversation/communications/demo-communication/files'

/** Sends files to the gateway that runs at the time of the call, and follows them. */
export const fileClientOf = (gateway: () => RunningGateway, usualPath = CONTACT) => {
  let calls = 0
  const send = async (
    name: string,
    content: Buffer | string,
    {
      path = usualPath,
      options = {},
      key = `file-${(calls += 1)}`,
    }: { path?: string; options?: object; key?: string } = {},
  ) => {
    const form = new FormData()
    form.set('options', JSON.stringify(options))
    form.set('file', new Blob([Buffer.from(content)]), name)
    return gateway().client.call<File & Problem>(path, {
      method: 'POST',
      headers: { 'idempotency-key': key },
      body: form,
    })
  }
  const find = async (id: string): Promise<File> =>
    (await gateway().client.call<File>(`/v1/guest-files/${id}`)).body
  const until = async (id: string, wanted: (file: File) => boolean): Promise<File> => {
    for (;;) {
      const file = await find(id)
      if (wanted(file)) return file
      await delay(50)
    }
  }
  const ended = (id: string) =>
    until(id, ({ state, genesys, conversationId }) =>
      state === 'stored'
        ? genesys.virusScan !== 'pending' || conversationId !== null
        : ['rejected', 'failed', 'quarantined'].includes(state),
    )
  return { send, find, until, ended }
}
