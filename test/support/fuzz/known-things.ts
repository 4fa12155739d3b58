import type { ApiOperation } from './api-document.ts'

/** A placeholder in a call for an object that exists by the time the call is sent. */
export const mark = (name: string, at: number): string => `⟪${name}:${at}⟫`
const MARK = /⟪([^:⟫]+):(\d+)⟫/gu

/**
 * The kind of object that a member or parameter of this name stands for. null: none that the calls
 * can make.
 */
export const knownName = (name: string): string | null => {
  if (/^(?:url|phoneNumber|email|region|defaultRegion|timeZone)s?$/u.test(name)) {
    return name.replace(/^defaultRegion$/u, 'region').replace(/s$/u, '')
  }
  return /^[a-z]\w*Ids?$/u.test(name) ? name.replace(/s$/u, '') : null
}

/**
 * What exists before anything is made: the sandbox's own objects, and values that have a meaning.
 */
const FROM_THE_START: Record<string, readonly string[]> = {
  url: ['https://hooks.example.com/x', 'https://crm.example.com/genesys?x=1'],
  phoneNumber: ['+14155552671', '+442079460018', '+4930123456', '(415) 555-2671', '12'],
  region: ['US', 'GB', 'DE'],
  timeZone: ['Europe/Berlin', 'UTC'],
  email: ['anna@example.com', 'Ben@EXAMPLE.com', 'x'],
}

type Params = Record<string, string>
const MOST_KEPT = 60

const paramsOf = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name!)

const expressionOf = (template: string): RegExp =>
  new RegExp(`^${template.replaceAll(/\{(\w+)\}/gu, '(?<$1>[^/?#]+)')}$`, 'u')

/** Every beginning of a template that ends with a parameter: `/v1/a/{aId}` of `/v1/a/{aId}/b`. */
const stemsOf = (path: string): string[] => {
  const parts = path.split('/')
  return parts.flatMap((part, at) =>
    part.startsWith('{') ? [parts.slice(0, at + 1).join('/')] : [],
  )
}

/**
 * What the calls so far have shown to exist: ids by the names of parameters, the versions of
 * addresses, and cursors. Only the document decides what an answer shows. For example, an `id` in
 * the answer of `/v1/uploads` is a value for the parameter of `/v1/uploads/{uploadId}`. The end of
 * a Location is such a value too.
 */
export const createKnownThings = (
  operations: readonly ApiOperation[],
  /** Values that are never used, because the calls themselves depend on them. */
  spared: ReadonlySet<string>,
) => {
  const stems = [...new Set(operations.flatMap(({ path }) => stemsOf(path)))]
  const addresses = stems.map((stem) => ({ stem, expression: expressionOf(stem) }))
  const things = new Map<string, Params[]>(stems.map((stem) => [stem, []]))
  const values = new Map<string, string[]>(
    Object.entries(FROM_THE_START).map(([name, list]) => [name, [...list]]),
  )
  const versions = new Map<string, string>()

  const keep = <T>(kept: T[], value: T, same: (other: T) => boolean): void => {
    if (kept.some(same)) return
    kept.push(value)
    if (kept.length > MOST_KEPT) kept.splice(Math.floor(MOST_KEPT / 2), 1)
  }
  const addValue = (name: string, value: unknown): void => {
    if (typeof value !== 'string' || value === '' || spared.has(value)) return
    const kept = values.get(name) ?? []
    values.set(name, kept)
    keep(kept, value, (other) => other === value)
  }
  const addThing = (stem: string, params: Params): void => {
    const kept = things.get(stem)
    if (kept === undefined || Object.values(params).some((value) => spared.has(value))) return
    const text = JSON.stringify(params)
    keep(kept, params, (other) => JSON.stringify(other) === text)
    for (const [name, value] of Object.entries(params)) addValue(name, value)
  }
  const learnAddress = (address: string): void => {
    const path = address.replace(/^https?:\/\/[^/]+/u, '')
    for (const { stem, expression } of addresses) {
      const found = expression.exec(path)?.groups
      if (found) {
        const params = Object.entries(found).map(([name, text]) => [name, decodeURIComponent(text)])
        addThing(stem, Object.fromEntries(params) as Params)
      }
    }
  }
  const learnMembers = (body: unknown): void => {
    if (typeof body !== 'object' || body === null) return
    for (const [name, value] of Object.entries(body)) {
      if (typeof value === 'object') learnMembers(value)
      else if (/^[a-z]\w*Id$/u.test(name)) addValue(name, value)
    }
  }
  return {
    /** Learns from an answer that is not a problem. */
    learn: (
      operation: ApiOperation,
      params: Params,
      address: string,
      answer: { headers: Record<string, unknown>; body: unknown },
    ): void => {
      const { etag, location } = answer.headers
      if (typeof etag === 'string') versions.set(address.split('?', 1)[0]!, etag)
      if (typeof location === 'string') learnAddress(location)
      learnMembers(answer.body)
      const below = stems.filter(
        (stem) =>
          stem.startsWith(`${operation.path}/{`) &&
          !stem.slice(operation.path.length + 2).includes('/'),
      )
      const body = answer.body as { id?: unknown; items?: unknown; next?: unknown } | null
      if (body === null || typeof body !== 'object') return
      addValue(`cursor of ${operation.id}`, body.next)
      const items = [body, ...(Array.isArray(body.items) ? (body.items as object[]) : [])]
      for (const stem of below) {
        const name = paramsOf(stem).at(-1)!
        for (const item of items) {
          const id = (item as { id?: unknown } | null)?.id
          if (typeof id === 'string') addThing(stem, { ...params, [name]: id })
        }
      }
    },
    /** Forgets what was deleted, so that only calls that ask for it on purpose find it. */
    forget: (params: Params): void => {
      const last = Object.entries(params).at(-1)
      if (last === undefined) return
      const [name, value] = last
      values.set(
        name,
        (values.get(name) ?? []).filter((other) => other !== value),
      )
      for (const kept of things.values()) {
        const others = kept.filter((other) => other[name] !== value)
        kept.splice(0, kept.length, ...others)
      }
    },
    addValue,
    /** Parameters of a path that belong together. null: no such object is known. */
    thing: (path: string, at: number): Params | null => {
      const stem = stemsOf(path).at(-1)
      const kept = stem === undefined ? [] : (things.get(stem) ?? [])
      return kept.length === 0 ? null : kept[kept.length - 1 - (at % kept.length)]!
    },
    versionOf: (address: string): string | undefined => versions.get(address.split('?', 1)[0]!),
    /**
     * The text with every placeholder replaced. If no object of the kind is known, with a word of
     * the same form.
     */
    fill: (text: string): string =>
      text.replaceAll(MARK, (_, name: string, at: string) => {
        const kept = values.get(name) ?? []
        return kept.length === 0
          ? `no-${name.replaceAll(' ', '-')}`
          : kept[kept.length - 1 - (Number(at) % kept.length)]!
      }),
  }
}

export type KnownThings = ReturnType<typeof createKnownThings>
