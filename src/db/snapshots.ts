import type { Snapshots } from '../accounts/snapshots.ts'
import type { Db } from './database.ts'

/** What Google last answered, with its age, so that a page costs no call. Gone with its connection. */
export function createSnapshots(db: Db): Snapshots {
  return {
    async read(connectionId, kind, key) {
      const row = await db
        .selectFrom('snapshots')
        .select(['value', 'fetched_at'])
        .where('connection_id', '=', connectionId)
        .where('kind', '=', kind)
        .where('key', '=', key)
        .executeTakeFirst()
      return row ? { value: JSON.parse(row.value) as unknown, fetchedAt: row.fetched_at } : null
    },

    async write(connectionId, kind, key, value, fetchedAt) {
      const content = { value: JSON.stringify(value), fetched_at: fetchedAt }
      await db
        .insertInto('snapshots')
        .values({ connection_id: connectionId, kind, key, ...content })
        .onConflict(conflict => conflict.columns(['connection_id', 'kind', 'key']).doUpdateSet(content))
        .execute()
    },
  }
}
