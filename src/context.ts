import { createAccounts } from './accounts/accounts.ts'
import { createFinder } from './accounts/find.ts'
import { createProbes } from './accounts/probe.ts'
import { type Audit, createAudit } from './audit/audit.ts'
import { createRefusals } from './audit/refusals.ts'
import type { Now } from './clock.ts'
import type { Config } from './config.ts'
import { createConfigurationReader } from './configurations/explain/reader.ts'
import { createAccessTokens } from './connections/access-tokens.ts'
import { createAuthorization } from './connections/authorization.ts'
import { createAuthorizationRequests } from './connections/authorization-requests.ts'
import { createConnectionStore } from './connections/connection-store.ts'
import { createDisclosures } from './connections/disclosures.ts'
import { createHealthChecks } from './connections/health-checks.ts'
import { createImports } from './connections/imports.ts'
import { createLifecycle } from './connections/lifecycle.ts'
import { createLinks } from './connections/links.ts'
import { createRevocations } from './connections/revocations.ts'
import { createSecurityEvents } from './connections/security-events.ts'
import { createServiceAccounts } from './connections/service-accounts.ts'
import { createCounters } from './db/counters.ts'
import { openDatabase } from './db/database.ts'
import { createSnapshots } from './db/snapshots.ts'
import { createGoogleAds } from './google/ads.ts'
import { withBreaker } from './google/breaker.ts'
import { googleEndpoints } from './google/endpoints.ts'
import { createHttp } from './google/http.ts'
import { createGoogleOAuth } from './google/oauth.ts'
import { createSecurityEventVerifier } from './google/security-events.ts'
import type { Log } from './log.ts'
import { createApiKeys } from './members/api-keys.ts'
import { createMembers } from './members/members.ts'
import { createPasskeys } from './members/passkeys.ts'
import { createRecoveryCodes } from './members/recovery-codes.ts'
import { createRoster } from './members/roster.ts'
import { createMemberSessions } from './members/sessions.ts'
import { type CameWith, createStanding } from './members/standing.ts'
import { announcingAudit } from './notices/announcing-audit.ts'
import { noticeChannels } from './notices/channels.ts'
import { createNotices } from './notices/notices.ts'
import { createOffLoop } from './off-loop.ts'
import { sealedColumns } from './sealed-columns.ts'
import { type Instances, joinInstances } from './vault/instances.ts'
import { checkKeys, rememberKey } from './vault/key-check.ts'
import { createRotation } from './vault/rotation.ts'
import { createVault } from './vault/vault.ts'
import { SessionStore } from './web/session-store.ts'

export type Context = Awaited<ReturnType<typeof createContext>>

const sweepMs = 60_000

/**
 * Composes the application: everything is built here, once, and handed to whoever needs it. Opens the database and
 * checks the keys against it; throws KeyCheckError when they do not fit, and InstanceError when another instance has other
 * settings. End it with `close()`.
 */
export async function createContext(config: Config, log: Log, now: Now = () => new Date()) {
  const db = await openDatabase(config.databaseUrl)
  const vault = createVault(config.tokenKeys)
  let instances: Instances
  try {
    await checkKeys(db, vault, sealedColumns)
    instances = await joinInstances(db, vault, config, now)
    await rememberKey(db, vault, now())
  } catch (error) {
    await db.destroy()
    throw error
  }

  const endpoints = googleEndpoints(config.googleEmulatorHost)
  const http = withBreaker(createHttp(endpoints.allowedOrigins), { hostOf: endpoints.hostOf, log, now })
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

  const { publicUrl } = config
  const checkpoint = () => trail.checkpoint()
  const channels = noticeChannels(config, now, checkpoint)
  const notices = createNotices({ db, channels, publicUrl, checkpoint, log, now })
  const trail: Audit = await createAudit(db, vault, now, { log, onRollback: notices.trailSetBack }).catch(
    async error => {
      await instances.close()
      await db.destroy()
      throw error
    },
  )
  const audit = announcingAudit(trail, notices)
  const refusals = createRefusals({ db, audit, log, now })
  const rotation = createRotation({ db, vault, columns: sealedColumns, now })
  const members = createMembers(db, config)
  const roster = createRoster(db, config, audit, now)
  const memberSessions = createMemberSessions(db, audit, now)
  const apiKeys = createApiKeys({ db, audit, log, now })
  const standing = (memberId: string, by: CameWith) => createStanding({ members, apiKeys, now }, memberId, by)
  const passkeys = createPasskeys(db, publicUrl, audit, now)
  const recoveryCodes = createRecoveryCodes(db, audit, now)
  const connections = createConnectionStore(db, vault)
  const links = createLinks(db, connections, audit, now)
  const accessTokens = createAccessTokens({ db, store: connections, oauth, audit, log, now })
  const requests = createAuthorizationRequests(db, vault, now)
  const authorization = createAuthorization({
    db,
    requests,
    oauth,
    ads,
    members,
    connections,
    links,
    audit,
    log,
    now,
  })
  const serviceAccounts = createServiceAccounts({ db, connections, oauth, ads, audit, now })
  const tokenFor = (id: string) => async (rejected?: string) => (await accessTokens.get(id, rejected)).value
  const imports = createImports({ db, client: config.oauthClient, oauth, ads, connections, links, audit, now })
  const verifySecurityEvent = createSecurityEventVerifier(config.oauthClient.clientId, http, endpoints, now)
  const securityEvents = createSecurityEvents({ db, verify: verifySecurityEvent, apiKeys, audit, log, now })
  const disclosures = createDisclosures({ db, connections, accessTokens, audit, now })
  const accounts = createAccounts({ ads, snapshots: createSnapshots(db, log), tokenFor, now, log })
  const probes = createProbes({ ads, tokenFor, now })
  const finder = createFinder({ accounts, probes, ads, tokenFor, now })
  const healthChecks = createHealthChecks({ connections, accessTokens, ads, log, now })
  const sessions = new SessionStore(db, audit, log, now)
  const counters = createCounters(db, now)
  const offLoop = createOffLoop()
  const { revokedRetentionDays: retentionDays } = config
  const revocations = createRevocations({ db, store: connections, oauth, vault, audit, log, now, retentionDays })
  const lifecycle = createLifecycle({
    db,
    revocations,
    connections,
    members,
    moveLoginCustomers: (tx, from, to) => sessions.moveLoginCustomers(tx, from, to),
    audit,
    log,
    now,
  })
  // What the process before this one left pending.
  sweepAll([revocations, notices])

  const tables = [instances, requests, links, sessions, passkeys, counters]
  const swept = [...tables, revocations, notices, healthChecks, refusals, audit]
  const sweeping = setInterval(() => sweepAll(swept), sweepMs)
  sweeping.unref()

  /** One part's failure keeps no other from its work. */
  async function sweepAll(parts: { sweep(): Promise<unknown> }[]): Promise<void> {
    const failed = (error: unknown) => log.warn({ err: error }, 'sweep failed')
    await Promise.all(parts.map(part => part.sweep().catch(failed)))
  }

  return {
    config,
    log,
    now,
    db,
    vault,
    audit,
    refusals,
    rotation,
    members,
    roster,
    memberSessions,
    apiKeys,
    standing,
    passkeys,
    recoveryCodes,
    links,
    connections,
    healthChecks,
    notices,
    lifecycle,
    requests,
    authorization,
    serviceAccounts,
    imports,
    disclosures,
    securityEvents,
    accounts,
    probes,
    finder,
    sessions,
    counters,
    offLoop,
    readConfiguration: createConfigurationReader(offLoop),
    /** What happens once a minute by itself. */
    sweep: () => sweepAll(swept),
    async close() {
      clearInterval(sweeping)
      await refusals.close()
      await offLoop.close()
      await notices.close()
      await healthChecks.close()
      await rotation.close()
      await revocations.close()
      await accounts.close()
      await sweepAll([audit])
      await instances.close()
      await db.destroy()
    },
  }
}
