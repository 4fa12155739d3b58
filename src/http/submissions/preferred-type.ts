import type { FastifyRequest } from 'fastify'

type Range = { range: string; quality: number }

const rangesOf = (accept: string): Range[] =>
  accept
    .toLowerCase()
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.split(';').map((word) => word.trim())
      const given = parameters.find((parameter) => /^q\s*=/u.test(parameter))
      const quality = given === undefined ? 1 : Number(given.slice(given.indexOf('=') + 1))
      return { range, quality: Number.isNaN(quality) ? 1 : quality }
    })

/** The best place of the media types in Accept. The most specific range decides for a type. */
const bestOf = (
  ranges: readonly Range[],
  types: readonly string[],
): { quality: number; at: number } => {
  let best = { quality: 0, at: ranges.length }
  for (const type of types) {
    const group = `${type.slice(0, type.indexOf('/'))}/*`
    const place = [type, group, '*/*']
      .map((name) => ranges.findIndex(({ range }) => range === name))
      .find((at) => at !== -1)
    if (place === undefined) continue
    const { quality } = ranges[place]!
    if (quality > best.quality || (quality === best.quality && place < best.at)) {
      best = { quality, at: place }
    }
  }
  return best
}

/**
 * Whether Accept prefers one of the `wanted` media types to all `usual` types of the answer: by
 * quality (RFC 9110, 12.5.1), then by place. Not if Accept accepts none of them.
 */
export const prefers = (
  request: Pick<FastifyRequest, 'headers'>,
  wanted: readonly string[],
  usual: readonly string[],
): boolean => {
  const ranges = rangesOf(request.headers.accept ?? '')
  const [one, other] = [bestOf(ranges, wanted), bestOf(ranges, usual)]
  if (one.quality !== other.quality) return one.quality > other.quality
  return one.quality > 0 && one.at < other.at
}
