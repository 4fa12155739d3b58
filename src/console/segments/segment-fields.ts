import { z } from 'zod'

import { ACTIVATIONS, DIALING_MODES, SEGMENT_LIMITS } from '../../domain/segments/segment.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { filled } from '../frame/fields.ts'
import {
  emptyGroup,
  emptyRule,
  FORM_OPERATORS,
  type FormGroup,
  type FormNode,
  JOINS,
  LITERAL_TYPES,
  type Places,
  sentNode,
} from './segment-tree.ts'

/**
 * The conditions (`c`) or the exclusions (`x`). The path of every field of a rule or group begins
 * with one of the two letters: `c.0.1.attribute`.
 */
type Root = 'c' | 'x'
type Fields = Record<string, unknown>

export type SegmentForm = {
  lists: string
  conditions: FormGroup
  exclusions: FormNode[]
  dialingMode: (typeof DIALING_MODES)[number] | null
  useOnlyOnce: boolean | null
  activation: (typeof ACTIVATIONS)[number]
}

const PATH = '[cx](?:\\.\\d{1,3}){0,12}'
const ACTION = new RegExp(`^(?:(?:add-rule|add-group|remove):${PATH}|preview|save)$`, 'u')
const MEMBER = new RegExp(`^${PATH}\\.(?:join|attribute|operator|value|as)$`, 'u')
/** Enough for the largest definition that the API accepts. */
const MOST_FIELDS = SEGMENT_LIMITS.leaves * 8

/** The fields of the page itself, and the fields of the rules and groups by their paths. */
export const segmentFields = z
  .object({
    do: z.string().regex(ACTION),
    lists: z.string().max(20_000),
    dialingMode: filled(z.enum(DIALING_MODES)),
    useOnlyOnce: filled(z.enum(['yes', 'no'])),
    activation: filled(z.enum(ACTIVATIONS)),
    /** The newest version when the page was made. Empty: there was none. */
    version: filled(z.coerce.number().int().min(1)),
    /** The digest of the rules that were checked last. Only checked rules are sent. */
    seen: filled(z.string().regex(/^[0-9a-f]{64}$/u)),
    /** The digest of the analysis that the page showed. The person confirms it with `agreed`. */
    confirm: filled(z.string().regex(/^[\w-]{1,100}$/u)),
    agreed: filled(z.literal('yes')),
    once: z.uuid(),
  })
  .catchall(z.string().max(20_000))
  .refine((fields) => Object.keys(fields).length <= MOST_FIELDS + 20)

export type SegmentFields = z.output<typeof segmentFields>

const oneOf = <T extends string>(names: readonly T[], value: unknown): T =>
  names.find((name) => name === value) ?? names[0]!

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const readNode = (fields: Fields, path: string): FormNode | null => {
  if (`${path}.join` in fields) {
    return {
      kind: 'group',
      join: oneOf(JOINS, fields[`${path}.join`]),
      nodes: readNodes(fields, path),
    }
  }
  if (!(`${path}.attribute` in fields)) return null
  return {
    kind: 'rule',
    attribute: text(fields[`${path}.attribute`]).trim(),
    operator: oneOf(FORM_OPERATORS, fields[`${path}.operator`]),
    value: text(fields[`${path}.value`]),
    as: oneOf(LITERAL_TYPES, fields[`${path}.as`]),
  }
}

const readNodes = (fields: Fields, path: string): FormNode[] => {
  const nodes: FormNode[] = []
  for (;;) {
    const node = readNode(fields, `${path}.${nodes.length}`)
    if (node === null) return nodes
    nodes.push(node)
  }
}

/** The rules that the fields describe. Fields with unknown names are ignored. */
export const readForm = (fields: SegmentFields): SegmentForm => {
  const own = Object.fromEntries(Object.entries(fields).filter(([name]) => MEMBER.test(name)))
  return {
    lists: fields.lists,
    conditions: {
      kind: 'group',
      join: oneOf(JOINS, own['c.join']),
      nodes: readNodes(own, 'c'),
    },
    exclusions: readNodes(own, 'x'),
    dialingMode: fields.dialingMode ?? null,
    useOnlyOnce: fields.useOnlyOnce === undefined ? null : fields.useOnlyOnce === 'yes',
    activation: fields.activation ?? 'keep',
  }
}

const stepsOf = (path: string): number[] => path.split('.').slice(1).map(Number)

/** The nodes of the group at a path. null: there is no group. */
const nodesAt = (form: SegmentForm, root: Root, steps: readonly number[]): FormNode[] | null => {
  let nodes = root === 'c' ? form.conditions.nodes : form.exclusions
  for (const step of steps) {
    const node = nodes[step]
    if (node?.kind !== 'group') return null
    nodes = node.nodes
  }
  return nodes
}

/**
 * Adds or removes a rule or group, by the name of the pressed button. Returns the id of the field
 * or button that gets the focus.
 */
export const pressed = (form: SegmentForm, action: string): string => {
  const [verb, path = 'c'] = action.split(':') as [string, string?]
  const [root, steps] = [path[0] as Root, stepsOf(path)]
  if (verb === 'remove') {
    const parent = nodesAt(form, root, steps.slice(0, -1))
    parent?.splice(steps.at(-1) ?? parent.length, 1)
    return `add-rule:${[root, ...steps.slice(0, -1)].join('.')}`
  }
  const nodes = nodesAt(form, root, steps)
  if (nodes === null) return 'c.join'
  nodes.push(verb === 'add-group' ? emptyGroup() : emptyRule())
  const added = `${path}.${nodes.length - 1}`
  return verb === 'add-group' ? `${added}.join` : `${added}.attribute`
}

export type SentDefinition = { sent: Record<string, unknown>; places: Places; digest: string }

/** The definition in the form of the API. `digest` covers everything except the confirmation. */
export const sentDefinition = (
  form: SegmentForm,
  dialect: 'guide' | 'platform',
): SentDefinition => {
  const places: Places = new Map([['/contactListIds', 'lists']])
  const { conditions, exclusions } = form
  const sent = {
    contactListIds: [...new Set(form.lists.split(/\s+/u).filter((id) => id !== ''))],
    conditions:
      conditions.nodes.length === 0 ? null : sentNode(conditions, 'c', '/conditions', places),
    exclusions: exclusions.map((node, at) =>
      sentNode(node, `x.${at}`, `/exclusions/${at}`, places),
    ),
    ...(dialect === 'guide'
      ? { dialingMode: form.dialingMode, useOnlyOnce: form.useOnlyOnce }
      : { activation: form.activation }),
  }
  return { sent, places, digest: sha256Hex(canonicalJson(sent)) }
}
