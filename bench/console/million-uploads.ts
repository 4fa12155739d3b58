import pg from 'pg'

/**
 * Uploads end seven seconds apart. A million uploads thus cover 81 days. Retention keeps the
 * records of uploads for 90 days.
 */
const APART_SECONDS = 7
/** After this time, retention has deleted the key of the rows. */
const ROWS_KEPT_DAYS = 30
const LISTS = 1_000

/** The newest copy ended an hour ago, so the uploads that the bench sends are newer. */
const ENDED = `now() - interval '1 hour' - ($3 - i) * interval '${APART_SECONDS} seconds'`
/** Ids begin with the time, like those that the gateway makes. */
const ID = `'upl_' || lpad(to_hex((extract(epoch from ${ENDED}) * 1000)::bigint), 12, '0') || lpad(to_hex(i), 20, '0')`

const ifRowsKept = (column: string): string =>
  `case when ${ENDED} > now() - interval '${ROWS_KEPT_DAYS} days' then u.${column} end`

/** The columns in which a copy differs from the upload that is copied. */
const OWN: Readonly<Record<string, string>> = {
  id: ID,
  // A file name is sealed for one upload, so a copy of this upload has no file name.
  file_name: 'null',
  accepted_seq: `u.accepted_seq + 1 + i`,
  contact_list_id: `'bench-list-' || i % ${LISTS}`,
  lane_key: `'bench-list-' || i % ${LISTS}`,
  created_at: ENDED,
  updated_at: ENDED,
  completed_at: ENDED,
  // No copy waits for its reconciliation. Otherwise, the gateway would compare a million uploads
  // with Genesys and have no connection left for a page.
  reconcile_at: 'null',
  data_key: ifRowsKept('data_key'),
  data_key_id: ifRowsKept('data_key_id'),
}

/**
 * Fills a server's store with `uploads` copies of the ended upload `like`. For each copy, adds two
 * entries of the audit trail, which look chained to its readers. Call this only while no gateway
 * runs. Returns the id of an old copy.
 */
export const fillUploads = async (
  url: string,
  { like, uploads }: { like: string; uploads: number },
): Promise<{ oldId: string }> => {
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
        select 'aud_' || substr(id, 5, 31) || k, created_at, 'default', 'bench',
          case k when 0 then 'upload.accepted' else 'upload.finished' end, id, 'req_bench', 1, 'ok', '{"read": 10}', '{}'
        from upload, generate_series(0, 1) k where contact_list_id like 'bench-list-%'`,
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
    const old = await client.query<{ id: string }>(
      `select id from upload where contact_list_id like 'bench-list-%' order by id offset $1 limit 1`,
      [Math.floor(uploads / 250)],
    )
    return { oldId: old.rows[0]!.id }
  } finally {
    await client.end()
  }
}
