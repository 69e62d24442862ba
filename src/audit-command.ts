import './no-debugger.ts'
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Actor } from './audit/actor.ts'
import { type Checkpoint, checkpointsIn, checkpointText } from './audit/checkpoint.ts'
import { compare, type Finding, findings } from './audit/since.ts'
import { beginAnew, headOf, readTrail, TrailLostError } from './audit/trail.ts'
import { type ChainVerdict, verifyTrail } from './audit/verify.ts'
import { ConfigError, keySettingsOf } from './config.ts'
import { DatabaseError, type Db, openDatabase } from './db/database.ts'
import { isAppError } from './errors.ts'
import { en } from './messages/en.ts'
import { aside, out } from './terminal.ts'
import { checkGivenKeys, KeyCheckError } from './vault/key-check.ts'
import { createVault, type Vault } from './vault/vault.ts'

const exitCodes: Record<Finding | 'broken' | 'notVerified', number> = {
  continues: 0,
  broken: 1,
  notVerified: 2,
  cut: 3,
  rolled_back: 4,
  changed: 5,
  foreign: 6,
  forged: 7,
}
const words = en.audit.command
const now = () => new Date()
const actor: Actor = { kind: 'system', id: null, name: null, via: 'command', viaId: null, requestId: null }

class UsageError extends Error {}

/** `npm run audit -- COMMAND`, beside a running server or on a copy of the database. Resolves with the exit code. */
async function main(args: string[]): Promise<number> {
  const { command, since, reason } = argumentsOf(args)
  if (command === 'verify') {
    const checkpoints = since === undefined ? [] : readCheckpoints(since)
    return withDatabase((db, vault) => verify(db, vault, checkpoints))
  }
  if (command === 'checkpoint') return withDatabase(printCheckpoint)
  if (!reason?.trim()) throw new UsageError(words.noReason)
  return withDatabase(async (db, vault) => {
    say(words.begunAnew(await beginAnew(db, vault, now, reason.trim(), actor)))
    return 0
  })
}

function argumentsOf(args: string[]): { command: string; since?: string | undefined; reason?: string | undefined } {
  try {
    const options = { since: { type: 'string' }, reason: { type: 'string' } } as const
    const { positionals, values } = parseArgs({ args, allowPositionals: true, options })
    const [command = '', ...more] = positionals
    const allowed: Record<string, string | undefined> = { verify: 'since', checkpoint: '', 'begin-anew': 'reason' }
    if (more.length === 0 && Object.keys(values).every(name => name === allowed[command]) && command in allowed) {
      return { command, ...values }
    }
  } catch (error) {
    if (!String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')) throw error
  }
  throw new UsageError(words.usage)
}

async function withDatabase(work: (db: Db, vault: Vault) => Promise<number>): Promise<number> {
  const { databaseUrl, tokenKeys } = keySettingsOf(process.env)
  const path = databaseUrl.startsWith('sqlite:') ? databaseUrl.slice(7) : null
  // Opening would create it.
  if (path !== null && !existsSync(path)) throw new UsageError(words.noDatabase(path))
  const db = await openDatabase(databaseUrl)
  try {
    const vault = createVault(tokenKeys)
    await checkGivenKeys(db, vault)
    return await work(db, vault)
  } finally {
    await db.destroy()
  }
}

async function verify(db: Db, vault: Vault, checkpoints: Checkpoint[]): Promise<number> {
  const trail = await readTrail(db, vault)
  if (trail.kind === 'none') throw new UsageError(words.noTrail)
  if (trail.kind === 'lost') {
    say(en.audit.lost(trail.lost))
    return exitCodes.broken
  }
  const { chain, kind } = trail
  const verdict = await verifyTrail(db, chain, { stamps: kind === 'whole' })
  out.line(en.audit.verdict(verdict))
  if (kind === 'unstamped') say(words.unstamped)
  const found = new Map<Finding, Checkpoint[]>()
  for (const checkpoint of checkpoints) {
    const finding = await compare(db, chain, verdict, checkpoint)
    found.set(finding, [...(found.get(finding) ?? []), checkpoint])
  }
  return tell(verdict, found)
}

/** The newest checkpoint of each kind is named; the worst kind is the exit code. */
function tell(verdict: ChainVerdict, found: Map<Finding, Checkpoint[]>): number {
  const worst = findings.find(finding => found.has(finding)) ?? 'continues'
  for (const finding of findings) {
    const [newest] = (found.get(finding) ?? []).sort((one, other) => other.seq - one.seq)
    if (newest) say(words.findings[finding](newest, found.get(finding)?.length ?? 1))
  }
  return worst === 'continues' && !verdict.intact ? exitCodes.broken : exitCodes[worst]
}

async function printCheckpoint(db: Db, vault: Vault): Promise<number> {
  const trail = await readTrail(db, vault)
  if (trail.kind === 'none') throw new UsageError(words.noTrail)
  if (trail.kind === 'lost') throw new TrailLostError(trail.lost)
  const head = await headOf(db)
  if (head) say(checkpointText(trail.chain, head, now()))
  return 0
}

/** Its text, a file, or standard input. */
function readCheckpoints(since: string): Checkpoint[] {
  const text = since.includes('audit-checkpoint:') ? since : read(since)
  const checkpoints = checkpointsIn(text)
  if (checkpoints.length === 0) throw new UsageError(words.noCheckpoint)
  return checkpoints
}

function read(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    if (typeof (error as { code?: unknown }).code !== 'string') throw error
    throw new UsageError(words.unreadable(path))
  }
}

function say(text: string): void {
  out.text(text)
}

function describe(error: unknown): string {
  if (error instanceof TrailLostError) return en.audit.lost(error.lost)
  const expected = [ConfigError, KeyCheckError, DatabaseError].some(kind => error instanceof kind)
  if (error instanceof Error && expected) return error.message
  if (isAppError(error, 'vault_open_failed')) return words.keyMissing
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  (error: unknown) => {
    const text = error instanceof UsageError ? error.message : `${words.failed}\n${describe(error)}`
    aside.text(text)
    process.exitCode = exitCodes.notVerified
  },
)
