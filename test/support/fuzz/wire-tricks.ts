import { gzipSync } from 'node:zlib'

import type { Sent } from './sent-call.ts'

type Trick = {
  /** Whether the change has any effect on this call. */
  fits: (sent: Sent) => boolean
  /** `refused`: only a refusal is right. If left out: whatever the document says. */
  change: (sent: Sent) => Partial<Sent> & { verdict?: 'refused' | 'either' }
}

const always = (): boolean => true
const hasJson = ({ body, type }: Sent): boolean => body !== null && type === 'application/json'
const hasBody = ({ body }: Sent): boolean => body !== null

const withHeaders = (sent: Sent, ...more: [string, string][]): [string, string][] => [
  ...sent.headers.filter(
    ([name]) => !more.some(([other]) => other.toLowerCase() === name.toLowerCase()),
  ),
  ...more,
]

const header = (name: string, value: string): Trick => ({
  fits: always,
  change: (sent) => ({ headers: withHeaders(sent, [name, value]), verdict: 'either' }),
})

/** Replaces a good body of JSON by another text. */
const json = (
  text: (good: string) => string | Buffer,
  verdict: 'refused' | 'either' = 'refused',
): Trick => ({
  fits: hasJson,
  change: ({ body }) => ({ body: Buffer.from(text(body!.toString('utf8'))), verdict }),
})

const asType = (type: string): Trick => ({
  fits: ({ body, multipart }) => body !== null && !multipart,
  change: (sent) => ({ headers: withHeaders(sent, ['content-type', type]), verdict: 'either' }),
})

/** Replaces the last part of the path by `segment`. */
const segment = (text: string): Trick => ({
  fits: ({ target }) => target.startsWith('/v1/'),
  change: ({ target }) => ({
    target: target.replace(/\/[^/?]+(?=$|\?)/u, `/${text}`),
    verdict: 'either',
  }),
})

const query = (text: string): Trick => ({
  fits: always,
  change: ({ target }) => ({
    target: `${target}${target.includes('?') ? '&' : '?'}${text}`,
    verdict: 'either',
  }),
})

const encoded = (encoding: string, bytes: (body: Buffer) => Buffer): Trick => ({
  fits: hasBody,
  change: (sent) => ({
    headers: withHeaders(sent, ['content-encoding', encoding]),
    body: bytes(sent.body!),
    verdict: 'either',
  }),
})

const utf16 = (text: string, bigEndian: boolean): Buffer => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le')
  return bigEndian ? bytes.swap16() : bytes
}

/**
 * Changes that make a good call into what no client library sends but every service on a network
 * receives, by name.
 */
export const WIRE_TRICKS: Readonly<Record<string, Trick>> = {
  'json cut off': json((good) => good.slice(0, Math.max(1, good.length - 1))),
  'json with more after it': json((good) => `${good} x`),
  'json with a comma too much': json((good) => good.replace(/[}\]]$/u, (end) => `,${end}`)),
  'json in single quotes': json(() => "{'a':1}"),
  'json with a comment': json((good) => `/* x */${good}`),
  'json of NaN': json(() => '{"a":NaN}'),
  'json with a member twice': json((good) => good.replace(/^\{/u, '{"name":1,"name":2,'), 'either'),
  'json with a number past all': json((good) => good.replace(/^\{/u, '{"n":1e9999,'), 'either'),
  'json of 100 digits': json((good) => good.replace(/^\{/u, `{"n":${'9'.repeat(100)},`), 'either'),
  'json of a hundred thousand brackets': json(() => '['.repeat(30_000)),
  'json nested deep': json(() => `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'either'),
  'json with __proto__': json((good) => good.replace(/^\{/u, '{"__proto__":{"x":1},'), 'either'),
  'json with constructor': json(
    (good) => good.replace(/^\{/u, '{"constructor":{"prototype":{"x":1}},'),
    'either',
  ),
  'json that is no UTF-8': json((good) =>
    Buffer.concat([Buffer.from(good.slice(0, -1)), Buffer.from([0xff, 0xc0, 0x80])]),
  ),
  'json with a byte order mark': json((good) => `\uFEFF${good}`, 'either'),
  'json in UTF-16': json((good) => utf16(good, false), 'either'),
  'json in UTF-16, the other way': json((good) => utf16(good, true), 'either'),
  'json of spaces': json(() => ' \n\t ', 'either'),
  'json of a text': json(() => '"x"', 'either'),
  'json of a number': json(() => '1', 'either'),
  'json of null': json(() => 'null', 'either'),
  'bytes of nothing': json(() => Buffer.alloc(200), 'either'),
  'a body of 300 KB': json(() => `{"a":"${'x'.repeat(300_000)}"}`, 'either'),
  'as text/plain': asType('text/plain'),
  'as xml': asType('application/xml'),
  'as a form': asType('application/x-www-form-urlencoded'),
  'as json of another kind': asType('application/vnd.api+json'),
  'as JSON in capitals': asType('APPLICATION/JSON; Charset=UTF-8'),
  'as json in latin-1': asType('application/json; charset=iso-8859-1'),
  'as json in utf-16': asType('application/json; charset=utf-16'),
  'as multipart without a boundary': asType('multipart/form-data'),
  'as multipart of an empty boundary': asType('multipart/form-data; boundary='),
  'as multipart of another boundary': asType('multipart/form-data; boundary=zzz'),
  'as nothing known': asType('x'),
  'as csv': asType('text/csv'),
  'as ndjson': asType('application/x-ndjson'),
  'as csv in utf-7': asType('text/csv; charset=utf-7'),
  'packed as it says': encoded('gzip', (body) => gzipSync(body)),
  'packed, cut off': encoded('gzip', (body) => gzipSync(body).subarray(0, 15)),
  'packed, not at all': encoded('gzip', (body) => body),
  'packed twice': encoded('gzip', (body) => gzipSync(gzipSync(body))),
  'packed, a bomb': encoded('gzip', () => gzipSync(Buffer.alloc(8_000_000, 0x61))),
  'packed as br': encoded('br', (body) => body),
  'packed as gzip, gzip': encoded('gzip, gzip', (body) => gzipSync(gzipSync(body))),
  'packed as nothing known': encoded('zzz', (body) => body),
  'the path of NUL': segment('%00'),
  'the path up': segment('%2e%2e'),
  'the path up and elsewhere': segment('..%2f..%2fetc%2fpasswd'),
  'the path that is no UTF-8': segment('%ff%fe'),
  'the path of half an escape': segment('%'),
  'the path of a wrong escape': segment('%zz'),
  'the path of 190 letters': segment('x'.repeat(190)),
  'the path of 4000 letters': segment('x'.repeat(4_000)),
  'the path of emoji': segment('%F0%9F%92%A9'),
  'the path of a surrogate': segment('%ED%A0%80'),
  'the path with a semicolon': segment('x;y=z'),
  'the path of a space': segment('%20'),
  'the path with a slash at the end': {
    fits: ({ target }) => target.startsWith('/v1/'),
    change: ({ target }) => ({ target: target.replace(/(?=$|\?)/u, '/'), verdict: 'either' }),
  },
  'two slashes': {
    fits: always,
    change: ({ target }) => ({ target: `/${target}`, verdict: 'either' }),
  },
  'a query of brackets': query('a[b]=c&a[b]=d'),
  'a query of __proto__': query('__proto__=x&constructor=y'),
  'a query that is no UTF-8': query('%ff=%fe'),
  'a query of separators': query('&&=&=&'),
  'a query with NUL': query('limit=%00'),
  'a query twice': query('limit=1&limit=2'),
  'a query of 8000 letters': query(`x=${'y'.repeat(8_000)}`),
  'a query of 500 names': query(Array.from({ length: 500 }, (_, at) => `a${at}=1`).join('&')),
  'a header of 20 KB': header('x-large', 'x'.repeat(20_000)),
  'a header of latin-1': header('x-latin', '\u00e4\u00ff'),
  'an empty Accept': header('accept', ''),
  'an Accept of nonsense': header('accept', ';;q=x,*/*;q=2,text/'),
  'an Accept of something else': header('accept', 'image/png'),
  'Accept-Encoding': header('accept-encoding', 'gzip, br;q=0, *'),
  'a Range': header('range', 'bytes=0-1,5-'),
  'another method in a header': header('x-http-method-override', 'DELETE'),
  'forwarded from everywhere': header('x-forwarded-for', `${'1.2.3.4, '.repeat(50)}::1, x`),
  'a request id of nonsense': header('x-request-id', "' or 1=1 --"),
  'another host': header('host', 'evil.example'),
  'an expectation': header('expect', '200-ok'),
  'If-Match of nonsense': header('if-match', 'W/"1", x, "'),
  'If-Match of anything': header('if-match', '*'),
  'If-None-Match of anything': header('if-none-match', '*'),
  'an old condition': header('if-unmodified-since', 'yesterday'),
  'an empty key of idempotency': header('idempotency-key', ''),
  'a long key of idempotency': header('idempotency-key', 'k'.repeat(256)),
  'a key of idempotency with a space': header('idempotency-key', 'a b'),
  'a key of idempotency of quotes': header('idempotency-key', '"\\"'),
  'a file name of nonsense': header('x-file-name', '%ff%00../x'),
  'an upgrade': header('upgrade', 'websocket'),
  'a cookie': header('cookie', '__proto__=x; a=;;;'),
}
