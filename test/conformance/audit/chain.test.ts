import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'

import {
  ChainVerifier,
  hashOfHeader,
  type NotedHead,
  textOfHeader,
  type Trusted,
  type Verdict,
} from '../../../src/domain/audit/verify-chain.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { pemOf } from '../../../src/domain/signing/ed25519.ts'
import { createAuditChainer } from '../../../src/lanes/audit-chainer.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createHeadFile } from '../../../src/store/audit/head-file.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createReadAudit } from '../../../src/workflows/audit/read-audit.ts'
import type { AuditReader, SignedHead } from '../../../src/workflows/ports/audit/chain.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

eachHome('The audit chain', (home) => {
  let store: Store
  const run = async <T>(text: string): Promise<T[]> =>
    (await store.sql.executeSql(text)).rows as T[]
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const trusted = async (): Promise<Trusted> => ({
    keys: new Map((await store.signing.list()).map(({ id, publicKey }) => [id, pemOf(publicKey)])),
  })
  const verified = async (...heads: readonly NotedHead[]): Promise<Verdict> => {
    const verifier = new ChainVerifier({ ...(await trusted()), heads })
    for await (const lines of store.auditReader.lines(null, null, null)) {
      for (const line of lines) verifier.take(line)
    }
    return verifier.end()
  }
  const chained = async (owner = 'me') => {
    let entries = 0
    for (;;) {
      const block = await store.auditChain.chainNext(owner)
      if (block === null) return entries
      entries += block.entries
    }
  }
  const add = async (count: number): Promise<string[]> => {
    const entries = Array.from({ length: count }, () => audit('key.revoked', ids.newId('key')))
    await store.audit.append(entries)
    return entries.map(({ id }) => id)
  }
  /** What a person who owns the database can do. */
  const tampered = (statement: string): Promise<unknown[]> =>
    run(`begin; set local session_replication_role = 'replica'; ${statement}; commit`)
  const kindsOf = ({ faults }: Verdict): string[] => [...new Set(faults.map(({ kind }) => kind))]

  it('numbers every entry once, in blocks that follow each other, those of before the chain first', async () => {
    await run(
      `insert into audit_entry (id, tenant_id, actor, action, object, request_id, attempt, outcome, counts, xid)
        values ('aud_0', 'default', 'gateway', 'key.revoked', 'key_0', 'req', 1, 'ok', '{}', '0')`,
    )
    await add(1_203)
    assert.ok((await chained()) >= 1_204)
    const verdict = await verified()
    assert.deepEqual(verdict.faults, [])
    const [counted] = await run<{ entries: number; first: string }>(
      `select count(*)::int as entries, (select entry_id from audit_place where seq = 1) as first from audit_entry`,
    )
    assert.deepEqual([verdict.entries, counted!.first], [counted!.entries, 'aud_0'])
    assert.deepEqual((await store.auditReader.state()).waiting, 0)
  })

  it('is read newest first too, a page after the other', async () => {
    const added = await add(3)
    await chained()
    const read = createReadAudit({ reader: store.auditReader, signingKeys: store.signing })
    const caller = {
      tenantId: 'default',
      keyId: 'key_1',
      scopes: ['admin'],
      requestId: 'req',
    } as const
    const first = await read.newest(caller, { action: 'key.revoked' }, { limit: 2, cursor: null })
    assert.equal(first!.items.length, 2)
    const then = await read.newest(
      caller,
      { action: 'key.revoked' },
      { limit: 2, cursor: first!.next },
    )
    const seen = [...first!.items, ...then!.items]
    assert.deepEqual(new Set(seen.slice(0, 3).map(({ id }) => id)), new Set(added))
    const times = seen.map(({ at }) => at)
    assert.deepEqual(times, times.toSorted().toReversed())
    const all = await read.newest(caller, {}, { limit: 4, cursor: null })
    const numbers = all!.items.map(({ seq }) => seq)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => b - a),
    )
    assert.equal(await read.newest(caller, {}, { limit: 2, cursor: 'nothing' }), null)
  })

  it('accepts only inserts', async () => {
    for (const table of ['audit_entry', 'audit_place', 'audit_block']) {
      for (const statement of [`delete from ${table}`, `truncate ${table}`]) {
        await assert.rejects(run(statement), /inserts alone/u, statement)
      }
    }
    await assert.rejects(run(`update audit_entry set actor = 'nobody'`), /inserts alone/u)
    await assert.rejects(run(`update audit_block set hash = previous`), /inserts alone/u)
  })

  it('gives a number to one writer: two that chain at once make one chain', async () => {
    await add(40)
    await Promise.all([chained('one'), chained('two')])
    await run(`update audit_chain set lease_until = null`)
    await chained('three')
    assert.deepEqual((await verified()).faults, [])
    assert.equal((await store.auditReader.state()).waiting, 0)
  })

  it('goes on in a database that was restored elsewhere, where transactions are counted anew', async () => {
    await run(
      `update audit_chain set last_xid = '900000000000', last_id = 'aud_f', lease_until = null`,
    )
    const [id] = await add(1)
    assert.equal((await store.auditReader.state()).waiting, 1)
    await chained()
    assert.equal((await run(`select from audit_place where entry_id = '${id}'`)).length, 1)
    assert.deepEqual((await verified()).faults, [])
    assert.deepEqual((await store.auditReader.state()).waiting, 0)
  })

  it('is neither broken nor stopped by a clock that is set back or ahead, nor by a chainer that died', async () => {
    for (const lease of [`interval '2 days'`, `interval '-2 days'`]) {
      await run(`update audit_chain set owner = 'dead', lease_until = clock_timestamp() + ${lease}`)
      // A lease that lies ahead moves back with the clock, as all leases do.
      await run(`update audit_chain set lease_until = least(lease_until, clock_timestamp())`)
      const [id] = await add(1)
      await chained('heir')
      assert.equal((await run(`select from audit_place where entry_id = '${id}'`)).length, 1)
      await run(`update audit_chain set lease_until = null`)
    }
    assert.deepEqual((await verified()).faults, [])
  })

  it('is verified beside its writer: blocks that come meanwhile are no fault, and one that is gone is', async () => {
    await add(5)
    await run(`update audit_chain set lease_until = null`)
    await chained()
    const meanwhile = async function* (...asked: Parameters<typeof store.auditReader.lines>) {
      await add(3)
      await chained()
      yield* store.auditReader.lines(...asked)
    }
    const verify = (reader: AuditReader) =>
      createReadAudit({ reader, signingKeys: store.signing }).verify({
        ...{ fromBlock: null, blocks: 1_000, head: null },
      })
    const beside = await verify({ ...store.auditReader, lines: meanwhile })
    assert.deepEqual([beside.ok, beside.faults, beside.lastBlock], [true, [], beside.head.block])
    const { block } = await store.auditReader.state()
    await tampered(`create table kept as select * from audit_block where block = ${block};
      delete from audit_block where block = ${block}`)
    assert.equal((await verify(store.auditReader)).ok, false)
    await tampered(`insert into audit_block select * from kept; drop table kept`)
    assert.equal((await verify(store.auditReader)).ok, true)
  })

  it('says which block is the newest instead of finding nothing wrong with blocks that nobody wrote', async () => {
    const { block } = await store.auditReader.state()
    const audit = createReadAudit({ reader: store.auditReader, signingKeys: store.signing })
    const tooFar = (error: unknown) =>
      error instanceof GatewayProblem &&
      error.code === 'parameter-invalid' &&
      error.message === `The newest block is ${block}.`
    const from = (fromBlock: number) => audit.verify({ fromBlock, blocks: 10, head: null })
    const caller = { tenantId: 'default', keyId: 'k', scopes: ['admin'], requestId: 'r' } as const
    await assert.rejects(from(block + 2), tooFar)
    await assert.rejects(audit.lines(caller, block + 2), tooFar)
    assert.deepEqual([(await from(block + 1)).ok, (await from(block + 1)).blocks], [true, 0])
  })

  it('leaves each signed head in a file, and goes on where that cannot be written', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heads-'))
    const told: string[] = []
    const chainInto = async (path: string, until = 'audit.chained'): Promise<void> => {
      await add(2)
      await run('update audit_chain set lease_until = null')
      const { promise, resolve } = Promise.withResolvers<void>()
      const chainer = createAuditChainer({
        ...{ chain: store.auditChain, owner: 'me', clock: systemClock },
        keepHead: createHeadFile(path),
        emit: (name) => {
          told.push(name)
          if (name === until) resolve()
        },
      })
      chainer.start()
      await promise
      await chainer.stop()
    }
    try {
      const path = join(folder, 'heads.ndjson')
      await chainInto(path)
      await rename(path, join(folder, 'rotated.ndjson'))
      await chainInto(path)
      await chainInto(join(folder, 'none', 'heads.ndjson'), 'audit.head_not_kept')
      assert.deepEqual(told, [
        'audit.chained',
        'audit.chained',
        'audit.chained',
        'audit.head_not_kept',
      ])
      const heads: SignedHead[] = []
      for (const name of ['rotated.ndjson', 'heads.ndjson']) {
        const text = await readFile(join(folder, name), 'utf8')
        assert.equal(text.indexOf('\n'), text.length - 1, 'a line')
        heads.push(JSON.parse(text) as SignedHead)
      }
      assert.deepEqual(kindsOf(await verified(...heads)), [])
      const { keys } = await trusted()
      for (const { hash, signature, ...header } of heads) {
        assert.equal(hashOfHeader(header), hash)
        const key = createPublicKey(keys.get(header.keyId)!)
        const text = `outbound-gateway audit-block\n${textOfHeader(header)}`
        assert.ok(verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64')))
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('shows what was changed, taken away, swapped or put in behind its back, and a tail that was cut', async () => {
    await add(20)
    await run(`update audit_chain set lease_until = null`)
    await chained()
    const { block, hash } = await store.auditReader.state()
    const head = { block, hash }
    assert.deepEqual(kindsOf(await verified(head)), [])
    const attacks: [string, string, string[]][] = [
      [
        `update audit_entry set details = '{"a":1}' where id = 'aud_0'`,
        `update audit_entry set details = '{}' where id = 'aud_0'`,
        ['entry-changed'],
      ],
      [
        `update audit_entry set at = at + interval '1 microsecond' where id = 'aud_0'`,
        `update audit_entry set at = at - interval '1 microsecond' where id = 'aud_0'`,
        ['entry-changed'],
      ],
      [
        `update audit_place set seq = -seq where seq = 3`,
        `update audit_place set seq = -seq where seq = -3`,
        ['entries-changed', 'entry-unknown', 'entry-missing'],
      ],
    ]
    for (const [attack, repair, kinds] of attacks) {
      await tampered(attack)
      const verdict = await verified(head)
      assert.ok(verdict.faults.length > 0, attack)
      for (const kind of kindsOf(verdict))
        assert.ok([...kinds, 'entry-changed'].includes(kind), kind)
      await tampered(repair)
      assert.deepEqual(kindsOf(await verified(head)), [], repair)
    }
    await tampered(
      `insert into audit_entry (id, tenant_id, actor, action, object, request_id, attempt, outcome, counts, xid)
        values ('aud_00', 'default', 'gateway', 'key.revoked', 'key_0', 'req', 1, 'ok', '{}', '0')`,
    )
    assert.equal(await store.auditReader.stray(), 1)
    await tampered(`delete from audit_block where block = ${block};
      update audit_chain set block = block - 1, hash = (select hash from audit_block order by block desc limit 1)`)
    assert.deepEqual(kindsOf(await verified()), [], 'nothing inside shows it')
    assert.deepEqual(kindsOf(await verified(head)), ['head-missing'])
  })
})
