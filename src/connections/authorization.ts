import { type Actor, asFact, askStanding, guestName } from '../audit/actor.ts'
import type { Audit, AuditEvent } from '../audit/audit.ts'
import { type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError, isAppError } from '../errors.ts'
import type { GoogleAds } from '../google/ads.ts'
import { type CallbackParameters, parseCallback } from '../google/callback.ts'
import type { Identity } from '../google/id-token.ts'
import { adwordsScope, codeChallenge, type GoogleOAuth, type Grant, signInScopes } from '../google/oauth.ts'
import type { Log } from '../log.ts'
import { type Member, memberTarget } from '../members/member.ts'
import type { Admission, Members } from '../members/members.ts'
import type { AuthorizationRequests, PendingRequest, Purpose, TakenRequest } from './authorization-requests.ts'
import { type Connection, connectionTarget } from './connection.ts'
import type { ConnectionStore, Held } from './connection-store.ts'
import { type BackedLink, backedLink, type Links } from './links.ts'
import { requireAccounts } from './require-accounts.ts'

export interface Authorization {
  /** Where to send the browser, and what to remember of it. */
  begin(purpose: Purpose, loginHint: string | null): Promise<{ url: string; request: PendingRequest }>
  /** What Google's redirect says; see google/callback.ts. */
  readCallback(query: Record<string, unknown>): CallbackParameters
  /**
   * Takes what the callback brought to its end: a member signed in, and for connect and reconnect a stored connection,
   * both in one database transaction. On any failure nothing is stored, and the tokens are forgotten. The consent stays
   * with Google: it withdraws everything a person gave this Cloud project at once, for siblings and staging too, and no
   * answer of Google's tells whether there was a consent before. Then the AppError has the param `consentKept`.
   */
  finish(
    request: TakenRequest,
    result: CallbackParameters['result'],
    signedIn: Member | null,
    origin: Origin,
  ): Promise<Outcome>
}

/** What the audit trail keeps of the request that brought the callback. */
export type Origin = Pick<Actor, 'via' | 'viaId' | 'requestId' | 'standing'>

export type Outcome =
  | { kind: 'signed-in'; member: Member }
  /** Signed in by connecting, but the connection of this Google account is somebody else's and was left alone. */
  | { kind: 'connected-by-another'; member: Member; owner: string }
  | { kind: 'connected' | 'reconnected'; member: Member; connection: Connection }
  /** Brought by a person who need not be a member; nobody was signed in. */
  | { kind: 'through-link'; connection: Connection }

export interface AuthorizationOptions {
  db: Db
  requests: AuthorizationRequests
  oauth: GoogleOAuth
  ads: Pick<GoogleAds, 'listAccessibleCustomers'>
  members: Members
  connections: ConnectionStore
  links: Links
  audit: Audit
  log: Log
  now: Now
}

export function createAuthorization(options: AuthorizationOptions): Authorization {
  const { db, requests, oauth, ads, members, connections, links, audit, log, now } = options

  return {
    readCallback: parseCallback,

    async begin(purpose, loginHint) {
      const request = await requests.begin(purpose)
      const signInOnly = purpose.intent === 'sign-in'
      const url = oauth.authorizationUrl({
        scopes: signInOnly ? signInScopes : [...signInScopes, adwordsScope],
        state: request.state,
        nonce: request.nonce,
        codeChallenge: codeChallenge(request.verifier),
        offline: !signInOnly,
        loginHint,
      })
      return { url, request }
    },

    async finish(request, result, signedIn, origin) {
      if (request.memberId !== null && request.memberId !== signedIn?.id) throw new AppError('oauth_member_changed')
      if ('error' in result) throw refusal(result.error)
      const grant = await oauth.exchangeCode(result.code, request.verifier)
      let identity: Identity | null = null
      try {
        identity = await identityOf(grant, request.nonce)
        if (request.link) return await connectThroughLink(request, request.link.id, grant, identity, origin)
        return request.intent === 'sign-in'
          ? await signIn(identity, origin)
          : await connect(request, grant, identity, request.memberId === null ? null : signedIn, origin)
      } catch (error) {
        if (identity && isAppError(error, 'email_of_another_identity')) await tellOfCollision(error, identity, origin)
        if (request.intent === 'sign-in') throw error
        await tellOfConsent(error, request, identity, signedIn, origin)
        throw error instanceof AppError ? error.with({ consentKept: 'yes' }) : error
      }
    },
  }

  async function identityOf(grant: Grant, nonce: string): Promise<Identity> {
    if (grant.idToken === null) throw new AppError('oauth_id_token_invalid', { params: { claim: 'id_token' } })
    return oauth.verifyIdToken({ idToken: grant.idToken, nonce, accessToken: grant.accessToken })
  }

  async function signIn(identity: Identity, origin: Origin): Promise<Outcome> {
    const admission = await members.checkAdmission(identity)
    const member = await inTransaction(db, tx => admit(tx, admission, origin))
    return { kind: 'signed-in', member }
  }

  async function admit(tx: Db, admission: Admission, origin: Origin): Promise<Member> {
    const { rule } = admission
    const { member, before } = await members.signIn(tx, admission, now())
    const target = memberTarget(member)
    const actor = asFact(actorFor(member, origin))
    const changes = { rule, ...changed(before, member, 'email'), ...changed(before, member, 'name') }
    await audit.record(tx, actor, { action: 'member.signed_in', target, changes })
    if (before && before.role !== member.role) {
      const action = member.role === 'admin' ? 'member.promoted' : 'member.demoted'
      await audit.record(tx, actor, { action, target, changes: { rule, ...changed(before, member, 'role') } })
    }
    return member
  }

  /** Google took its time to answer: who may no longer sign in by now connects nothing. */
  async function stillMember(tx: Db, signedIn: Member | null, origin: Origin): Promise<Member> {
    if (signedIn) await askStanding(tx, actorFor(signedIn, origin))
    const member = signedIn && (await members.find(signedIn.id, tx))
    if (!member) throw new AppError('signed_out')
    return member
  }

  async function connect(
    request: TakenRequest,
    grant: Grant,
    identity: Identity,
    signedIn: Member | null,
    origin: Origin,
  ): Promise<Outcome> {
    const admission = signedIn ? null : await members.checkAdmission(identity)
    const lasting = requireLasting(grant, identity)
    await requireSameIdentity(request, identity)
    await requireAdsAccount(grant, identity)
    return inTransaction(db, async tx => {
      const member = admission ? await admit(tx, admission, origin) : await stillMember(tx, signedIn, origin)
      const owner = await otherOwner(tx, request, identity, member)
      if (owner !== null && !signedIn) return { kind: 'connected-by-another', member, owner } as const
      if (owner !== null) {
        throw new AppError('connection_of_another_member', { params: { email: identity.email, owner } })
      }
      const actor = actorFor(member, origin)
      const connection = await keep(tx, request, lasting, identity, member, admission ? asFact(actor) : actor)
      const kind = request.intent === 'reconnect' ? ('reconnected' as const) : ('connected' as const)
      return { kind, member, connection }
    })
  }

  /** The person at Google is a guest: what they bring belongs to whoever made the link, and uses it up. */
  async function connectThroughLink(
    request: TakenRequest,
    linkId: string,
    grant: Grant,
    identity: Identity,
    origin: Origin,
  ): Promise<Outcome> {
    const link = await links.readById(linkId)
    const lasting = requireLasting(grant, identity)
    requireExpected(await backedLink(link, members, connections), identity)
    await requireAdsAccount(grant, identity)
    const { requestId } = origin
    const guest: Actor = { kind: 'guest', id: null, name: guestName(identity), via: 'link', viaId: linkId, requestId }
    return inTransaction(db, async tx => {
      await links.use(tx, linkId, guest)
      const backed = await backedLink(link, members, connections, tx)
      if (backed.connection === null) {
        const existing = await connections.findBySub(identity.sub, tx)
        // Whose it is, is nothing a guest is told.
        if (existing && existing.owner.id !== backed.by.id) {
          throw new AppError('connection_of_another_member', { params: { email: identity.email } })
        }
      }
      return { kind: 'through-link', connection: await keep(tx, request, lasting, identity, backed.by, guest) }
    })
  }

  /**
   * A new connection of `owner`, or the newer credential of the one this Google account has, which stays whose it is. Only
   * an address that Google vouches for names one.
   */
  async function keep(
    tx: Db,
    request: TakenRequest,
    held: Held,
    { emailVerified, email }: Identity,
    owner: { id: string },
    actor: Actor,
  ) {
    const existing = await connections.findBySub(held.sub, tx)
    if (request.intent === 'reconnect' && existing?.id !== request.connectionId) throw new AppError('not_found')
    if (!existing && !emailVerified) throw new AppError('email_unverified', { params: { email } })
    const named = existing && !emailVerified ? { ...held, email: existing.email } : held
    const connection = await connections.save(tx, named, owner, now())
    await audit.record(tx, actor, {
      action: existing ? 'connection.reconnected' : 'connection.created',
      target: connectionTarget(connection),
    })
    return connection
  }

  /** A good stored token is never replaced by another identity's. */
  async function requireSameIdentity({ intent, connectionId }: TakenRequest, identity: Identity): Promise<void> {
    if (intent !== 'reconnect') return
    const existing = connectionId === null ? null : await connections.find(connectionId)
    if (!existing) throw new AppError('not_found')
    if (existing.sub === identity.sub) return
    throw new AppError('reconnect_other_account', {
      params: { expectedEmail: existing.email, actualEmail: identity.email, connectionId: existing.id },
    })
  }

  async function requireAdsAccount({ accessToken }: Grant, { email }: Identity): Promise<void> {
    try {
      await requireAccounts(ads, accessToken, 'no_ads_account', { email })
    } catch (error) {
      if (isAppError(error, 'no_ads_account')) throw error
      // Consent was given and the token is good: what else stands in the way is shown beside the connection later.
      log.warn({ err: error }, 'accounts could not be listed while connecting')
    }
  }

  /** Who else owns the connection of this Google account; null when nobody does, or an admin reconnects it. */
  async function otherOwner(tx: Db, request: TakenRequest, identity: Identity, member: Member): Promise<string | null> {
    const existing = await connections.findBySub(identity.sub, tx)
    if (!existing || existing.owner.id === member.id) return null
    return request.intent === 'reconnect' && member.role === 'admin' ? null : existing.owner.email
  }

  /** Records that Google keeps a consent we don't use: in the log, and in the trail if we know who gave it. */
  async function tellOfConsent(
    error: unknown,
    request: TakenRequest,
    identity: Identity | null,
    signedIn: Member | null,
    origin: Origin,
  ): Promise<void> {
    const reason = error instanceof AppError ? error.code : 'internal'
    log.info({ reason, requestId: origin.requestId }, 'tokens forgotten; the consent at Google was not withdrawn')
    if (identity === null || (signedIn === null && request.link === null)) return
    const name = guestName(identity)
    const viaId = request.link?.id ?? null
    const guest = { kind: 'guest', id: null, name, via: 'link', viaId, requestId: origin.requestId } as const
    await record(request.link || !signedIn ? guest : asFact(actorFor(signedIn, origin)), {
      action: 'consent.kept',
      target: { kind: 'google_account', id: identity.sub, name: identity.email },
      changes: { reason },
    })
  }

  /** Tells administrators, with this entry and a notice, at most once a day for each member whose address it is. */
  async function tellOfCollision(error: AppError, identity: Identity, origin: Origin): Promise<void> {
    const target = memberTarget({ id: error.params.holder ?? '', email: identity.email.toLowerCase() })
    const from = secondsFrom(now(), -86_400).toISOString()
    if ((await audit.list({ action: 'member.address_conflict', targetId: target.id, from }, 1)).length > 0) return
    const actor = { ...origin, kind: 'guest', id: null, name: guestName(identity) } as const
    await record(actor, {
      action: 'member.address_conflict',
      target,
      outcome: 'refused',
      changes: { google_account: identity.sub },
    })
  }

  /** Writes in its own transaction, because the one it reports on was rolled back. The failure is reported either way. */
  async function record(actor: Actor, event: AuditEvent): Promise<void> {
    try {
      await inTransaction(db, tx => audit.record(tx, actor, event))
    } catch (error) {
      log.warn({ err: error, action: event.action }, 'could not be written to the audit trail')
    }
  }
}

/** The old and the new value, for what changed. */
function changed<K extends 'email' | 'name' | 'role'>(before: Member | null, member: Member, field: K) {
  return before && before[field] !== member[field]
    ? { [field]: [before[field], member[field]] as [string, string] }
    : {}
}

/** A link brings the Google account it was made for, or none. An address that Google does not vouch for is nobody's. */
function requireExpected({ connection, expectedEmail }: BackedLink, identity: Identity): void {
  const expected = connection
    ? connection.sub === identity.sub
    : expectedEmail === null || (identity.emailVerified && expectedEmail.toLowerCase() === identity.email.toLowerCase())
  if (expected) return
  const params = { ...(expectedEmail !== null && { expectedEmail }), actualEmail: identity.email }
  throw new AppError('link_other_account', { params })
}

function actorFor(member: Member, origin: Origin): Actor {
  return { ...origin, kind: 'member', id: member.id, name: member.email }
}

/** Scopes are compared as a set: Google reorders them, spells short names out, and adds earlier grants. */
function requireLasting(grant: Grant, identity: Identity): Held {
  const params = { email: identity.email }
  if (!grant.scopes.has(adwordsScope)) throw new AppError('oauth_scope_missing', { params })
  if (grant.refreshToken === null) throw new AppError('oauth_no_refresh_token', { params })
  const { sub, email, name, picture } = identity
  const credential = { kind: 'user', refreshToken: grant.refreshToken, client: null } as const
  return { ...grant, sub, email, name, picture, credential }
}

/** Only codes we know are repeated to the person (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6). */
function refusal(error: string): AppError {
  if (error === 'access_denied') return new AppError('oauth_cancelled')
  if (error === 'server_error' || error === 'temporarily_unavailable') return new AppError('google_unreachable')
  const known = ['interaction_required', 'login_required', 'consent_required', 'invalid_scope', 'admin_policy_enforced']
  return new AppError('oauth_refused', {
    google: { code: known.includes(error) ? error : null, message: '', requestId: null, status: null },
  })
}
