import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { detectedModel } from '../../../../src/console/uploads/new/detected-model.ts'
import { optionsOfForm, uploadFormSchema } from '../../../../src/console/uploads/new/upload-form.ts'

const KEY = '0b7f2f6e-5a0c-4f5e-9a5e-3d2f3a1b0c9d'

const optionsOf = (fields: Record<string, unknown>) =>
  optionsOfForm(uploadFormSchema.parse({ list: 'list-1', key: KEY, ...fields }))

describe('The form of an upload', () => {
  it('left as it is asks for a plan and for nothing else', () => {
    assert.deepEqual(optionsOf({ map: ['', ''], region: '' }), {
      ...{ mode: 'append', duplicates: 'update', missingColumns: 'reject', schemaDrift: 'reject' },
      ...{ apply: 'manual', delivery: 'auto', hasHeader: true },
    })
  })

  it('sends places of columns, whatever is in their names', () => {
    const map = ['["a,b\\"","phone"]', '["Straße",null]', '']
    assert.deepEqual(optionsOf({ map }).mapping, { 'a,b"': 'phone', Straße: null })
    assert.deepEqual(optionsOf({ map: map[0] }).mapping, { 'a,b"': 'phone' })
  })

  it('asks for what the choices of the queue say, and for a time in UTC', () => {
    const given = { priority: 'yes', doNotQueue: 'no', clearSystemData: '' }
    const options = optionsOf({ ...given, notBefore: '2026-12-01T08:30', schemaDrift: 'drop' })
    assert.equal(options.priority, true)
    assert.equal(options.doNotQueue, false)
    assert.equal('clearSystemData' in options, false)
    assert.equal(options.notBefore, '2026-12-01T08:30:00Z')
    assert.equal(options.schemaDrift, 'drop')
    assert.throws(() => optionsOf({ notBefore: 'tomorrow' }))
  })

  it('takes no place that is none, and no country that is none', () => {
    for (const fields of [{ map: '["a"]' }, { map: 'x' }, { region: 'XX' }, { more: 'x' }]) {
      assert.throws(() => optionsOf(fields), JSON.stringify(fields))
    }
  })

  it('confirms nothing unless the list is replaced', () => {
    assert.equal(optionsOf({ confirmOverwrite: 'list-1' }).confirmOverwrite, undefined)
    const replacing = optionsOf({ mode: 'overwrite', confirmOverwrite: 'list-1' })
    assert.equal(replacing.confirmOverwrite, 'list-1')
  })
})

type File = Parameters<typeof detectedModel>[0]

const columnOf = (more: Partial<File['columns'][number]>): File['columns'][number] => ({
  name: 'tel',
  kind: 'phone',
  mappedTo: 'phone',
  by: 'exact',
  confidence: 1,
  at: 0,
  unsure: false,
  ...more,
})

const fileOf = (columns: File['columns'], more: Partial<File> = {}): File => ({
  ...{ encoding: 'utf-8', delimiter: ';', compression: null, whole: false, hasHeader: true },
  ...{ columns, idColumn: 'id', missing: [], samples: columns.map(() => ['', '+1', '<b>']) },
  listColumns: ['phone', 'city'].map((name) => ({ name, kind: 'text', required: false })),
  ...more,
})

const selected = (file: File) =>
  detectedModel(file, {}).columns.map(({ choices }) =>
    choices.filter((choice) => choice.selected).map(({ value }) => value),
  )

describe('What was seen in a file', () => {
  it('leaves to the gateway what is certain, and says the rest itself', () => {
    const columns = [
      columnOf({}),
      columnOf({ name: 'mail', mappedTo: 'city', by: 'proposed', confidence: 0.6, unsure: true }),
      columnOf({ name: 'shoe', mappedTo: null, by: null, confidence: null, unsure: true }),
    ]
    assert.deepEqual(selected(fileOf(columns)), [[''], ['["mail","city"]'], ['["shoe",null]']])
    const model = detectedModel(fileOf(columns), {})
    assert.equal(model.unsure, 2)
    assert.deepEqual(model.columns[0]!.samples, ['+1', '<b>'])
    assert.match(model.columns[1]!.sure, /60/u)
  })

  it('names columns by their place where the file has no header', () => {
    const file = fileOf([columnOf({ at: 2 })], { hasHeader: false })
    assert.deepEqual(selected(file), [['["3","phone"]']])
    assert.equal(detectedModel(file, {}).columns[0]!.name, 'Column 3')
  })
})
