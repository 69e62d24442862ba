import type { World } from '../world.ts'

const MOST_LINES = 300

/** The accounts of a scenario as indented text, one line for each way down; links that are not active are named. */
export function accountTree(world: World): string {
  const { graph } = world
  const lines: string[] = []
  const walk = (id: string, depth: number, note: string) => {
    if (lines.length >= MOST_LINES) return
    lines.push(`${'  '.repeat(depth)}${lineFor(id, world)}${note}`)
    for (const { client, status, hidden } of graph.linksBelow(id)) {
      const told = `${status === 'ACTIVE' ? '' : `, link ${status.toLowerCase()}`}${hidden ? ', hidden' : ''}`
      if (status === 'ACTIVE') walk(client, depth + 1, told)
      else lines.push(`${'  '.repeat(depth + 1)}${lineFor(client, world)}${told}`)
    }
  }
  for (const { id } of world.scenario.accounts) {
    if (!graph.linksAbove(id).some(({ status }) => status === 'ACTIVE')) walk(id, 0, '')
  }
  if (lines.length >= MOST_LINES) lines.push(`… (${world.scenario.accounts.length} accounts in all)`)
  return lines.join('\n')
}

function lineFor(id: string, { graph }: World): string {
  const account = graph.accounts.get(id)
  if (!account) return id
  const { label, name, kind, status, testAccount, currency, timeZone } = account
  const shown = [kind, status.toLowerCase(), currency, timeZone, ...(testAccount ? ['test account'] : [])].join(', ')
  return `${label === undefined ? '' : `${label}  `}${id}  ${name ?? '(no name)'}  [${shown}]`
}
