import { Graph, layout } from '@dagrejs/dagre'
import type { HierarchyAccount } from '../../accounts/account.ts'
import type { CustomerId } from '../../customer-id.ts'

/** Where everything stands, in pixels from the top left. */
export interface Drawing {
  width: number
  height: number
  nodes: { customerId: CustomerId; x: number; y: number; width: number; height: number }[]
  /** Frames around clients that share their managers; the arrow leads to the frame. */
  groups: { key: string; x: number; y: number; width: number; height: number }[]
  edges: { key: string; path: string }[]
}

const MANAGER = { width: 204, height: 56 }
const CLIENT = { width: 176, height: 46 }
const GAP = 10
const PADDING = 12
const MARGIN = 16
/** From this many on, clients with the same managers stand in one frame instead of side by side. */
const GROUP_FROM = 4

interface Box {
  width: number
  height: number
  clients: HierarchyAccount[]
}

/** Managers above, clients below, arrows downwards. Accounts whose manager is unknown are not part of the drawing. */
export function drawGraph(accounts: HierarchyAccount[], top: CustomerId): Drawing {
  const inside = new Set(accounts.map(account => account.customerId))
  const parentsOf = (account: HierarchyAccount) =>
    account.customerId === top ? [] : account.parents.filter(parent => inside.has(parent)).sort()
  const graph = new Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 56, marginx: MARGIN, marginy: MARGIN })
  graph.setDefaultEdgeLabel(() => ({}))

  const boxes = new Map<string, Box>()
  const families = new Map<string, HierarchyAccount[]>()
  for (const account of accounts) {
    if (account.manager) graph.setNode(account.customerId, { ...MANAGER })
    else {
      const key = parentsOf(account).join('+')
      families.set(key, [...(families.get(key) ?? []), account])
    }
  }
  for (const [key, clients] of families) {
    if (clients.length >= GROUP_FROM && key !== '') {
      const box = boxOf(clients)
      boxes.set(`group-${key}`, box)
      graph.setNode(`group-${key}`, { width: box.width, height: box.height })
      for (const parent of key.split('+')) graph.setEdge(parent, `group-${key}`)
    } else {
      for (const client of clients) {
        graph.setNode(client.customerId, { ...CLIENT })
        for (const parent of parentsOf(client)) graph.setEdge(parent, client.customerId)
      }
    }
  }
  for (const manager of accounts.filter(account => account.manager)) {
    for (const parent of parentsOf(manager)) graph.setEdge(parent, manager.customerId)
  }
  layout(graph)
  return readLayout(graph, boxes)
}

function readLayout(graph: Graph, boxes: Map<string, Box>): Drawing {
  const drawing: Drawing = { width: 0, height: 0, nodes: [], groups: [], edges: [] }
  for (const id of graph.nodes()) {
    const node = graph.node(id) as { x: number; y: number; width: number; height: number }
    const x = Math.round(node.x - node.width / 2)
    const y = Math.round(node.y - node.height / 2)
    drawing.width = Math.max(drawing.width, x + node.width + MARGIN)
    drawing.height = Math.max(drawing.height, y + node.height + MARGIN)
    const box = boxes.get(id)
    if (box === undefined) {
      drawing.nodes.push({ customerId: id, x, y, width: node.width, height: node.height })
      continue
    }
    drawing.groups.push({ key: id, x, y, width: node.width, height: node.height })
    const columns = columnsFor(box.clients.length)
    box.clients.forEach((client, index) => {
      drawing.nodes.push({
        customerId: client.customerId,
        x: x + PADDING + (index % columns) * (CLIENT.width + GAP),
        y: y + PADDING + Math.floor(index / columns) * (CLIENT.height + GAP),
        ...CLIENT,
      })
    })
  }
  for (const edge of graph.edges()) {
    const { points } = graph.edge(edge) as { points: { x: number; y: number }[] }
    drawing.edges.push({ key: `${edge.v}-${edge.w}`, path: smooth(points) })
  }
  return drawing
}

function boxOf(clients: HierarchyAccount[]): Box {
  const columns = columnsFor(clients.length)
  const rows = Math.ceil(clients.length / columns)
  return {
    width: 2 * PADDING + columns * CLIENT.width + (columns - 1) * GAP,
    height: 2 * PADDING + rows * CLIENT.height + (rows - 1) * GAP,
    clients,
  }
}

function columnsFor(count: number): number {
  if (count <= 6) return 1
  if (count <= 16) return 2
  return Math.min(5, Math.ceil(Math.sqrt(count / 3)))
}

/** A line through the points whose corners are rounded by quadratic curves. */
function smooth(points: { x: number; y: number }[]): string {
  const at = (point: { x: number; y: number }) => `${point.x.toFixed(1)},${point.y.toFixed(1)}`
  const [first, ...rest] = points
  const last = rest.pop()
  if (first === undefined || last === undefined) return ''
  let path = `M${at(first)}`
  rest.forEach((corner, index) => {
    const next = rest[index + 1]
    const end = next === undefined ? last : { x: (corner.x + next.x) / 2, y: (corner.y + next.y) / 2 }
    path += ` Q${at(corner)} ${at(end)}`
  })
  return rest.length === 0 ? `${path} L${at(last)}` : path
}
