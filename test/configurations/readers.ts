import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { XMLParser } from 'fast-xml-parser'
import { parse as parseYaml } from 'yaml'

/** Readers of each format: the real one where there is one on this machine or on npm, else written from its rules. */
export type Read = (text: string) => Record<string, string>

/** java.util.Properties.load, from its documentation: Latin-1 bytes, continued lines, escapes. */
export const readProperties: Read = text => {
  const content = Buffer.from(text, 'utf8').toString('latin1')
  const logical = content.split(/\r\n|\r|\n/).reduce<{ open: boolean; list: string[] }>(
    ({ open, list }, raw) => {
      const line = raw.replace(/^[ \t\f]+/, '')
      if (!open && (line === '' || /^[#!]/.test(line))) return { open: false, list }
      const continued = /(?:^|[^\\])(?:\\\\)*\\$/.test(line)
      const part = continued ? line.slice(0, -1) : line
      if (open) list.push(`${list.pop()}${part}`)
      else list.push(part)
      return { open: continued, list }
    },
    { open: false, list: [] },
  ).list
  const unescaped = (part: string) =>
    part.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, one: string) =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : ({ n: '\n', r: '\r', t: '\t', f: '\f' }[one] ?? one),
    )
  return Object.fromEntries(
    logical.map(line => {
      const key = /^(?:\\.|[^\\=: \t\f])*/s.exec(line)?.[0] ?? ''
      const value = line.slice(key.length).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
      return [unescaped(key), unescaped(value)]
    }),
  )
}

export const readXml: Read = text => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    trimValues: false,
    htmlEntities: true,
  })
  const { add } = parser.parse(text).configuration.GoogleAdsApi as { add: { key: string; value: string }[] }
  return Object.fromEntries(add.map(({ key, value }) => [key, value]))
}

export const readJson: Read = text => JSON.parse(text).GoogleAdsApi

export const readYaml: Read = text => parseYaml(text)

/** PHP's INI scanner in its normal mode, as far as quoted values go (Zend/zend_ini_scanner.l). Sections are dropped. */
export const readPhpIni: Read = text => {
  const values: Record<string, string> = {}
  let rest = text
  while (rest !== '') {
    const skipped = /^(?:;[^\n]*\n|\[\w+\]\n|\n)/.exec(rest)?.[0]
    if (skipped !== undefined) {
      rest = rest.slice(skipped.length)
      continue
    }
    const key = /^(\w+) = /.exec(rest)
    if (!key) throw new Error(`no key at ${JSON.stringify(rest.slice(0, 40))}`)
    rest = rest.slice(key[0].length)
    let value = ''
    while (!rest.startsWith('\n')) {
      const single = /^'([^']+)'/.exec(rest)
      const length = single ? single[0].length : doubleQuotedLength(rest)
      value += single ? single[1] : phpUnescape(rest.slice(1, length - 1))
      rest = rest.slice(length)
    }
    values[key[1] ?? ''] = value
  }
  return values
}

function doubleQuotedLength(text: string): number {
  if (text[0] !== '"') throw new Error(`no quote at ${JSON.stringify(text.slice(0, 40))}`)
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '$' && text[at + 1] === '{') throw new Error('a variable would be expanded')
    if (text[at] === '"' && (text[at - 1] !== '\\' || text[at - 2] === '\\')) return at + 1
    if (text[at] === '\\' && text[at + 1] !== '"') at++
  }
  throw new Error('unclosed')
}

const phpUnescape = (text: string) => text.replace(/\\(["'\\])/g, '$1')

/** Ruby's two kinds of string literals; an interpolation that would run is an error. */
export const readRuby: Read = text => {
  const literal = /^ {2}c\.(\w+) = (?:'((?:\\.|[^\\'])*)'|"((?:\\(?:u\{[0-9a-f]+\}|.)|[^\\"])*)")$/gms
  return Object.fromEntries(
    [...text.matchAll(literal)].map(([, key = '', single, double = '']) => {
      if (single !== undefined) return [key, single.replace(/\\([\\'])/g, '$1')]
      if (/(?<!\\)(?:\\\\)*#[{$@]/.test(double)) throw new Error('an interpolation would run')
      const plain = (_: string, hex: string | undefined, one: string) =>
        hex ? String.fromCodePoint(Number.parseInt(hex, 16)) : one
      return [key, double.replace(/\\(?:u\{([0-9a-f]+)\}|(.))/gs, plain)]
    }),
  )
}

const without: Record<string, boolean> = {}

/** Whether this machine has the interpreter. */
export function has(command: string): boolean {
  without[command] ??= spawnSync(command, ['--version']).error !== undefined
  return !without[command]
}

/** What parse_ini_file makes of it, by php itself. */
export const readPhpItself: Read = text => {
  const program = 'foreach (parse_ini_file($argv[1], true) as $s) foreach ($s as $k => $v) echo $k, "\\0", $v, "\\0";'
  return pairs(execFileSync('php', ['-r', program, saved(text)]))
}

/** The file evaluated as the library does, by ruby itself, with a Config that only remembers. */
export const readRubyItself: Read = text => {
  const program = `
    module Google; module Ads; module GoogleAds; class Config
      def initialize; yield self; end
      def method_missing(name, value); STDOUT.write(name.to_s.chomp("="), 0.chr, value, 0.chr); end
    end; end; end; end
    eval(File.read(ARGV[0], encoding: "UTF-8"))`
  return pairs(execFileSync('ruby', ['-e', program, saved(text)]))
}

const folder = mkdtempSync(join(tmpdir(), 'keyring-configurations-'))

function saved(text: string): string {
  const path = join(folder, 'file')
  writeFileSync(path, text)
  return path
}

function pairs(output: Buffer): Record<string, string> {
  const parts = output.toString('utf8').split('\0').slice(0, -1)
  return Object.fromEntries(parts.flatMap((part, at) => (at % 2 === 0 ? [[part, parts[at + 1] ?? '']] : [])))
}

/** The Perl library's way: a line is a key, `=` and the value as it stands. Run by perl itself. */
export const readPerl: Read = text => {
  const program =
    'while (my $l = <STDIN>) { chomp $l; next if $l =~ /^#|^\\s*$/; my @p = split(/=/, $l, 2); print "$p[0]\\0$p[1]\\0" }'
  return pairs(execFileSync('perl', ['-e', program], { input: text }))
}

export const readShell: Read = text => {
  const output = execFileSync('bash', ['--norc', '-c', 'set -a; . "$0"; exec env -0', saved(text)], {
    env: { PATH: process.env.PATH ?? '' },
  })
  return shellPairs(output.toString('utf8'))
}

function shellPairs(output: string): Record<string, string> {
  const list = output.split('\0').slice(0, -1)
  return Object.fromEntries(list.map(each => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]))
}

const answer = '{"access_token": "from-google", "accessToken": "from-google"}'

/**
 * Runs the script by `sh` with a curl of ours in its place; gives what each request was called with, and the variables
 * the script had at its end.
 */
export function runCurl(text: string): { token: string[]; query: string[]; variables: Record<string, string> } {
  // No value of a test is one of these, or ends like them.
  const [callEnd, variablesStart] = ['end-of-call-93c1f0\0', 'variables-93c1f0\0']
  const print = (marker: string) => `printf '%s\\0' '${marker.slice(0, -1)}'`
  const stub = `curl() { printf '%s\\0' "$@" >> "$LOG"; ${print(callEnd)} >> "$LOG"; printf '${answer}\\n'; }\nset -a\n`
  const log = join(folder, 'curl.log')
  writeFileSync(log, '')
  const script = saved(`${stub}${text}\n${print(variablesStart)}; exec env -0`)
  const output = execFileSync('sh', [script], { env: { PATH: process.env.PATH ?? '', LOG: log }, stdio: 'pipe' })
  const variables = shellPairs(output.toString('utf8').split(variablesStart).at(-1) ?? '')
  const [token = [], query = []] = readFileSync(log, 'utf8')
    .split(callEnd)
    .map(call => call.split('\0').slice(0, -1))
  return { token, query, variables }
}

export const readNode: Read = text => {
  const given: Record<string, string> = {}
  class GoogleAuth {
    constructor(options: object) {
      Object.assign(given, options)
    }
  }
  class GoogleAdsApi {
    constructor(options: object) {
      Object.assign(given, options)
    }
    Customer(options: object) {
      return Object.assign(given, options)
    }
  }
  const code = text.replace(/^import .*$/m, '').replace(/^export /m, '')
  const account = runInNewContext(`${code}\n;typeof account === 'undefined' ? {} : account`, {
    GoogleAdsApi,
    GoogleAuth,
  })
  Object.assign(given, account)
  return given
}
