import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { rulesWithoutReason } from './lint-reasons.ts'

test('every lint rule that is off says why', () => {
  const config = readFileSync('.oxlintrc.json', 'utf8')
  assert.ok(config.split('"off"').length > 10)
  assert.deepEqual(rulesWithoutReason(config), [])
})

test('a rule that is off without a reason is caught, also below one that has its own', () => {
  const config = `{
  "rules": {
    // Because.
    "no-shadow": "off",
    "no-await-in-loop": "off"
  },
  "overrides": [
    {
      // Programs.
      "files": ["src/main.ts"],
      "rules": { "no-console": "off" }
    },
    {
      "files": ["test/**"],
      "rules": { "complexity": "off" }
    }
  ]
}`
  assert.deepEqual(rulesWithoutReason(config), ['no-await-in-loop', 'complexity'])
})
