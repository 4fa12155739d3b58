import pg from 'pg'

/** Uploads end half a minute apart, so a million of them are about a year. */
const APART_SECONDS = 30
const LISTS = 1_000

const ID = `'upl_' || lpad(to_hex(i), 32, '0')`

/**
 * What differs from the upload that all of them are copies of; they come before everything that the
 * gateway itself makes.
 */
const OWN: Readonly<Record<string, string>> = {
  id: ID,
  // A name is sealed for its upload.
  file_name: 'null',
  accepted_seq: `u.accepted_seq + 1 + i`,
  contact_list_id: `'bench-list-' || i % ${LISTS}`,
  lane_key: `'bench-list-' || i % ${LISTS}`,
  created_at: `now() - ($3 - i) * interval '${APART_SECONDS} seconds'`,
  updated_at: `now() - ($3 - i) * interval '${APART_SECONDS} seconds'`,
  completed_at: `now() - ($3 - i) * interval '${APART_SECONDS} seconds'`,
}

/**
 * Fills a server's store with so many uploads that have ended, each a copy of one, and two entries
 * of the audit for each of them, chained as far as readers see. No gateway may run meanwhile.
 */
export const fillUploads = async (
  url: string,
  { like, uploads }: { like: string; uploads: number },
): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `select column_name as name from information_schema.columns
        where table_schema = 'public' and table_name = 'upload' and is_generated = 'NEVER' order by ordinal_position`,
    )
    const names = rows.map(({ name }) => name)
    const values = names.map((name) => OWN[name] ?? `u.${name}`)
    await client.query(
      `insert into upload (${names.join(', ')}) select ${values.join(', ')}
        from upload u, generate_series(1, $2::int) i where u.id = $1 and $3::int > 0`,
      [like, uploads, uploads],
    )
    await client.query(
      `insert into audit_entry (id, at, tenant_id, actor, action, object, request_id, attempt, outcome, counts, details)
        select 'aud_' || lpad(to_hex(2 * i + k), 32, '0'), now() - ($1 - i) * interval '${APART_SECONDS} seconds', 'default', 'bench',
          case k when 0 then 'upload.accepted' else 'upload.finished' end, ${ID}, 'req_bench', 1, 'ok', '{"read": 10}', '{}'
        from generate_series(1, $1::int) i, generate_series(0, 1) k`,
      [uploads],
    )
    await client.query(
      `insert into audit_place (entry_id, seq, hash)
        select id, (select coalesce(max(seq), 0) from audit_place) + row_number() over (order by id), '' from audit_entry where actor = 'bench'`,
    )
    await client.query(
      `update audit_chain set entries = (select max(seq) from audit_place), last_id = 'b',
        last_xid = (select max(xid::text::bigint) from audit_entry)::text::xid8`,
    )
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}
