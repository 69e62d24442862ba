import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/cli/cli-error.ts'
import { outputFormats } from '../../src/cli/destination.ts'
import { en } from '../../src/messages/en.ts'

const page = readFileSync(new URL('../../docs/desktop-flow.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| `?([^`|]+?)`? \|/gm)].map(match => match[1])

describe('docs/desktop-flow.md', () => {
  it('names every exit code and no other', () => {
    const told = rows.filter(row => /^\d+$/.test(row ?? '')).map(Number)
    expect(told).toEqual([...new Set([0, 1, ...Object.values(exitCodes)])].sort((a, b) => a - b))
  })

  it('names every format and every flag', () => {
    for (const format of outputFormats) expect(rows, format).toContain(format)
    for (const [flag] of `${en.cli.generate.help}${en.cli.browseHelp}`.matchAll(/--[a-z]+(?:-[a-z]+)*\b/g)) {
      expect(page).toContain(flag)
    }
  })
})
