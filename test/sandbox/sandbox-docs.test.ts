import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { faultPresets } from '../../src/sandbox/fault-presets.ts'
import { operations } from '../../src/sandbox/faults.ts'
import { ACTIONS } from '../../src/sandbox/pages/control-routes.ts'
import { agencyScenario } from '../../src/sandbox/scenarios/agency.ts'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'

const page = readFileSync(new URL('../../docs/sandbox.md', import.meta.url), 'utf8').replace(/ +/g, ' ')

describe('docs/sandbox.md', () => {
  it('lists every named switch with its title', () => {
    for (const { name, title } of faultPresets) expect(page).toContain(`| \`${name}\` | ${title} |`)
  })

  it('lists every control call', () => {
    for (const call of Object.keys(ACTIONS)) expect(page).toContain(call.replace(' /', ' /_sandbox/'))
  })

  it('names every operation a fault can match', () => {
    for (const operation of operations) {
      if (!['unknown', 'token.other'].includes(operation)) expect(page).toContain(`\`${operation}\``)
    }
  })

  it('names the client and the people', () => {
    expect(page).toContain(DEFAULT_CLIENT.clientId)
    expect(page).toContain(DEFAULT_CLIENT.clientSecret)
    for (const { label, email } of agencyScenario.people) expect(page).toMatch(new RegExp(`\\| ${label} \\| ${email}`))
  })
})
