import type { Snapshots } from '../accounts/snapshots.ts'
import type { Log } from '../log.ts'
import type { Db } from './database.ts'
import { isUnavailable } from './unavailable.ts'

/**
 * What Google last answered, with its age, so that a page costs no call. Deleted with its connection. If the
 * database can't store an answer now, the answer is still returned.
 */
export function createSnapshots(db: Db, log: Log): Snapshots {
  return {
    async read(connectionId, kind, key, knownFetchedAt) {
      const row = await db
        .selectFrom('snapshots')
        .select(each => [
          'fetched_at',
          // A hierarchy can be megabytes: what the reader has already does not leave the database again.
          each
            .case()
            .when('fetched_at', '=', knownFetchedAt ?? '')
            .then(null)
            .else(each.ref('value'))
            .end()
            .as('value'),
        ])
        .where('connection_id', '=', connectionId)
        .where('kind', '=', kind)
        .where('key', '=', key)
        .executeTakeFirst()
      if (!row) return null
      return {
        value: row.value === null ? undefined : (JSON.parse(row.value) as unknown),
        fetchedAt: row.fetched_at,
      }
    },

    async write(connectionId, kind, key, value, fetchedAt) {
      const content = { value: JSON.stringify(value), fetched_at: fetchedAt }
      await db
        .insertInto('snapshots')
        .values({ connection_id: connectionId, kind, key, ...content })
        .onConflict(conflict => conflict.columns(['connection_id', 'kind', 'key']).doUpdateSet(content))
        .execute()
        .catch(error => {
          if (!isUnavailable(error)) throw error
          log.warn({ err: error, connection: connectionId, kind }, 'what Google answered was not kept')
        })
    },
  }
}
