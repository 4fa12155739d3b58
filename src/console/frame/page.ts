import type { Readable } from 'node:stream'

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'

import type { Caller, Scope } from '../../domain/access/access.ts'
import type { Texts } from '../texts/texts.ts'
import type { ConsoleDeps, FileForm } from './deps.ts'

/** What a page or a form gets: checked parameters, the viewer, and the use cases. */
export type Visit<Params = unknown, Query = unknown, Form = unknown> = {
  deps: ConsoleDeps
  caller: Caller
  params: Params
  query: Query
  form: Form
  /** Of a form with a file. null: it takes none. */
  file: FileForm | null
  request: FastifyRequest
}

/** What a page shows: a template of `src/console`, its model, and the title of the tab. */
export type View = { title: string; template: string; model: object; status?: number }

/** Where the browser goes next, and the message shown there. */
export type GoTo = { goTo: string; said?: keyof Texts['said'] }

/** A file that the browser keeps. The name is made here, of characters that a header may hold. */
export type Download = { download: { name: string; type: string; body: Readable } }

export type MenuItem = keyof Texts['menu']

type Checked<Schema> = Schema extends z.ZodType ? z.output<Schema> : Record<string, never>

/** One line of the page table. Without its scope, a page is not in the menu and answers 403. */
export type Page = {
  kind: 'page'
  /** Below `/console`, as Fastify writes it. */
  at: string
  /** null: anyone who is signed in. */
  scope: Scope | null
  /** Its place in the menu; left out: reached from other pages. */
  menu?: MenuItem
  /** A part of a page that a script asks for: without head and menu. */
  part?: true
  params?: z.ZodType
  query?: z.ZodType
  load: (visit: Visit<never, never, never>) => Promise<View | GoTo>
}

/**
 * The action of a button. Always POST, with the token of the session, from a page of the console.
 */
export type Form = {
  kind: 'form'
  at: string
  scope: Scope | null
  params?: z.ZodType
  query?: z.ZodType
  form?: z.ZodType
  /** A multipart form whose last part is a file; the handler reads it as it streams in. */
  reads?: 'file'
  act: (visit: Visit<never, never, never>) => Promise<View | GoTo | Download>
}

export type TableEntry = Page | Form

type Shape<P, Q, F> = { params?: P; query?: Q; form?: F }

/** Defines a page with types that follow from its schemas. */
export const page = <
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
>(
  spec: Omit<Page, 'kind' | 'load' | 'params' | 'query'> &
    Omit<Shape<P, Q, never>, 'form'> & {
      load: (visit: Visit<Checked<P>, Checked<Q>, Record<string, never>>) => Promise<View | GoTo>
    },
): Page => ({ kind: 'page', ...spec }) as Page

/** The same for a form. */
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

/** For pages and forms without parameters. */
export const NOTHING = z.strictObject({})
