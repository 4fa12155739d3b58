import type { FastifyRequest } from 'fastify'

import { Refusal } from './refusal.ts'

/** One part of a multipart body. `fileName`: null for a plain field. */
export type FormPart = { name: string; fileName: string | null; contentType: string; bytes: Buffer }

const tooLarge = (limit: number): Refusal =>
  new Refusal(413, 'request.entity.too.large', `Maximum bytes: ${limit}`)

const bytesOf = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value ?? ''))

/**
 * The parts in the order of their arrival, each read completely. Throws a 413 refusal for a file
 * over `fileBytes`, and a 400 refusal for a body that is not multipart. The rest of the body is
 * then read and discarded, so that the answer reaches the caller.
 */
export const readForm = async (request: FastifyRequest, fileBytes: number): Promise<FormPart[]> => {
  const parts: FormPart[] = []
  try {
    for await (const part of request.parts({ limits: { fileSize: fileBytes } })) {
      const { fieldname: name, mimetype: contentType } = part
      parts.push(
        part.type === 'file'
          ? { name, contentType, fileName: part.filename ?? null, bytes: await part.toBuffer() }
          : { name, contentType, fileName: null, bytes: bytesOf(part.value) },
      )
    }
  } catch (error) {
    request.raw.unpipe()
    request.raw.resume()
    if ((error as { statusCode?: number }).statusCode === 413) throw tooLarge(fileBytes)
    throw new Refusal(400, 'bad.request', 'The body is not valid multipart/form-data.')
  }
  return parts
}
