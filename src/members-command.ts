import './no-debugger.ts'
import { existsSync } from 'node:fs'
import type { Actor } from './audit/actor.ts'
import { type Audit, createAudit } from './audit/audit.ts'
import { TrailLostError } from './audit/trail.ts'
import { ConfigError, parseConfig } from './config.ts'
import { DatabaseError, openDatabase } from './db/database.ts'
import { createLog } from './log.ts'
import { createPasskeys } from './members/passkeys.ts'
import { en } from './messages/en.ts'
import { announcingAudit } from './notices/announcing-audit.ts'
import { noticeChannels } from './notices/channels.ts'
import { createNotices } from './notices/notices.ts'
import { aside, out } from './terminal.ts'
import { checkGivenKeys, KeyCheckError } from './vault/key-check.ts'
import { createVault } from './vault/vault.ts'

const exitCodes = { done: 0, unexpected: 1, usage: 2, unknown: 3 }
const words = en.members.command
const actor: Actor = { kind: 'system', id: null, name: null, via: 'command', viaId: null, requestId: null }
const now = () => new Date()

/** `npm run members -- reset-passkeys EMAIL`, beside a running server or without one. Resolves with the exit code. */
async function main([command, email, ...rest]: string[]): Promise<number> {
  if (command !== 'reset-passkeys' || email === undefined || rest.length > 0)
    return failed(words.usage, exitCodes.usage)
  const config = parseConfig(process.env)
  const { databaseUrl, publicUrl } = config
  const path = databaseUrl.startsWith('sqlite:') ? databaseUrl.slice(7) : null
  // Opening would create it.
  if (path !== null && !existsSync(path)) return failed(words.noDatabase(path), exitCodes.unknown)
  const db = await openDatabase(databaseUrl)
  try {
    const vault = createVault(config.tokenKeys)
    await checkGivenKeys(db, vault)
    const log = createLog('warn')
    const checkpoint = () => trail.checkpoint()
    const channels = noticeChannels(config, now, checkpoint)
    const notices = createNotices({ db, channels, publicUrl, checkpoint, log, now })
    const trail: Audit = await createAudit(db, vault, now, { log, onRollback: notices.trailSetBack })
    const audit = announcingAudit(trail, notices)
    const passkeys = createPasskeys(db, publicUrl, audit, now)
    const named = await db
      .selectFrom('members')
      .select(['id', 'email'])
      .where('email', '=', email.toLowerCase())
      .execute()
    if (named.length === 0) return failed(words.unknown(email), exitCodes.unknown)
    let removed = 0
    for (const member of named) removed += await passkeys.reset(member, actor)
    out.line(words.reset(email, removed))
    return exitCodes.done
  } finally {
    await db.destroy()
  }
}

function failed(text: string, code: number): number {
  aside.text(text)
  return code
}

function describe(error: unknown): string {
  if (error instanceof TrailLostError) return en.audit.lost(error.lost)
  const expected = [ConfigError, KeyCheckError, DatabaseError].some(kind => error instanceof kind)
  return error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error)
}

process.exitCode = await main(process.argv.slice(2)).catch(error => failed(describe(error), exitCodes.unexpected))
