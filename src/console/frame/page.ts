import type { Readable } from 'node:stream'

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'

import type { Caller, Scope } from '../../domain/access/access.ts'
import type { Texts } from '../texts/texts.ts'
import type { ConsoleDeps, FileForm } from './deps.ts'

/** The input of a page or a form: checked parameters, the viewer, and the use cases. */
export type Visit<Params = unknown, Query = unknown, Form = unknown> = {
  deps: ConsoleDeps
  caller: Caller
  params: Params
  query: Query
  form: Form
  /** The file of the form. null: the form has none. */
  file: FileForm | null
  request: FastifyRequest
}

/** A page to show: a template of `src/console`, its model, and the title of the tab. */
export type View = { title: string; template: string; model: object; status?: number }

/** Where the browser goes next, and the code of the message that the next page shows. */
export type GoTo = { goTo: string; said?: keyof Texts['said'] }

/**
 * A file that the browser saves. The gateway chooses the name, from characters that a header may
 * contain.
 */
export type Download = { download: { name: string; type: string; body: Readable } }

export type MenuItem = keyof Texts['menu']

type Checked<Schema> = Schema extends z.ZodType ? z.output<Schema> : Record<string, never>

/**
 * One page in the table. If a viewer lacks the scope of the page, the menu does not show the page,
 * and its address answers 403.
 */
export type Page = {
  kind: 'page'
  /** The path below `/console`, in Fastify's notation. */
  at: string
  /** null: everyone who is signed in may open the page. */
  scope: Scope | null
  /** The entry of the page in the menu. If left out, only other pages link to the page. */
  menu?: MenuItem
  /** A part of a page, without the top of the page and the menu. A script requests it. */
  part?: true
  params?: z.ZodType
  query?: z.ZodType
  load: (visit: Visit<never, never, never>) => Promise<View | GoTo>
}

/**
 * The action of a button. Always a POST from a page of the console, with the token of the session.
 */
export type Form = {
  kind: 'form'
  at: string
  scope: Scope | null
  params?: z.ZodType
  query?: z.ZodType
  form?: z.ZodType
  /** A multipart form whose last part is a file. `act` reads the file while it arrives. */
  reads?: 'file'
  act: (visit: Visit<never, never, never>) => Promise<View | GoTo | Download>
}

export type TableEntry = Page | Form

type Shape<P, Q, F> = { params?: P; query?: Q; form?: F }

/** Defines a page. The types of its parameters follow from its schemas. */
export const page = <
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
>(
  spec: Omit<Page, 'kind' | 'load' | 'params' | 'query'> &
    Omit<Shape<P, Q, never>, 'form'> & {
      load: (visit: Visit<Checked<P>, Checked<Q>, Record<string, never>>) => Promise<View | GoTo>
    },
): Page => ({ kind: 'page', ...spec }) as Page

/** Defines a form. The types of its parameters follow from its schemas. */
export const form = <
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  F extends z.ZodType | undefined = undefined,
>(
  spec: Omit<Form, 'kind' | 'act' | 'params' | 'query' | 'form'> &
    Shape<P, Q, F> & {
      act: (visit: Visit<Checked<P>, Checked<Q>, Checked<F>>) => Promise<View | GoTo | Download>
    },
): Form => ({ kind: 'form', ...spec }) as Form

/** The schema of pages and forms without parameters. */
export const NOTHING = z.strictObject({})
