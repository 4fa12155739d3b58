/** A call as it is sent over the wire. */
export type Sent = {
  method: string
  target: string
  headers: [string, string][]
  /** The media type, without parameters. null: no body. */
  type: string | null
  multipart: boolean
  body: Buffer | null
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/**
 * The call as a line for the shell. Bytes that cannot be written in a shell are encoded in base64.
 */
export const asCurl = (
  address: string,
  { method, target, headers, body }: Omit<Sent, 'type' | 'multipart'>,
): string => {
  const parts = [
    `curl -i --path-as-is -X ${method} ${quoted(`${address}${target}`)}`,
    ...headers.map(
      ([name, value]) => `-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`,
    ),
  ]
  if (body === null) return parts.join(' ')
  const text = body.toString('utf8')
  const plain = Buffer.from(text).equals(body) && !text.includes('\0') && text.length < 4_000
  return plain
    ? [...parts, `--data-binary ${quoted(text)}`].join(' ')
    : `echo ${body.subarray(0, 4_000).toString('base64')} | base64 -d | ${[...parts, '--data-binary @-'].join(' ')}${body.length > 4_000 ? ` # the first 4,000 of ${body.length} bytes` : ''}`
}
