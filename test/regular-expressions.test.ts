import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { parseAst } from 'vitest/node'

const root = new URL('../', import.meta.url).pathname
const checkedFile = `${root}test/fixtures/checked-expressions.json`

/** In pure JavaScript; the package's own entry starts a Java archive or a program of its own. */
const { checkSync } = createRequire(import.meta.url)('recheck/lib/browser.js') as {
  checkSync(source: string, flags: string, options: object): { status: 'safe' | 'vulnerable' | 'unknown' }
}

/** Those the checker gives up on, each with the reason why it is linear. */
const provedByHand: Record<string, string> = {
  '/("[a-z_]*(?:token|secret|verifier|password|assertion|cookie|authorization|private_key)"\\s*:\\s*")(?:[^"\\\\]|\\\\.)*"/gi':
    'A name runs from one quote to the next, and a value ends at the first quote that is not escaped: no two attempts share a run.',
  '/ya29\\.[\\w.-]+|(?<![\\w:])1\\/\\/0[\\w-]{6,}|(?<!\\w)4\\/0[\\w-]{6,}|GOCSPX-[\\w-]+|eyJ[\\w-]{8,}(?:\\.[\\w.-]+)?|-----BEGIN[^"]*|Bearer [\\w.~+/=-]+/g':
    'Every repetition is the last thing in its branch, so whatever was read is part of the match.',
  '/previously executed migration \\S+ is missing/': 'The repetition cannot read the blanks its beginning has.',
  '/has not been used in project \\S+ before or it is disabled/i':
    'The repetition cannot read the blanks its beginning has.',
  '/Google::Ads::GoogleAds|^[ \\t]*c(?:onfig)?\\.\\w+[ \\t]*=/m':
    'One attempt a line, and no two runs share a character.',
  '/\\bGoogleAdsApi\\b|\\bgoogle-auth-library\\b|\\.Customer\\(|^[ \\t]*(?:import|const)\\b/m':
    'One attempt a line, and one run in it.',
  '/^[ \\t]*(?:export[ \\t]+|set[ \\t]+)?(?:GOOGLE_ADS_\\w+|USE_APPLICATION_DEFAULT_CREDENTIALS)=/m':
    'One attempt a line, and no two runs share a character.',
  '/(^|[,;\\t\\r\\n])(?=(?:"|[^\\S\\t\\r\\n])*[=+\\-@＝＋－＠])/gu':
    'A run of quotes and spaces holds no separator, so only one attempt reads it. (The checker counts tabs as such spaces.)',
  '/ya29\\.[\\w.-]+|1\\/\\/0[\\w-]{6,}|4\\/0[\\w-]{6,}|GOCSPX-[\\w-]+|eyJ[\\w-]{8,}(?:\\.[\\w-]+)*|-----BEGIN[\\s\\S]*|gads_\\w{4,}|(?<=[?&](?:code|state|key|\\w*token|client_secret|assertion)=)[^&\\s"\'<>]+/gi':
    'Every repetition is the last thing in its branch; the look-behind reads one name back from one equals sign.',
  '/googleads\\.googleapis\\.com\\/v\\d+\\/customers\\/([^/]*)/': 'The digits cannot hold a second beginning.',
}

/** Made while the program runs. */
const madeAtRunTime: Record<string, string> = {
  'src/configurations/explain/notations/shell-words.ts':
    'Joins literals that are checked here, tried at one place only.',
  'src/sandbox/gaql/condition.ts':
    'LIKE and REGEXP_MATCH of the local Google, which nobody but its own developer asks.',
}

interface Found {
  expressions: Set<string>
  makers: Set<string>
}

function expressionsOf(): Found {
  const found: Found = { expressions: new Set(), makers: new Set() }
  for (const folder of ['src', 'public']) {
    for (const name of readdirSync(root + folder, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(?:ts|js)$/.test(name)) continue
      const file = `${folder}/${name}`
      visit(parseAst(readFileSync(root + file, 'utf8'), { lang: name.endsWith('.ts') ? 'ts' : 'js' }), file, found)
    }
  }
  return found
}

type Node = { type?: string; regex?: { pattern: string; flags: string }; callee?: { name?: string } }

function visit(node: unknown, file: string, found: Found): void {
  if (typeof node !== 'object' || node === null) return
  const { type, regex, callee } = node as Node
  if (type === 'Literal' && regex) found.expressions.add(`/${regex.pattern}/${regex.flags}`)
  if ((type === 'NewExpression' || type === 'CallExpression') && callee?.name === 'RegExp') found.makers.add(file)
  for (const child of Object.values(node)) visit(child, file, found)
}

function verdict(expression: string): string {
  const end = expression.lastIndexOf('/')
  return checkSync(expression.slice(1, end), expression.slice(end + 1), { timeout: 20_000 }).status
}

const { expressions, makers } = expressionsOf()

/**
 * The checker takes minutes for all of them, so what it found safe is kept in a file. A new expression is checked each time
 * until `KEEP_CHECKED=1 npx vitest run test/regular-expressions.test.ts` has added it; old ones go by themselves then.
 */
test('row 66: every regular expression takes linear time', () => {
  const checked = new Set(JSON.parse(readFileSync(checkedFile, 'utf8')) as string[])
  const fresh = [...expressions].filter(each => !checked.has(each) && provedByHand[each] === undefined)
  const verdicts = new Map(fresh.map(each => [each, verdict(each)]))
  expect([...verdicts].filter(([, status]) => status !== 'safe')).toEqual([])
  if (process.env.KEEP_CHECKED === undefined) return
  const kept = [...expressions].filter(each => provedByHand[each] === undefined).sort()
  writeFileSync(checkedFile, `${JSON.stringify(kept, null, 2)}\n`)
}, 600_000)

test('row 66: expressions proved by hand or made at run time are exactly those listed', () => {
  expect(Object.keys(provedByHand).filter(each => !expressions.has(each))).toEqual([])
  expect([...makers].sort()).toEqual(Object.keys(madeAtRunTime).sort())
})

test('the checker finds slow expressions', () => {
  expect(verdict('/^(a+)+$/')).toBe('vulnerable')
})
