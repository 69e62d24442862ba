import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const src = new URL('../src/', import.meta.url).pathname
const entries = [
  'main.ts',
  'audit-command.ts',
  'demo.ts',
  'keys.ts',
  'members-command.ts',
  'security-events.ts',
  join('sandbox', 'main.ts'),
  join('cli', 'main.ts'),
]

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(name => /\.ts$/.test(name))
const source = (file: string) => readFileSync(join(src, file), 'utf8')
const importsOf = (file: string) =>
  [...source(file).matchAll(/^(?:import|export)\s[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gms)].map(
    match => match[1] ?? match[2] ?? '',
  )
const folderOf = (file: string) => (file.includes(sep) ? file.slice(0, file.indexOf(sep)) : 'src')
const targetsOf = (file: string) =>
  importsOf(file)
    .filter(name => name.startsWith('.'))
    .map(name => folderOf(relative(src, join(src, dirname(file), name))))
    .filter(folder => folder !== folderOf(file))

/** What each folder may import of the others; `src` is the few files at the top that everybody shares. */
const arrows: Record<string, string[]> = {
  web: ['audit', 'connections', 'accounts', 'configurations', 'members', 'notices', 'db', 'vault', 'messages', 'src'],
  audit: ['db', 'vault', 'src'],
  connections: ['accounts', 'audit', 'members', 'google', 'vault', 'db', 'src'],
  accounts: ['google', 'src'],
  notices: ['audit', 'connections', 'google', 'messages', 'db', 'src'],
  configurations: ['src'],
  members: ['audit', 'google', 'db', 'src'],
  google: ['src'],
  vault: ['db', 'src'],
  db: ['accounts', 'src'],
  messages: ['src', 'audit', 'accounts', 'configurations', 'connections', 'members', 'notices'],
  cli: ['accounts', 'configurations', 'google', 'messages', 'src'],
  sandbox: [],
}

describe('the architecture', () => {
  it.each(Object.entries(arrows))('%s imports only what it may', (folder, allowed) => {
    for (const file of files.filter(name => folderOf(name) === folder)) {
      for (const target of targetsOf(file)) expect(allowed, `${file} imports ${target}`).toContain(target)
    }
  })

  it('only web/ and the top know Express, only stores and db/ know SQL, only google/ knows google-auth-library', () => {
    const rules: [RegExp, RegExp][] = [
      [/^express/, /^(web\/|app\.ts|server\.ts|sandbox\/)/],
      [/^(kysely|pg)$/, /^(db\/|web\/health\.ts)/],
      [/^@photostructure\/sqlite$/, /^db\/sqlite\.ts$/],
      [/^(google-auth-library|gaxios)$/, /^google\//],
      [/^jose$/, /^(google\/|vault\/|sandbox\/)/],
    ]
    for (const file of files) {
      for (const name of importsOf(file)) {
        for (const [library, place] of rules) {
          if (library.test(name)) expect(file, `imports ${name}`).toMatch(place)
        }
      }
    }
  })

  it('only the entry files read the environment', () => {
    for (const file of files.filter(name => !entries.includes(name))) {
      expect(source(file), file).not.toContain('process.env')
    }
  })

  it('row 54: every process that may hold secrets closes itself to debuggers before it loads anything else', () => {
    for (const file of entries.filter(name => !name.startsWith('sandbox'))) {
      expect(importsOf(file)[0], file).toMatch(/\/no-debugger\.ts$/)
    }
  })

  it('only one file writes to a terminal, and the log and the stand-in for Google beside it', () => {
    const writers = ['terminal.ts', 'log.ts', join('sandbox', 'main.ts')]
    for (const file of files.filter(name => !writers.includes(name))) {
      expect(source(file), file).not.toMatch(
        /\bconsole\.(log|error|warn|info|debug|dir|table|trace)|\bstd(out|err)\b(?!:)|node:(console|tty)|writeSync\(/,
      )
    }
  })

  it('views print raw text only to include another view', () => {
    const views = new URL('../views/', import.meta.url).pathname
    for (const file of readdirSync(views, { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.ejs'),
    )) {
      const text = readFileSync(join(views, file), 'utf8')
      for (const [raw] of text.matchAll(/<%-[^%]*%>/g)) expect(raw, file).toMatch(/^<%-\s*include\(/)
      expect(text, file).not.toMatch(/\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=/)
    }
  })
})
