-- The campaigns whose segments the gateway applies. A row is the campaign's lane: one holder at a
-- time works on its newest version.
create table segment_campaign (
  campaign_id text primary key,
  latest_version int not null default 0,
  -- The version whose rules Genesys holds, as far as the gateway knows.
  in_force_version int,
  revision bigint not null default 0,
  owner text,
  fence bigint not null default 0,
  lease_until timestamptz,
  -- true: the campaign got work since its claim.
  woken boolean not null default false,
  ready_at timestamptz not null default 'infinity'
);
create index segment_campaign_ready on segment_campaign (ready_at) where ready_at < 'infinity';

create table segment_version (
  campaign_id text not null references segment_campaign (campaign_id),
  version int not null,
  -- The tenant that sent the version.
  tenant_id text not null,
  state text not null check (state in ('applying', 'index_pending', 'held', 'applied', 'failed')),
  hold_reason text,
  held_since timestamptz,
  waiting_for text,
  -- The rules as the tenant sent them, as the gateway understood them, and as it sends them to
  -- Genesys. Not jsonb, so that members stay in the order in which they were sent.
  content json not null,
  analysis json not null,
  progress jsonb not null,
  problem jsonb,
  index_status text,
  latency_ms int,
  actor text not null,
  request_id text not null,
  revision bigint not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  applied_at timestamptz,
  primary key (campaign_id, version),
  check ((state = 'held') = (hold_reason is not null))
);
