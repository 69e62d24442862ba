import { type Actor, askStanding } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Now } from '../clock.ts'
import type { OAuthClient } from '../config.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError, isAppError } from '../errors.ts'
import type { GoogleAds } from '../google/ads.ts'
import { adwordsScope, type ClientKeys, type GoogleOAuth, type RefreshedToken } from '../google/oauth.ts'
import type { Member } from '../members/member.ts'
import { type Connection, connectionTarget } from './connection.ts'
import type { ConnectionStore } from './connection-store.ts'
import type { Link, Links } from './links.ts'
import { requireAccounts } from './require-accounts.ts'

/** What a configuration file of a client library holds for a person's credential. */
export interface ForeignCredential extends ClientKeys {
  refreshToken: string
}

export interface Imports {
  /**
   * Makes a connection of a credential that was granted elsewhere. It may belong to another OAuth client than ours, whose
   * id and secret are then sealed with it. Nothing is stored before Google gave an access token for it, said whose it
   * is, and listed at least one account. `link` is a one-time code that is used up with it.
   * Throws AppError `credential_refused`, `credential_without_identity`, `oauth_scope_missing`, `no_ads_account`,
   * `connection_of_another_member`, `oauth_client_rejected`, `google_unreachable`, `link_unusable`, and as `askStanding`
   * does for who was let in no longer by the time Google answered.
   */
  add(credential: ForeignCredential, owner: Member, actor: Actor, link?: Link): Promise<Connection>
}

export interface ImportsOptions {
  db: Db
  client: Pick<OAuthClient, 'clientId'>
  oauth: GoogleOAuth
  ads: Pick<GoogleAds, 'listAccessibleCustomers'>
  connections: ConnectionStore
  links: Links
  audit: Audit
  now: Now
}

export function createImports(options: ImportsOptions): Imports {
  const { db, oauth, ads, connections, links, audit, now } = options

  return {
    async add({ clientId, clientSecret, refreshToken }, owner, actor, link) {
      const client = clientId === options.client.clientId ? null : { clientId, clientSecret }
      const token = await tokenFor(refreshToken, client)
      const profile = await oauth.profileOf(token.accessToken)
      if (profile === null || profile.email === null) throw new AppError('credential_without_identity')
      const { sub, email, name, picture } = profile
      const scopes = token.scopes.size > 0 ? token.scopes : new Set([adwordsScope])
      if (!scopes.has(adwordsScope)) throw new AppError('oauth_scope_missing', { params: { email } })
      await requireAccounts(ads, token.accessToken, 'no_ads_account', { email, handedIn: 'yes' })
      return inTransaction(db, async tx => {
        await askStanding(tx, actor)
        if (link) await links.use(tx, link.id, actor)
        const existing = await connections.findBySub(sub, tx)
        if (existing && existing.owner.id !== owner.id) {
          throw new AppError('connection_of_another_member', { params: { email, owner: existing.owner.email } })
        }
        const held = {
          sub,
          email,
          name,
          picture,
          scopes,
          credential: { kind: 'user', refreshToken: token.refreshToken ?? refreshToken, client },
          accessToken: token.accessToken,
          accessTokenExpiresAt: token.expiresAt,
          refreshTokenExpiresAt: token.refreshTokenExpiresAt,
        } as const
        const connection = await connections.save(tx, held, owner, now())
        await audit.record(tx, actor, {
          action: 'connection.imported',
          target: connectionTarget(connection),
          changes: { client: clientId },
        })
        return connection
      })
    },
  }

  /** A client of theirs that Google does not know is a fault of the credential; ours is our own. */
  async function tokenFor(refreshToken: string, client: ClientKeys | null): Promise<RefreshedToken> {
    try {
      return await oauth.refresh(refreshToken, client)
    } catch (error) {
      const theirs = client !== null && isAppError(error, 'oauth_client_rejected')
      if (!theirs && !isAppError(error, 'needs_reconnect', 'oauth_refused')) throw error
      throw new AppError('credential_refused', { cause: error, ...(error.google && { google: error.google }) })
    }
  }
}
