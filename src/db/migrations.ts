import { type Kysely, type Migration, sql } from 'kysely'
import { isPostgres } from './engine.ts'

/** Run in this order, each once, in a transaction. New ones go to the end; a released one is never edited. */
export const migrations: Record<string, Migration> = {
  '001-initial': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('members')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('sub', 'text', column => column.notNull().unique())
        .addColumn('email', 'text', column => column.notNull())
        .addColumn('name', 'text')
        .addColumn('picture', 'text')
        .addColumn('role', 'text', column => column.notNull())
        .addColumn('status', 'text', column => column.notNull())
        .addColumn('admitted_by', 'text', column => column.notNull())
        .addColumn('created_at', 'text', column => column.notNull())
        .addColumn('signed_in_at', 'text', column => column.notNull())
        .execute()
      await db.schema
        .createTable('connections')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('kind', 'text', column => column.notNull())
        .addColumn('sub', 'text', column => column.notNull().unique())
        .addColumn('email', 'text', column => column.notNull())
        .addColumn('name', 'text')
        .addColumn('picture', 'text')
        .addColumn('owner_id', 'text', column => column.notNull().references('members.id'))
        .addColumn('shared', 'integer', column => column.notNull())
        .addColumn('status', 'text', column => column.notNull())
        .addColumn('reason', 'text')
        .addColumn('scopes', 'text', column => column.notNull())
        .addColumn('credential', 'text')
        .addColumn('version', 'integer', column => column.notNull())
        .addColumn('access_token', 'text')
        .addColumn('access_token_expires_at', 'text')
        .addColumn('refresh_lease', 'text')
        .addColumn('refresh_lease_until', 'text')
        .addColumn('refresh_token_expires_at', 'text')
        .addColumn('created_at', 'text', column => column.notNull())
        .addColumn('connected_at', 'text', column => column.notNull())
        .addColumn('last_refreshed_at', 'text')
        .addColumn('last_used_at', 'text')
        .execute()
      await db.schema.createIndex('connections_owner').on('connections').column('owner_id').execute()
      await db.schema
        .createTable('sessions')
        .addColumn('id_hash', 'text', column => column.primaryKey())
        .addColumn('member_id', 'text', column => column.references('members.id'))
        .addColumn('data', 'text', column => column.notNull())
        .addColumn('created_at', 'text', column => column.notNull())
        .addColumn('last_seen_at', 'text', column => column.notNull())
        .addColumn('expires_at', 'text', column => column.notNull())
        .addColumn('absolute_expires_at', 'text', column => column.notNull())
        .addColumn('ended_at', 'text')
        .execute()
      await db.schema.createIndex('sessions_member').on('sessions').column('member_id').execute()
      await db.schema.createIndex('sessions_absolute_expires_at').on('sessions').column('absolute_expires_at').execute()
      await db.schema
        .createTable('oauth_transactions')
        .addColumn('state_hash', 'text', column => column.primaryKey())
        .addColumn('browser_hash', 'text', column => column.notNull())
        .addColumn('intent', 'text', column => column.notNull())
        .addColumn('member_id', 'text')
        .addColumn('connection_id', 'text')
        .addColumn('nonce', 'text', column => column.notNull())
        .addColumn('verifier', 'text', column => column.notNull())
        .addColumn('return_to', 'text')
        .addColumn('created_at', 'text', column => column.notNull())
        .addColumn('expires_at', 'text', column => column.notNull())
        .execute()
      await db.schema
        .createIndex('oauth_transactions_expires_at')
        .on('oauth_transactions')
        .column('expires_at')
        .execute()
      await db.schema
        .createTable('snapshots')
        .addColumn('connection_id', 'text', column => column.notNull().references('connections.id').onDelete('cascade'))
        .addColumn('kind', 'text', column => column.notNull())
        .addColumn('key', 'text', column => column.notNull())
        // Before the value, which can be megabytes: SQLite reads a row from its beginning.
        .addColumn('fetched_at', 'text', column => column.notNull())
        .addColumn('value', 'text', column => column.notNull())
        .addPrimaryKeyConstraint('snapshots_pk', ['connection_id', 'kind', 'key'])
        .execute()
      await db.schema
        .createTable('vault_keys')
        .addColumn('kid', 'text', column => column.primaryKey())
        .addColumn('check_value', 'text', column => column.notNull())
        .addColumn('created_at', 'text', column => column.notNull())
        .execute()
    },
  },
  '002-life-of-a-credential': {
    async up(db: Kysely<unknown>) {
      const connectionTexts = [
        'client_id',
        'checked_at',
        'last_error',
        'status_since',
        'revoked_at',
        'revocation_next_at',
        'token_prefix_hash',
        'token_double_hash',
      ]
      for (const name of connectionTexts) await db.schema.alterTable('connections').addColumn(name, 'text').execute()
      await db.schema
        .alterTable('connections')
        .addColumn('revocation_attempts', 'integer', column => column.notNull().defaultTo(0))
        .execute()
      for (const name of ['token_prefix_hash', 'token_double_hash']) {
        await db.schema.createIndex(`connections_${name}`).on('connections').column(name).execute()
      }
      await db.schema.alterTable('sessions').addColumn('user_agent', 'text').execute()
      await db.schema.alterTable('oauth_transactions').addColumn('link_id', 'text').execute()
      await db.schema.alterTable('vault_keys').addColumn('retired_at', 'text').execute()
      await db.schema
        .createTable('vault_secrets')
        .addColumn('name', 'text', column => column.primaryKey())
        .addColumn('value', 'text', column => column.notNull())
        .addColumn('created_at', 'text', column => column.notNull())
        .execute()
      await db.schema
        .createTable('audit_entries')
        .addColumn('seq', 'integer', column => column.primaryKey())
        .addColumn('at', 'text', column => column.notNull())
        .addColumn('actor_kind', 'text', column => column.notNull())
        .addColumn('actor_id', 'text')
        .addColumn('actor_name', 'text')
        .addColumn('via', 'text', column => column.notNull())
        .addColumn('via_id', 'text')
        .addColumn('request_id', 'text')
        .addColumn('action', 'text', column => column.notNull())
        .addColumn('target_kind', 'text')
        .addColumn('target_id', 'text')
        .addColumn('target_name', 'text')
        .addColumn('outcome', 'text', column => column.notNull())
        .addColumn('changes', 'text', column => column.notNull())
        .addColumn('hash', 'text', column => column.notNull())
        .execute()
      await db.schema.createIndex('audit_entries_target').on('audit_entries').columns(['target_id', 'seq']).execute()
      await db.schema.createIndex('audit_entries_actor').on('audit_entries').columns(['actor_id', 'seq']).execute()
      await db.schema
        .createTable('audit_head')
        .addColumn('id', 'integer', column => column.primaryKey())
        .addColumn('seq', 'integer', column => column.notNull())
        .addColumn('hash', 'text', column => column.notNull())
        .execute()
      await sql`INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '')`.execute(db)
      await db.schema
        .createTable('api_keys')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('member_id', 'text', column => column.notNull().references('members.id'))
        .addColumn('name', 'text', column => column.notNull())
        .addColumn('secret_hash', 'text', column => column.notNull())
        .addColumn('scopes', 'text', column => column.notNull())
        .addColumn('created_at', 'text', column => column.notNull())
        .addColumn('expires_at', 'text', column => column.notNull())
        .addColumn('last_used_at', 'text')
        .addColumn('revoked_at', 'text')
        .execute()
      await db.schema.createIndex('api_keys_member').on('api_keys').column('member_id').execute()
      await db.schema
        .createTable('links')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('secret_hash', 'text', column => column.notNull().unique())
        .addColumn('purpose', 'text', column => column.notNull())
        .addColumn('connection_id', 'text')
        .addColumn('created_by', 'text', column => column.notNull().references('members.id'))
        .addColumn('email', 'text')
        .addColumn('created_at', 'text', column => column.notNull())
        .addColumn('expires_at', 'text', column => column.notNull())
        .addColumn('used_at', 'text')
        .addColumn('revoked_at', 'text')
        .execute()
      await db.schema
        .createTable('deliveries')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('channel', 'text', column => column.notNull())
        .addColumn('recipient', 'text', column => column.notNull())
        .addColumn('payload', 'text', column => column.notNull())
        .addColumn('created_at', 'text', column => column.notNull())
        .addColumn('attempts', 'integer', column => column.notNull())
        .addColumn('next_at', 'text', column => column.notNull())
        .addColumn('delivered_at', 'text')
        .addColumn('failed_at', 'text')
        .addColumn('last_error', 'text')
        .execute()
      await db.schema.createIndex('deliveries_next').on('deliveries').column('next_at').execute()
      await db.schema
        .createTable('security_events')
        .addColumn('jti', 'text', column => column.primaryKey())
        .addColumn('received_at', 'text', column => column.notNull())
        .execute()
      if (isPostgres(db)) await compareByBytes(db, tablesOf002)
    },
  },
  '003-audit-stamps': {
    async up(db: Kysely<unknown>) {
      const postgres = isPostgres(db)
      for (const table of ['members', 'connections', 'api_keys', 'links']) {
        await db.schema
          .alterTable(table)
          .addColumn('audit_stamp', postgres ? sql`text collate "C"` : 'text')
          .execute()
      }
    },
  },
  '004-sign-ins-in-the-browser': {
    async up(db: Kysely<unknown>) {
      await db.schema.dropTable('oauth_transactions').execute()
      await db.schema
        .createTable('used_states')
        .addColumn('state_hash', 'text', column => column.primaryKey())
        .addColumn('expires_at', 'text', column => column.notNull())
        .execute()
      await db.schema.createIndex('used_states_expires_at').on('used_states').column('expires_at').execute()
      if (isPostgres(db)) await compareByBytes(db, ['used_states'])
    },
  },
  '005-passkeys': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('passkeys')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('member_id', 'text', column => column.notNull().references('members.id'))
        .addColumn('credential_id', 'text', column => column.notNull().unique())
        .addColumn('public_key', 'text', column => column.notNull())
        // As text: it has 32 bits without a sign, more than an integer of PostgreSQL.
        .addColumn('counter', 'text', column => column.notNull())
        .addColumn('transports', 'text', column => column.notNull())
        .addColumn('name', 'text', column => column.notNull())
        .addColumn('created_at', 'text', column => column.notNull())
        .addColumn('last_used_at', 'text')
        .execute()
      await db.schema.createIndex('passkeys_member').on('passkeys').column('member_id').execute()
      await db.schema
        .createTable('passkey_challenges')
        .addColumn('session_hash', 'text', column => column.notNull())
        .addColumn('purpose', 'text', column => column.notNull())
        .addColumn('challenge', 'text', column => column.notNull())
        .addColumn('expires_at', 'text', column => column.notNull())
        .addPrimaryKeyConstraint('passkey_challenges_pk', ['session_hash', 'purpose'])
        .execute()
      await db.schema
        .createTable('recovery_codes')
        .addColumn('code_hash', 'text', column => column.primaryKey())
        .addColumn('member_id', 'text', column => column.notNull().references('members.id'))
        .addColumn('created_at', 'text', column => column.notNull())
        .addColumn('used_at', 'text')
        .execute()
      await db.schema.createIndex('recovery_codes_member').on('recovery_codes').column('member_id').execute()
      if (isPostgres(db)) await compareByBytes(db, ['passkeys', 'passkey_challenges', 'recovery_codes'])
    },
  },
  '006-instances': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('rate_limits')
        .addColumn('key', 'text', column => column.primaryKey())
        .addColumn('hits', 'integer', column => column.notNull())
        .addColumn('resets_at', 'text', column => column.notNull())
        .execute()
      await db.schema.createIndex('rate_limits_resets_at').on('rate_limits').column('resets_at').execute()
      await db.schema
        .createTable('instances')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('fingerprint', 'text', column => column.notNull())
        .addColumn('started_at', 'text', column => column.notNull())
        .addColumn('seen_at', 'text', column => column.notNull())
        .execute()
      if (isPostgres(db)) await compareByBytes(db, ['rate_limits', 'instances'])
    },
  },
}

const tablesOf002 = [
  ...['members', 'connections', 'sessions', 'oauth_transactions', 'snapshots', 'vault_keys', 'vault_secrets'],
  ...['audit_entries', 'audit_head', 'api_keys', 'links', 'deliveries', 'security_events'],
]

/**
 * Text sorts and compares as in SQLite, whatever language the database was made for; and an update of the system's
 * language rules leaves its indexes whole. A later migration gives the text columns it adds the same.
 */
async function compareByBytes(db: Kysely<unknown>, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const { rows } = await sql<{ column_name: string }>`
      select column_name from information_schema.columns
      where table_schema = current_schema() and data_type = 'text' and table_name = ${table}`.execute(db)
    const changes = rows.map(row => sql`alter column ${sql.ref(row.column_name)} type text collate "C"`)
    if (changes.length > 0) await sql`alter table ${sql.table(table)} ${sql.join(changes)}`.execute(db)
  }
}
