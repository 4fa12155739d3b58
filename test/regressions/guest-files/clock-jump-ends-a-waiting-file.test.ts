import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

