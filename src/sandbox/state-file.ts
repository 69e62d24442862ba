import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { SavedGrants } from './oauth/grant-store.ts'
import { keyFromPem, keyToPem } from './oauth/signing-keys.ts'
import type { World } from './world.ts'

interface SavedState {
  version: 1
  scenario: string
  signingKeys: string[]
  serviceAccountKeys: Record<string, string>
  grants: SavedGrants
}

/** Keeps what must outlive a restart: consents, refresh tokens, keys. Written whole to a new file, mode 0600, then renamed. */
export class StateFile {
  readonly #path: string
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** Fills a world from the file. Does nothing without a file, or with one of another scenario. */
  async restore(world: World): Promise<void> {
    const saved = await this.#read()
    if (saved?.version !== 1 || saved.scenario !== world.scenario.name) return
    world.signingKeys = saved.signingKeys.map(keyFromPem)
    for (const [label, pem] of Object.entries(saved.serviceAccountKeys))
      world.serviceAccountKeys.set(label, keyFromPem(pem))
    world.grants.restore(saved.grants)
  }

  /** Writes soon; many changes at once cause one write. */
  schedule(world: World): void {
    this.#timer ??= setTimeout(() => void this.flush(world), 50).unref()
  }

  async flush(world: World): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#write(world))
    await this.#writing
  }

  async #write(world: World): Promise<void> {
    const state: SavedState = {
      version: 1,
      scenario: world.scenario.name,
      signingKeys: world.signingKeys.map(keyToPem),
      serviceAccountKeys: Object.fromEntries(
        [...world.serviceAccountKeys].map(([label, key]) => [label, keyToPem(key)]),
      ),
      grants: world.grants.save(),
    }
    const temporary = `${this.#path}.${randomUUID()}`
    await mkdir(dirname(this.#path), { recursive: true })
    await writeFile(temporary, JSON.stringify(state), { mode: 0o600 })
    await rename(temporary, this.#path)
  }

  async #read(): Promise<SavedState | undefined> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as SavedState
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new Error(`The sandbox cannot read its state file ${this.#path}.`, { cause: error })
    }
  }
}
