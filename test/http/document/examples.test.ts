import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { z } from 'zod'

import type { Example } from '../../../src/http/document/example.ts'
import type { Operation } from '../../../src/http/document/operation.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

const operationsOf = async (): Promise<Operation[]> => {
  const { app } = await startFakeServer()
  await app.close()
  return app.operations()
}

/** Throws if the schema does not accept the value. The message names the place. */
const hold = (schema: z.ZodType | undefined, value: unknown, where: string): void => {
  const result = schema?.safeParse(value)
  assert.ok(result?.success !== false, `${where}: ${String(result?.error)}`)
}

const isWhole = ({ id }: Operation): boolean => !['openapi', 'listProblems'].includes(id)

const holdExample = (operation: Operation, example: Example): void => {
  const where = `${operation.id} ${example.name}`
  const named = [...operation.url.matchAll(/:(\w+)/gu)].map(([, name]) => name!)
  assert.deepEqual(Object.keys(example.params ?? {}).toSorted(), named.toSorted(), where)
  if (operation.params) hold(operation.params, example.params, where)
  if (operation.reads !== 'file') hold(operation.query, example.query ?? {}, where)
  if (operation.body) hold(operation.body, example.body, where)
  const needed = Object.entries(operation.headers ?? {}).filter(([, need]) => need === 'required')
  for (const [name] of needed) assert.ok(example.headers?.[name.toLowerCase()], `${where} ${name}`)
  const answer = operation.answers[example.answer.status]
  assert.ok(answer, `${where}: no answer ${example.answer.status}`)
  const { type = 'application/json', body } = example.answer
  const types = answer.mediaTypes ?? (answer.schema ? ['application/json'] : [])
  assert.equal(type === null ? types.length : types.includes(type), type === null ? 0 : true, where)
  if (type === 'application/json' && isWhole(operation)) hold(answer.schema, body, where)
}

test('every operation has an example, and each is what its schemas say, the call and the answer', async () => {
  for (const operation of await operationsOf()) {
    assert.ok(operation.examples.length > 0, operation.id)
    const names = operation.examples.map(({ name }) => name)
    assert.equal(new Set(names).size, names.length, operation.id)
    for (const example of operation.examples) holdExample(operation, example)
  }
})

test('an example with a member that its schema does not know is caught', async () => {
  const operation = (await operationsOf()).find(({ id }) => id === 'getLimits')!
  const [example] = operation.examples
  const body = { ...(example!.answer.body as object), planted: 1 }
  const planted = { ...example!, answer: { status: 200, body } }
  assert.throws(() => holdExample(operation, planted), /planted/)
})

test('every answer and every problem of the document has an example', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  type Media = { examples?: object }
  type Described = Record<string, { content?: Record<string, Media> }>
  type Document = { paths: Record<string, Record<string, { responses: Described }>> }
  const { paths } = (await app.inject({ url: '/openapi.json' })).json<Document>()
  const problems = Object.values(paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ responses }) =>
      Object.values(responses).flatMap(
        ({ content = {} }) => content['application/problem+json'] ?? [],
      ),
    ),
  )
  assert.ok(problems.length > 100)
  for (const { examples = {} } of problems) assert.ok(Object.keys(examples).length > 0)
})
