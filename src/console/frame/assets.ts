import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { brotliCompressSync, gzipSync } from 'node:zlib'

import { negotiate } from '@fastify/accept-negotiator'
import type { FastifyInstance } from 'fastify'

import { sha256 } from '../../lib/digest.ts'

const require = createRequire(import.meta.url)

const own = (name: string): URL => new URL(`../assets/${name}`, import.meta.url)

/**
 * All files that pages load. None of them comes from another host. htmx comes from its npm package,
 * in a fixed version.
 */
const SOURCES: Record<string, { from: URL | string; type: string }> = {
  'console.css': { from: own('console.css'), type: 'text/css; charset=utf-8' },
  'upload.js': { from: own('upload.js'), type: 'text/javascript; charset=utf-8' },
  'console.js': { from: own('console.js'), type: 'text/javascript; charset=utf-8' },
  'htmx.js': {
    from: require.resolve('htmx.org/dist/htmx.min.js'),
    type: 'text/javascript; charset=utf-8',
  },
  'icon.svg': { from: own('icon.svg'), type: 'image/svg+xml' },
}

/** Content codings, the preferred one first. */
const CODINGS = ['br', 'gzip'] as const
type Coding = (typeof CODINGS)[number]
type Asset = {
  bytes: Buffer
  type: string
  url: string
  /** The bytes in this coding. Compressed when a browser first asks for them. */
  coded: (coding: Coding) => Buffer
}

const COMPRESS: Record<Coding, (bytes: Buffer) => Buffer> = {
  br: (bytes) => brotliCompressSync(bytes),
  gzip: (bytes) => gzipSync(bytes),
}

/**
 * Compresses each coding once, at its first use. At the start, it would take a tenth of a second
 * even for gateways whose console nobody opens.
 */
const codedOnce = (bytes: Buffer): Asset['coded'] => {
  const known = new Map<Coding, Buffer>()
  return (coding) => {
    const kept = known.get(coding) ?? COMPRESS[coding](bytes)
    known.set(coding, kept)
    return kept
  }
}

const readAssets = (): Map<string, Asset> =>
  new Map(
    Object.entries(SOURCES).map(([name, { from, type }]) => {
      const bytes = readFileSync(from)
      const version = sha256(bytes).toString('base64url').slice(0, 12)
      const url = `/console/assets/${version}/${name}`
      return [name, { bytes, type, url, coded: codedOnce(bytes) }]
    }),
  )

/**
 * Adds the files that pages load, and returns their addresses. An address contains a hash of its
 * file, so browsers may keep the file forever.
 */
export const registerAssets = (app: FastifyInstance): Record<string, string> => {
  const assets = readAssets()
  app.get<{ Params: { version: string; name: string } }>(
    '/assets/:version/:name',
    { config: { access: 'public', page: true } },
    async (request, reply) => {
      const asset = assets.get(request.params.name)
      if (asset === undefined || !asset.url.includes(`/${request.params.version}/`)) {
        return reply.callNotFound()
      }
      const coded = negotiate<Coding>(request.headers['accept-encoding'] ?? '', [...CODINGS])
      if (coded !== null) reply.header('content-encoding', coded)
      return reply
        .header('content-type', asset.type)
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('vary', 'Accept-Encoding')
        .send(coded === null ? asset.bytes : asset.coded(coded))
    },
  )
  return Object.fromEntries([...assets].map(([name, { url }]) => [name, url]))
}
