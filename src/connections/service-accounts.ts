import { type Actor, askAdmin } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError, isAppError } from '../errors.ts'
import type { GoogleAds } from '../google/ads.ts'
import { adwordsScope, type GoogleOAuth, type RefreshedToken } from '../google/oauth.ts'
import { parseServiceAccountKey, type ServiceAccountKey } from '../google/service-account.ts'
import type { Member } from '../members/member.ts'
import { type Connection, connectionTarget } from './connection.ts'
import type { ConnectionStore } from './connection-store.ts'
import { requireAccounts } from './require-accounts.ts'

export interface ServiceAccounts {
  /**
   * Makes a connection of a key file's text, or replaces the key of the one there is. Nothing is stored before Google
   * took the signature and listed at least one account. Throws AppError `service_account_key_invalid`,
   * `service_account_key_refused`, `service_account_not_invited`, `connection_of_another_member`, `google_unreachable`,
   * and `not_found` for who is no administrator by the time Google answered.
   */
  add(keyFile: string, admin: Member, actor: Actor): Promise<Connection>
}

export interface ServiceAccountsOptions {
  db: Db
  connections: ConnectionStore
  oauth: GoogleOAuth
  ads: Pick<GoogleAds, 'listAccessibleCustomers'>
  audit: Audit
  now: Now
}

export function createServiceAccounts({
  db,
  connections,
  oauth,
  ads,
  audit,
  now,
}: ServiceAccountsOptions): ServiceAccounts {
  return {
    async add(keyFile, admin, actor) {
      const key = parseServiceAccountKey(keyFile)
      const token = await tokenFor(key)
      await requireAccounts(ads, token.accessToken, 'service_account_not_invited', { email: key.clientEmail })
      return inTransaction(db, async tx => {
        await askAdmin(tx, actor)
        const existing = await connections.findBySub(key.clientEmail, tx)
        if (existing && existing.owner.id !== admin.id) {
          const params = { email: key.clientEmail, owner: existing.owner.email }
          throw new AppError('connection_of_another_member', { params })
        }
        const connection = await connections.save(tx, held(key, token), admin, now())
        await audit.record(tx, actor, {
          action: existing ? 'connection.reconnected' : 'connection.created',
          target: connectionTarget(connection),
          changes: { key: key.privateKeyId },
        })
        return connection
      })
    },
  }

  async function tokenFor(key: ServiceAccountKey): Promise<RefreshedToken> {
    try {
      return await oauth.serviceAccountToken(key)
    } catch (error) {
      if (!isAppError(error, 'needs_reconnect', 'oauth_client_rejected', 'oauth_refused')) throw error
      const params = { email: key.clientEmail, keyId: key.privateKeyId }
      throw new AppError('service_account_key_refused', { params, ...(error.google && { google: error.google }) })
    }
  }
}

/** Kept are the fields that sign; everything else of the file is not needed again. */
function held(key: ServiceAccountKey, token: RefreshedToken) {
  const { clientEmail, privateKeyId, privateKey, projectId } = key
  return {
    sub: clientEmail,
    email: clientEmail,
    name: null,
    picture: null,
    scopes: [adwordsScope],
    credential: {
      kind: 'service_account' as const,
      key: JSON.stringify({
        type: 'service_account',
        client_email: clientEmail,
        private_key_id: privateKeyId,
        private_key: privateKey,
        ...(projectId !== null && { project_id: projectId }),
      }),
    },
    accessToken: token.accessToken,
    accessTokenExpiresAt: token.expiresAt,
    refreshTokenExpiresAt: null,
  }
}
