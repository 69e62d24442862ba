import { createHmac, randomUUID } from 'node:crypto'
import { type Now, secondsFrom } from '../clock.ts'
import type { Config } from '../config.ts'
import { type Db, databaseIdentity } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { storedSecret } from './stored-secret.ts'
import type { Vault } from './vault.ts'

/** Another instance uses this database with different settings. The message names them and says what to do. */
export class InstanceError extends Error {
  override readonly name = 'InstanceError'

  constructor(differing: string[], seenSecondsAgo: number) {
    const rest = Math.max(1, seenSeconds - seenSecondsAgo)
    super(
      `Another instance of Ads Keyring uses this database with a different ${differing.join(', ')}.
  - All instances on one database need the same settings.
  - To change one, stop all instances, then start them with the new setting.
  - If that instance was killed, try again in ${rest} seconds. It was last seen ${seenSecondsAgo} seconds ago.`,
    )
  }
}

/** How long an instance counts after it last reported; it reports once a minute. */
const seenSeconds = 120

type Settings = Pick<
  Config,
  'databaseUrl' | 'googleEmulatorHost' | 'oauthClient' | 'publicUrl' | 'sessionSecrets' | 'tokenKeys'
>

/** Keyed hashes of the settings that instances must share. */
interface Fingerprint {
  /** A copy of the database holds the instances of the original. */
  database: string
  one: Record<string, string>
  sessionSecrets: string[]
  /** The one that seals comes first. */
  tokenKeys: string[]
}

export interface Instances {
  /** Reports that this instance is alive, and deletes those that are not. */
  sweep(): Promise<void>
  /** Ends the registration, so that others can start with different settings. */
  close(): Promise<void>
}

/**
 * Registers this process. Rejects with InstanceError if an instance seen in the last two minutes has different settings.
 * So that secrets and keys can be changed one instance at a time, session secrets match if the lists overlap, and keys
 * match if each instance can open what the other seals.
 */
export async function joinInstances(db: Db, vault: Vault, settings: Settings, now: Now): Promise<Instances> {
  const key = await storedSecret(db, vault, 'instances', now())
  const hash = (value: string) => createHmac('sha256', key).update(value).digest('base64url')
  const mine = await fingerprintOf(db, settings, hash)
  const started = now().toISOString()
  const id = randomUUID()

  await inTransaction(db, async tx => {
    for (const { fingerprint, seen_at } of await alive(tx, now())) {
      const differing = differences(mine, JSON.parse(fingerprint) as Fingerprint)
      const seenSecondsAgo = Math.max(0, Math.round((now().getTime() - Date.parse(seen_at)) / 1000))
      if (differing.length > 0) throw new InstanceError(differing, seenSecondsAgo)
    }
    await beat(tx)
  })

  return {
    async sweep() {
      await beat(db)
      const dead = db.deleteFrom('instances').where('seen_at', '<', secondsFrom(now(), -seenSeconds).toISOString())
      await dead.execute()
    },

    async close() {
      await db.deleteFrom('instances').where('id', '=', id).execute()
    },
  }

  async function beat(within: Db): Promise<void> {
    const seen = { seen_at: now().toISOString() }
    await within
      .insertInto('instances')
      .values({ id, fingerprint: JSON.stringify(mine), started_at: started, ...seen })
      .onConflict(conflict => conflict.column('id').doUpdateSet(seen))
      .execute()
  }
}

/** Ignores times in the future, which come from a wrong clock. */
function alive(db: Db, now: Date) {
  return db
    .selectFrom('instances')
    .selectAll()
    .where('seen_at', '>', secondsFrom(now, -seenSeconds).toISOString())
    .where('seen_at', '<', secondsFrom(now, seenSeconds).toISOString())
    .execute()
}

async function fingerprintOf(db: Db, settings: Settings, hash: (value: string) => string): Promise<Fingerprint> {
  const { oauthClient, publicUrl, googleEmulatorHost, sessionSecrets, tokenKeys } = settings
  const { clientId, clientSecret } = oauthClient
  const one = {
    PUBLIC_URL: publicUrl,
    'OAuth client (client ID)': clientId,
    'OAuth client secret': clientSecret,
    GOOGLE_EMULATOR_HOST: googleEmulatorHost ?? '',
  }
  const keys = [tokenKeys.sealing, ...[...tokenKeys.byId.values()].filter(({ kid }) => kid !== tokenKeys.sealing.kid)]
  return {
    database: hash(await databaseIdentity(db, settings.databaseUrl)),
    one: Object.fromEntries(Object.entries(one).map(([name, value]) => [name, hash(`${name}=${value}`)])),
    sessionSecrets: sessionSecrets.map(secret => hash(`SESSION_SECRETS=${secret}`)),
    tokenKeys: keys.map(({ kid, bytes }) => hash(`TOKEN_KEYS=${kid}:${Buffer.from(bytes).toString('base64url')}`)),
  }
}

/** The settings whose difference keeps two instances from running together. */
function differences(mine: Fingerprint, theirs: Fingerprint): string[] {
  if (mine.database !== theirs.database) return []
  const opens = (keys: string[], [sealing]: string[]) => sealing !== undefined && keys.includes(sealing)
  const names = Object.keys(mine.one).filter(name => mine.one[name] !== theirs.one[name])
  if (!mine.sessionSecrets.some(secret => theirs.sessionSecrets.includes(secret))) names.push('SESSION_SECRETS')
  const together = opens(mine.tokenKeys, theirs.tokenKeys) && opens(theirs.tokenKeys, mine.tokenKeys)
  return together ? names : [...names, 'TOKEN_KEYS']
}
