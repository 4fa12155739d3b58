import { parentPort } from 'node:worker_threads'

import { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs'

import type { FileFault } from '../../domain/guest-files/file-fault.ts'
import { isPlainXml, pdfObjectsFault } from './pdf-objects.ts'

/**
 * What the thread found. `fault`: a fault in the objects of the file. `locked`: the file needs a
 * password. `broken`: the PDF reader cannot open the file.
 */
export type PdfFinding =
  | { fault: FileFault }
  | { pages: number; scripts: boolean; embedded: 'none' | 'xml' | 'other' }
  | 'locked'
  | 'broken'

const look = async (data: Uint8Array): Promise<PdfFinding> => {
  const fault = pdfObjectsFault(Buffer.from(data.buffer))
  if (fault !== null) return { fault }
  const task = getDocument({
    data,
    verbosity: VerbosityLevel.ERRORS,
    useSystemFonts: false,
    disableFontFace: true,
    stopAtErrors: false,
  })
  try {
    const document = await task.promise
    const attachments = (await document.getAttachments()) ?? new Map<string, unknown>()
    const contents = await Promise.all(
      [...attachments.keys()].map(async (id) => document.getAttachmentContent(id)),
    )
    const scripts = ((await document.getJSActions()) ?? null) !== null
    await document.getPage(1)
    const isXml = contents.every((content) => content instanceof Uint8Array && isPlainXml(content))
    const embedded = contents.length === 0 ? 'none' : isXml ? 'xml' : 'other'
    return { pages: document.numPages, scripts, embedded }
  } catch (error) {
    return error instanceof Error && error.name === 'PasswordException' ? 'locked' : 'broken'
  } finally {
    await task.destroy()
  }
}

parentPort?.on('message', (data: Uint8Array) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread, no window
  void look(data).then((finding) => parentPort?.postMessage(finding))
})
