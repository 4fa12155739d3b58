/**
 * What a gateway's database holds after some months: much that has ended, and little that is open.
 * The database makes it itself. It is so large that reading a whole table costs more than using any
 * index.
 */
export const FILL = [
  `insert into tenant (id) select 't' || n from generate_series(1, 200) n on conflict do nothing`,
  // More tenants than a page holds, so that nothing finds a name by reading all of them.
  `insert into tenant (id) select 'other' || n from generate_series(1, 3000) n`,
  `insert into api_key (id, tenant_id, digest, scopes, source)
    select 'key' || n, 't' || (n % 200 + 1), sha256(n::text::bytea), '{}', 'issued' from generate_series(1, 5000) n`,
  `insert into tenant_grant (tenant_id, kind, object_id)
    select 't' || (n % 200 + 1), 'contact_list', 'list' || n from generate_series(1, 10000) n`,
  `insert into list_made (list_id, tenant_id) select 'list' || n, 't1' from generate_series(1, 5000) n`,
  `insert into list_intent (tenant_id, method, path, key_digest, fingerprint, list_id)
    select 't' || (n % 200 + 1), 'POST', '/v1/contact-lists', sha256(n::text::bytea), 'print', 'making' || n
    from generate_series(1, 5000) n`,
  `insert into lane (key, last_seq, ready_at, lease_until, owner)
    select 'contact_list:list' || n, 40, case when n <= 50 then clock_timestamp() - interval '1 s' else 'infinity' end,
      case when n <= 50 then clock_timestamp() + interval '1 h' end, case when n <= 50 then 'other' end
    from generate_series(1, 10000) n`,
  `insert into upload (id, tenant_id, contact_list_id, lane_key, accepted_seq, state, hold_reason, held_from, retry_at, mode,
      duplicates, method, source, schema_version, request_id, owner, rows_read, rows_accepted, rows_delivered,
      heartbeat_at, created_at, completed_at, reconcile_at, file_name_digest)
    select 'upl_' || lpad(n::text, 8, '0'), case when n % 2 = 0 then 't1' else 't' || (list % 200 + 1) end, 'list' || list, 'contact_list:list' || list,
      case when state <> 'receiving' then n / 10000 + 1 end, state,
      case when state = 'held' then 'genesys_unavailable' end, case when state = 'held' then 'staged' end,
      case when state = 'held' then clock_timestamp() + make_interval(secs => n) end, 'append', 'update', 'batches',
      jsonb_build_object('sha256', md5(n::text)), '1', 'req', 'me', 10, 10, case when state = 'completed' then 10 else 0 end,
      clock_timestamp(), clock_timestamp() - interval '30 days',
      case when state = 'completed' then clock_timestamp() - make_interval(days => 2 + n % 28) end,
      case when n % 20 = 7 then clock_timestamp() + interval '1 h' end, decode(md5(n::text), 'hex')
    from (select n, n % 10000 + 1 as list, case when n > 43000 then (array['staged', 'delivering', 'receiving'])[n % 3 + 1]
      when n > 40000 then 'held' else 'completed' end as state from generate_series(1, 43300) n) as made`,
  `insert into chunk (upload_id, seq, first_line, last_line, accepted, payload, id_digests, subject_digests)
    select 'upl_' || lpad(n::text, 8, '0'), s, s * 10, s * 10 + 9, 10, '', '', ''
    from generate_series(1, 5000) n, generate_series(0, 3) s`,
  `insert into shipment (id, lane_key, tenant_id, method, state, rows, bytes, job_id)
    select 'part' || n, 'lane' || (n % 10000 + 1), 't1', case when n <= 20000 then 'file' else 'batches' end,
      case when n % 1000 = 1 then 'sent' else 'settled' end, 10, 10, 'job' || n from generate_series(1, 30000) n`,
  `insert into batch (id, upload_id, chunk_seq, from_row, to_row, state, sent, shipment_id)
    select 'batch' || n || '-' || s, 'upl_' || lpad(n::text, 8, '0'), s, 0, 10, 'settled', '', 'part' || n
    from generate_series(1, 30000) n, generate_series(0, 1) s`,
  `insert into row_result (upload_id, line, chunk_seq, outcome, code)
    select 'upl_' || lpad(n::text, 8, '0'), s, s / 10, 'failed', 'x' from generate_series(1, 10000) n, generate_series(0, 4) s`,
  `insert into register (tenant_id, list_id) select 't' || (n % 200 + 1), 'list' || (n % 200 + 1 + n / 200 * 200) from generate_series(0, 9999) n on conflict do nothing`,
  `insert into contact_register (register_id, contact_digest, sealed_id, content_hash, accepted_seq, upload_id, line,
      subject_1, subject_2, subject_3, more_subjects)
    select r.id, decode(md5(n::text), 'hex'), 'c', '', 1, 'upl_' || n, 1, case when n % 5 > 0 then n end,
      case when n % 5 > 1 then n + 1000000 end, case when n % 5 > 2 then n + 2000000 end,
      case when n % 5 > 3 then array[n + 3000000, n + 4000000] end
    from generate_series(1, 100000) n join register r on r.list_id = 'list' || (n % 200 + 1) and r.tenant_id = 't' || (n % 200 + 1)`,
  `insert into dnc_look_back (tenant_id, epoch, done_at, steps)
    select 't8', n, case when n % 200 <> 7 or n > 6000 then clock_timestamp() end, n from generate_series(1, 20000) n`,
  `insert into sync_endpoint (id, tenant_id, name, url, secret, secret_key_id, source)
    select 'whe' || n, 't' || (n % 200 + 1), 'crm' || n, 'https://crm.example', '', 'k', 'registered' from generate_series(1, 800) n`,
  `insert into sync_delivery (id, tenant_id, endpoint_id, event_type, object, body, state, next_at)
    select 'msg' || n, 't1', 'whe' || (n % 800 + 1), 'upload.completed', 'upl', repeat('x', 300),
      case when n % 400 = 1 then 'dead' when n % 20 = 2 then 'pending' else 'delivered' end,
      clock_timestamp() + make_interval(secs => n) from generate_series(1, 40000) n`,
  `insert into webhook_receipt (id, route, key, job_id, body_digest, state, upload_id, check_at, received_at)
    select 'rcp' || n, 'event', sha256(n::text::bytea), 'job' || n, '', case when n % 10 = 1 then 'received' else 'verified' end,
      case when n % 10 <> 1 then 'upl' end, case when n % 10 = 1 then clock_timestamp() + make_interval(secs => n) end,
      clock_timestamp() - make_interval(secs => n) from generate_series(1, 20000) n`,
  `insert into idempotency_key (tenant_id, method, path, key_digest, state, owner, fingerprint, status, sealed_body, done_at)
    select 'default', 'POST', '/x', decode(md5(n::text), 'hex'), 'done', 'me', 'f', 202, '', clock_timestamp() from generate_series(1, 20000) n`,
  `insert into segment_campaign (campaign_id, latest_version, ready_at)
    select 'campaign' || n, 1, case when n % 1000 = 1 then clock_timestamp() else 'infinity' end from generate_series(1, 20000) n`,
  `insert into segment_version (tenant_id, campaign_id, version, state, content, analysis, progress, actor, request_id, revision)
    select 't1', 'campaign' || n, 1, case when n % 1000 = 1 then 'applying' else 'applied' end, '{}', '{}', '{}', 'a', 'r', 1
    from generate_series(1, 20000) n`,
  `insert into dnc_submission (id, tenant_id, dnc_list_id, kind, state, epoch, read, accepted, created, applied_at, actor, request_id, owner)
    select 'dns_' || lpad(n::text, 8, '0'), 't' || (n % 200 + 1), 'dnc' || (n % 500 + 1), 'add', case when n % 1000 = 1 then 'applying' else 'applied' end,
      n, 5, 5, 5, clock_timestamp() - make_interval(mins => n * 10), 'a', 'r', 'me' from generate_series(1, 20000) n`,
  `insert into dnc_entry (subject, submission, scope, chunk_seq, place, subject_kind, reason)
    select md5(n::text)::uuid, n / 5 + 1, 0, 0, n % 5, 1, 2 from generate_series(1, 99999) n`,
  `insert into dnc_retraction (contact_list_id, contact_digest, subject, submission, sealed_id, tenant_id, upload_id, state, settled_at)
    select 'list' || (n % 200), decode(md5(n::text), 'hex'), md5(n::text)::uuid, n, 'c', 't8', 'upl_' || n,
      case when n % 100 = 1 then 'open' when n % 1000 = 2 then 'reported' else 'retracted' end, case when n % 100 <> 1 then clock_timestamp() end
    from generate_series(1, 20000) n`,
  `insert into dnc_retraction_lane (contact_list_id, ready_at)
    select 'list' || n, case when n % 1000 = 1 then clock_timestamp() else 'infinity' end from generate_series(1, 20000) n`,
  `insert into dnc_group (id, submission, chunk_seq, places, entries, reason, idempotency_key, state)
    select md5(n::text)::uuid, n, 0, '\\x01'::bytea, 1, 1, md5(n::text), case when n % 1000 = 1 then 'sent' else 'settled' end
    from generate_series(1, 5000) as n`,
  `insert into guest_file (id, tenant_id, external_contact_id, state, sealed_name, content_type, progress, actor, request_id, ready_at, heartbeat_at)
    select 'gf_' || lpad(n::text, 8, '0'), 't' || (n % 200 + 1), 'c', case when n % 1000 = 2 then 'receiving' else 'stored' end, ''::bytea, 'text/plain', '{}'::jsonb,
      'a', 'r', case when n % 1000 = 1 then clock_timestamp() else 'infinity'::timestamptz end, clock_timestamp()
    from generate_series(1, 20000) as n`,
  `insert into erasure (id, tenant_id, kind, subject_digest, sealed_subject, state, actor, request_id, ready_at)
    select 'era_' || lpad(n::text, 8, '0'), 't' || (n % 200 + 1), 'phone', ''::bytea, case when n % 1000 = 1 then ''::bytea end,
      case when n % 1000 = 1 then 'erasing' else 'completed' end, 'a', 'r', case when n % 1000 = 1 then clock_timestamp() else 'infinity'::timestamptz end
    from generate_series(1, 20000) as n`,
  `insert into dnc_list_lane (dnc_list_id, ready_at)
    select 'dnc' || n, case when n % 1000 = 1 then clock_timestamp() else 'infinity'::timestamptz end
    from generate_series(1, 20000) as n`,
  `insert into audit_entry (id, at, tenant_id, actor, action, object, request_id, attempt, outcome, counts)
    select 'aud_' || lpad(n::text, 32, '0'), timestamptz '2026-05-01Z' + n * interval '5 minutes', 't1', 'gateway', 'key.revoked', 'key_' || n, 'r', 1, 'ok', '{}' from generate_series(1, 20000) n`,
  `insert into audit_place (entry_id, seq, hash)
    select id, row_number() over (order by id), repeat('0', 64) from audit_entry where object like 'key\\_%' and tenant_id = 't1'`,
  `insert into audit_block (block, first_entry, entries, entries_hash, previous, at, signed_by, hash, signature)
    select n, n * 4 - 3, 4, '', '', to_char(timestamptz '2026-05-01Z' + n * interval '20 minutes', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), signing_key.id, '', ''
    from generate_series(1, 5000) n, (select id from signing_key limit 1) as signing_key`,
  'update audit_chain set block = 5000',
  `update audit_chain set (last_xid, last_id) = (select xid, id from audit_entry order by xid desc, id desc limit 1), entries = 20000`,
  `insert into binding (dialect, api_host, client_id) values ('guide', 'api', 'client')`,
  'vacuum analyze',
] as const
