import { spawn } from 'node:child_process'
import { once } from 'node:events'

const holder = `
import { DatabaseSync } from '@photostructure/sqlite'
const database = new DatabaseSync(process.argv[1], { timeout: 5_000 })
database.exec('begin immediate')
process.stdout.write('held')
process.stdin.resume().on('end', () => database.close())
`

/** Another process holds the write lock of a SQLite file until it is told to let go. */
export async function holdDatabase(file: string): Promise<{ release(): Promise<void> }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  return {
    async release() {
      child.stdin.end()
      await ended
    },
  }
}
