import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = new URL('../', import.meta.url).pathname
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const pages = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', ...markdownIn('docs')]

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => join(folder, name))
}

/** What a heading is linked by: lower case, without punctuation, dashes for spaces. */
function headingsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('the documents', () => {
  it('name every setting in the README', () => {
    for (const name of read('.env.example').match(/^[A-Z_]+(?==)/gm) ?? []) {
      expect(read('README.md'), name).toContain(`\`${name}\``)
    }
  })

  it.each(pages)('%s links only to what exists', page => {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (!/^https?:/.test(target)) expect(existsSync(join(root, dirname(page), target)), target).toBe(true)
    }
  })

  it.each(pages)('%s links only to headings that are there', page => {
    for (const [, target = '', anchor = ''] of read(page).matchAll(/\]\(([^)#]*)#([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      expect(headingsOf(target === '' ? page : join(dirname(page), target)), `${target}#${anchor}`).toContain(anchor)
    }
  })

  it.each(pages)('%s names only commands that exist', page => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    for (const [, script = ''] of read(page).matchAll(/npm run ([\w-]+)/g))
      expect(scripts, script).toHaveProperty(script)
    for (const [, file = ''] of read(page).matchAll(/\bdist\/([\w/-]+)\.js/g)) {
      expect(existsSync(join(root, 'src', `${file}.ts`)), file).toBe(true)
    }
  })

  it.each(pages)('%s names only files that exist', page => {
    for (const [, file = ''] of read(page).matchAll(/`((?:src|views|public|test|docs)\/[\w./-]+\.\w+)`/g)) {
      expect(existsSync(join(root, file)), file).toBe(true)
    }
  })

  it('list every decision', () => {
    const records = readdirSync(join(root, 'docs/decisions')).filter(name => /^\d/.test(name))
    for (const record of records) expect(read('docs/decisions/README.md')).toContain(`(${record})`)
  })

  it('describe every table and every sealed column in docs/storage.md', () => {
    for (const [, table = ''] of read('src/db/schema.ts').matchAll(/^ {2}(\w+): \w+Table$/gm)) {
      expect(read('docs/storage.md'), table).toContain(`\`${table}`)
    }
  })
})
