import { createAccounts } from './accounts/accounts.ts'
import { createProbes } from './accounts/probe.ts'
import { createAudit } from './audit/audit.ts'
import type { Now } from './clock.ts'
import type { Config } from './config.ts'
import { createAccessTokens } from './connections/access-tokens.ts'
import { createAuthorization } from './connections/authorization.ts'
import { createAuthorizationRequests } from './connections/authorization-requests.ts'
import { createConnectionStore } from './connections/connection-store.ts'
import { createImports } from './connections/imports.ts'
import { createLinks } from './connections/links.ts'
import { createReveals } from './connections/reveals.ts'
import { createServiceAccounts } from './connections/service-accounts.ts'
import { openDatabase } from './db/database.ts'
import { createSnapshots } from './db/snapshots.ts'
import { createGoogleAds } from './google/ads.ts'
import { googleEndpoints } from './google/endpoints.ts'
import { createHttp } from './google/http.ts'
import { createGoogleOAuth } from './google/oauth.ts'
import type { Log } from './log.ts'
import { createApiKeys } from './members/api-keys.ts'
import { createMembers } from './members/members.ts'
import { sealedColumns } from './sealed-columns.ts'
import { checkKeys, rememberKey } from './vault/key-check.ts'
import { createRotation } from './vault/rotation.ts'
import { createVault } from './vault/vault.ts'
import { SessionStore } from './web/session-store.ts'

export type Context = Awaited<ReturnType<typeof createContext>>

const sweepMs = 60_000

/**
 * Composes the application: everything is built here, once, and handed to whoever needs it. Opens the database and
 * checks the keys against it; throws KeyCheckError when they do not fit. End it with `close()`.
 */
export async function createContext(config: Config, log: Log, now: Now = () => new Date()) {
  const db = await openDatabase(config.databaseUrl)
  const vault = createVault(config.tokenKeys)
  try {
    await checkKeys(db, vault, sealedColumns)
    await rememberKey(db, vault, now())
  } catch (error) {
    await db.destroy()
    throw error
  }

  const endpoints = googleEndpoints(config.googleEmulatorHost)
  const http = createHttp(endpoints.allowedOrigins)
  const oauth = createGoogleOAuth({
    client: config.oauthClient,
    redirectUri: config.redirectUri,
    http,
    endpoints,
    now,
  })
  const ads = createGoogleAds({
    http,
    endpoints,
    apiVersion: config.adsApiVersion,
    developerToken: config.developerToken,
    onCall: call => log.debug(call, 'google ads call'),
  })

  const audit = await createAudit(db, vault, now)
  const rotation = createRotation({ db, vault, columns: sealedColumns, now })
  const members = createMembers(db, config)
  const apiKeys = createApiKeys(db, audit, now)
  const links = createLinks(db, audit, now)
  const connections = createConnectionStore(db, vault)
  const accessTokens = createAccessTokens({ db, store: connections, oauth, audit, log, now })
  const requests = createAuthorizationRequests(db, vault, now)
  const authorization = createAuthorization({
    db,
    requests,
    oauth,
    ads,
    members,
    connections,
    audit,
    log,
    now,
  })
  const serviceAccounts = createServiceAccounts({ db, connections, oauth, ads, audit, now })
  const tokenFor = (id: string) => async (rejected?: string) => (await accessTokens.get(id, rejected)).value
  const imports = createImports({ db, client: config.oauthClient, oauth, ads, connections, links, audit, now })
  const reveals = createReveals(db, connections, audit)
  const accounts = createAccounts({ ads, snapshots: createSnapshots(db), tokenFor, now, log })
  const probes = createProbes({ ads, tokenFor, now })
  const sessions = new SessionStore(db, now)

  const sweeping = setInterval(() => {
    Promise.all([requests.sweep(), sessions.sweep()]).catch(error => log.warn({ err: error }, 'sweep failed'))
  }, sweepMs)
  sweeping.unref()

  return {
    config,
    log,
    now,
    db,
    vault,
    audit,
    rotation,
    members,
    apiKeys,
    links,
    connections,
    requests,
    authorization,
    serviceAccounts,
    accessTokens,
    imports,
    reveals,
    accounts,
    probes,
    sessions,
    async close() {
      clearInterval(sweeping)
      await rotation.close()
      await accounts.close()
      await db.destroy()
    },
  }
}
