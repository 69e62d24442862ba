import { randomBytes } from 'node:crypto'
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { type Actor, askAbout, askAdmin } from '../audit/actor.ts'
import type { Audit, AuditTarget } from '../audit/audit.ts'
import { type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { PasskeysTable } from '../db/schema.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { type Member, memberTarget } from './member.ts'
import { renewRecoveryCodes } from './recovery-codes.ts'
import { endSessionsOf } from './sessions.ts'

/** A key pair in a person's device or password manager. We store only the public half. */
export interface Passkey {
  id: string
  name: string
  /** ISO 8601, UTC, like every time below. */
  createdAt: string
  lastUsedAt: string | null
}

type Whose = Pick<Member, 'id' | 'email'>

/** `session` names the browser session a challenge belongs to; see `sessionKey`. */
export interface Passkeys {
  /** The oldest first. */
  listOf(memberId: string): Promise<Passkey[]>
  /** What `navigator.credentials.create` is asked for. Throws AppError `too_many_passkeys`. */
  optionsToAdd(member: Member, session: string): Promise<PublicKeyCredentialCreationOptionsJSON>
  /**
   * Keeps what `navigator.credentials.create` answered. With the first passkey come recovery codes, which nobody can
   * read again; otherwise `codes` is null. Throws AppError `bad_request`, `passkey_expired`, `passkey_refused`,
   * `too_many_passkeys`.
   */
  add(
    member: Member,
    session: string,
    wish: { name: string; response: unknown },
    actor: Actor,
  ): Promise<{ passkey: Passkey; codes: string[] | null }>
  /** What `navigator.credentials.get` is asked for. */
  optionsToConfirm(memberId: string, session: string): Promise<PublicKeyCredentialRequestOptionsJSON>
  /**
   * Checks what `navigator.credentials.get` answered: made just now, here, by a passkey of this member, after the device
   * checked who holds it. Throws AppError `passkey_expired`, `passkey_refused`, `passkey_copied`.
   */
  confirm(member: Whose, session: string, response: unknown, actor: Actor): Promise<Passkey>
  /** Throws AppError `not_found` for a passkey that is not this member's, `bad_request`. */
  rename(id: string, member: Whose, name: string, actor: Actor): Promise<void>
  /** The recovery codes go with the last one. Throws AppError `not_found`. */
  remove(id: string, member: Whose, actor: Actor): Promise<void>
  /** Removes all passkeys and recovery codes of a member who lost them, and ends their sessions. Returns how many passkeys there were. */
  reset(member: Whose, actor: Actor): Promise<number>
  /** Deletes expired challenges that nobody answered. */
  sweep(): Promise<void>
}

const challengeSeconds = 5 * 60
const promptMs = 2 * 60_000
const mostPasskeys = 20
const longestName = 60
/** ES256, EdDSA and RS256, by their COSE numbers: what today's authenticators offer and Node 20 verifies. */
const algorithms = [-7, -8, -257]

/** Loaded on first use, because the library and its certificate parsers take longer to load than the rest of the server. */
const webAuthn = () => import('@simplewebauthn/server')

/** Passkeys of members, for this origin alone: WebAuthn with user verification, discoverable, without attestation. */
export function createPasskeys(db: Db, publicUrl: string, audit: Audit, now: Now): Passkeys {
  const rpID = new URL(publicUrl).hostname
  const expected = { expectedOrigin: publicUrl, expectedRPID: rpID, requireUserVerification: true }

  return {
    async listOf(memberId) {
      return (await rowsOf(db, memberId)).map(toPasskey)
    },

    async optionsToAdd(member, session) {
      const rows = await rowsOf(db, member.id)
      if (rows.length >= mostPasskeys) throw new AppError('too_many_passkeys')
      const options = await (await webAuthn()).generateRegistrationOptions({
        rpName: 'Ads Keyring',
        rpID,
        userID: Buffer.from(member.id),
        userName: member.email,
        userDisplayName: member.name ?? member.email,
        attestationType: 'none',
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        excludeCredentials: rows.map(toDescriptor),
        supportedAlgorithmIDs: algorithms,
        timeout: promptMs,
      })
      await keepChallenge(session, 'add', options.challenge)
      return options
    },

    async add(member, session, { name, response }, actor) {
      const given = nameIn(name)
      const challenge = await takeChallenge(session, 'add')
      const { credential } = await verified(async ({ verifyRegistrationResponse }) => {
        const { registrationInfo } = await verifyRegistrationResponse({
          ...expected,
          response: response as RegistrationResponseJSON,
          expectedChallenge: challenge,
          supportedAlgorithmIDs: algorithms,
        })
        return registrationInfo
      }, response)
      const row = {
        id: randomBytes(12).toString('base64url'),
        member_id: member.id,
        credential_id: credential.id,
        public_key: Buffer.from(credential.publicKey).toString('base64url'),
        counter: String(credential.counter),
        transports: (credential.transports ?? []).filter(each => /^[a-z-]{1,20}$/.test(each)).join(' '),
        name: given,
        created_at: now().toISOString(),
        last_used_at: null,
      }
      const codes = await inTransaction(db, async tx => {
        await askAbout(tx, actor, member.id)
        await audit.record(tx, actor, { action: 'passkey.added', target: targetOf(row) })
        const before = (await rowsOf(tx, member.id)).length
        if (before >= mostPasskeys) throw new AppError('too_many_passkeys')
        const inserted = await tx
          .insertInto('passkeys')
          .values(row)
          .onConflict(conflict => conflict.column('credential_id').doNothing())
          .returning('id')
          .executeTakeFirst()
        if (!inserted) throw new AppError('passkey_refused')
        if (before > 0) return null
        await audit.record(tx, actor, { action: 'recovery_code.created', target: memberTarget(member) })
        return renewRecoveryCodes(tx, member.id, now())
      })
      return { passkey: toPasskey(row), codes }
    },

    async optionsToConfirm(memberId, session) {
      const rows = await rowsOf(db, memberId)
      const options = await (await webAuthn()).generateAuthenticationOptions({
        rpID,
        allowCredentials: rows.map(toDescriptor),
        userVerification: 'required',
        timeout: promptMs,
      })
      await keepChallenge(session, 'confirm', options.challenge)
      return options
    },

    async confirm(member, session, response, actor) {
      const challenge = await takeChallenge(session, 'confirm')
      const refused = async (error: unknown, target: AuditTarget, reason: string): Promise<never> => {
        await inTransaction(db, tx => recordRefusal(tx, target, reason))
        throw error
      }
      const recordRefusal = (tx: Db, target: AuditTarget, reason: string) =>
        audit.record(tx, actor, { action: 'passkey.refused', target, outcome: 'refused', changes: { reason } })
      const credentialId = (response as { id?: unknown } | null)?.id
      const row = (await rowsOf(db, member.id)).find(each => each.credential_id === credentialId)
      if (!row) return refused(new AppError('passkey_refused'), memberTarget(member), 'unknown')
      const target = targetOf(row)
      const counter = await countIn(row, challenge, response).catch(error => refused(error, target, 'not_verified'))
      const at = now().toISOString()
      const stands = await inTransaction(db, async tx => {
        await askAbout(tx, actor, member.id)
        const highest = Number((await ownRow(tx, row.id, member.id)).counter)
        if ((counter > 0 || highest > 0) && counter <= highest) {
          await recordRefusal(tx, target, 'counter')
          return false
        }
        await tx
          .updateTable('passkeys')
          .set({ counter: String(counter), last_used_at: at })
          .where('id', '=', row.id)
          .execute()
        await audit.record(tx, actor, { action: 'passkey.used', target })
        return true
      })
      if (!stands) throw new AppError('passkey_copied', { params: { name: row.name } })
      return { ...toPasskey(row), lastUsedAt: at }
    },

    async rename(id, member, name, actor) {
      await inTransaction(db, async tx => {
        await askAbout(tx, actor, member.id)
        const row = await ownRow(tx, id, member.id)
        const given = nameIn(name)
        if (row.name === given) return
        await tx.updateTable('passkeys').set({ name: given }).where('id', '=', id).execute()
        await audit.record(tx, actor, {
          action: 'passkey.renamed',
          target: targetOf(row),
          changes: { name: [row.name, given] },
        })
      })
    },

    async remove(id, member, actor) {
      await inTransaction(db, async tx => {
        await askAbout(tx, actor, member.id)
        const row = await ownRow(tx, id, member.id)
        await tx.deleteFrom('passkeys').where('id', '=', id).execute()
        await audit.record(tx, actor, { action: 'passkey.removed', target: targetOf(row) })
        if ((await rowsOf(tx, member.id)).length > 0) return
        await tx.deleteFrom('recovery_codes').where('member_id', '=', member.id).execute()
      })
    },

    reset(member, actor) {
      return inTransaction(db, async tx => {
        await askAdmin(tx, actor)
        const removed = await tx.deleteFrom('passkeys').where('member_id', '=', member.id).returning('id').execute()
        await tx.deleteFrom('recovery_codes').where('member_id', '=', member.id).execute()
        if (removed.length > 0) {
          // Whoever holds a stolen session could add the next passkey.
          const ended = await endSessionsOf(tx, member.id, now())
          await audit.record(tx, actor, {
            action: 'passkey.reset',
            target: memberTarget(member),
            changes: { passkeys: String(removed.length), ...(ended > 0 && { sessions: String(ended) }) },
          })
        }
        return removed.length
      })
    },

    async sweep() {
      await db.deleteFrom('passkey_challenges').where('expires_at', '<', now().toISOString()).execute()
    },
  }

  /** The signature count in the passkey's answer. Throws AppError `passkey_refused` if the signature is not valid. */
  function countIn(row: PasskeysTable, challenge: string, response: unknown): Promise<number> {
    const credential = {
      id: row.credential_id,
      publicKey: Buffer.from(row.public_key, 'base64url'),
      // `confirm` compares the count inside its transaction, to tell a count that goes down from a failed signature.
      counter: 0,
    }
    return verified(async ({ verifyAuthenticationResponse }) => {
      const answer = response as AuthenticationResponseJSON
      const { userHandle } = answer.response
      if (userHandle && userHandle !== Buffer.from(row.member_id).toString('base64url')) return undefined
      const { verified: signed, authenticationInfo } = await verifyAuthenticationResponse({
        ...expected,
        response: answer,
        expectedChallenge: challenge,
        credential,
      })
      return signed ? authenticationInfo.newCounter : undefined
    }, response)
  }

  async function keepChallenge(session: string, purpose: 'add' | 'confirm', challenge: string): Promise<void> {
    const content = { challenge, expires_at: secondsFrom(now(), challengeSeconds).toISOString() }
    await db
      .insertInto('passkey_challenges')
      .values({ session_hash: session, purpose, ...content })
      .onConflict(conflict => conflict.columns(['session_hash', 'purpose']).doUpdateSet(content))
      .execute()
  }

  /** Deletes the challenge in one statement before anything is compared with it, so it works once, whatever the result. */
  async function takeChallenge(session: string, purpose: 'add' | 'confirm'): Promise<string> {
    const row = await db
      .deleteFrom('passkey_challenges')
      .where('session_hash', '=', session)
      .where('purpose', '=', purpose)
      .returning(['challenge', 'expires_at'])
      .executeTakeFirst()
    if (!row || row.expires_at <= now().toISOString()) throw new AppError('passkey_expired')
    return row.challenge
  }
}

/**
 * Runs a check of the library and returns its result. The library throws plain errors for answers that it does not accept
 * or cannot read. These errors, and undefined, become AppError `passkey_refused`.
 */
async function verified<T>(
  check: (library: Awaited<ReturnType<typeof webAuthn>>) => Promise<T | undefined>,
  response: unknown,
): Promise<T> {
  let answer: T | undefined
  try {
    const { decodeClientDataJSON } = await import('@simplewebauthn/server/helpers')
    const { clientDataJSON } = (response as { response: { clientDataJSON: string } }).response
    // Nobody can put our pages in a frame.
    if (!decodeClientDataJSON(clientDataJSON).crossOrigin) answer = await check(await webAuthn())
  } catch (cause) {
    throw new AppError('passkey_refused', { cause })
  }
  if (answer === undefined) throw new AppError('passkey_refused')
  return answer
}

function rowsOf(db: Db, memberId: string): Promise<PasskeysTable[]> {
  return db
    .selectFrom('passkeys')
    .selectAll()
    .where('member_id', '=', memberId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

async function ownRow(tx: Db, id: string, memberId: string): Promise<PasskeysTable> {
  const row = await tx
    .selectFrom('passkeys')
    .selectAll()
    .where('id', '=', id)
    .where('member_id', '=', memberId)
    .executeTakeFirst()
  if (!row) throw new AppError('not_found')
  return row
}

function nameIn(text: string): string {
  const name = text.trim()
  if (name === '' || name.length > longestName) throw new AppError('bad_request')
  return name
}

function toDescriptor({ credential_id, transports }: PasskeysTable) {
  return { id: credential_id, transports: transports.split(' ').filter(Boolean) as AuthenticatorTransport[] }
}

function targetOf({ id, name }: Pick<PasskeysTable, 'id' | 'name'>): AuditTarget {
  return { kind: 'passkey', id, name }
}

function toPasskey(row: PasskeysTable): Passkey {
  return { id: row.id, name: row.name, createdAt: row.created_at, lastUsedAt: row.last_used_at }
}
