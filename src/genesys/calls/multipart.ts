export type FormPart = {
  name: string
  fileName?: string
  contentType: string
  body: Buffer
}

/** Escapes a name as browsers do (HTML standard, "multipart/form-data encoding algorithm"). */
const quoted = (text: string): string =>
  `"${text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22')}"`

const headOf = ({ name, fileName, contentType }: FormPart): string =>
  `content-disposition: form-data; name=${quoted(name)}` +
  `${fileName === undefined ? '' : `; filename=${quoted(fileName)}`}\r\ncontent-type: ${contentType}\r\n\r\n`

/**
 * The parts, in this order, as one multipart/form-data body (RFC 7578). The boundary is made from
 * `seed`, so the same parts give the same bytes. If the boundary occurs in a part, it is made
 * longer until no part contains it.
 */
export const multipartBody = (
  parts: readonly FormPart[],
  seed: string,
): { contentType: string; body: Buffer } => {
  let boundary = `gateway-${seed.replaceAll(/[^A-Za-z0-9-]/g, '').slice(0, 40)}`
  while (parts.some(({ body }) => body.includes(boundary))) boundary += 'x'
  const pieces: Buffer[] = []
  for (const part of parts) {
    pieces.push(Buffer.from(`--${boundary}\r\n${headOf(part)}`), part.body, Buffer.from('\r\n'))
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`))
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat(pieces),
  }
}
