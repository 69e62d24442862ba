import type { Hierarchy } from '../accounts/account.ts'
import { accountGraph } from '../accounts/graph.ts'
import type { CustomerId } from '../customer-id.ts'
import { type OffLoop, task } from '../off-loop.ts'
import { toDraw } from './present/picture.ts'
import { type Drawing, drawGraph } from './present/picture-layout.ts'

/**
 * Draws the accounts below an account, in a separate thread and once for each list of accounts, however many people ask.
 * Null if there is nothing to draw, or too much. Throws AppError `busy` if too many people are asking.
 */
export type Pictures = (hierarchy: Hierarchy, at: CustomerId | null, by: string) => Promise<Drawing | null>

const layout = task(import.meta.url.replace('pictures', 'present/picture-layout'), drawGraph)
const keptForOneList = 20

export function createPictures(offLoop: OffLoop): Pictures {
  const kept = new WeakMap<Hierarchy['accounts'], Map<CustomerId, Promise<Drawing | null>>>()

  return async (hierarchy, at, by) => {
    const part = toDraw(hierarchy, accountGraph(hierarchy), at)
    if ('whyNot' in part) return null
    const { top, accounts } = part
    const drawings = kept.get(hierarchy.accounts) ?? new Map<CustomerId, Promise<Drawing | null>>()
    kept.set(hierarchy.accounts, drawings)
    const known = drawings.get(top.customerId)
    if (known) return known
    const drawing = offLoop.run(by, layout, accounts, top.customerId)
    drawings.set(top.customerId, drawing)
    // Only results are kept, so someone who got `busy` can ask again.
    drawing.catch(() => drawings.delete(top.customerId))
    for (const oldest of [...drawings.keys()].slice(0, -keptForOneList)) drawings.delete(oldest)
    return drawing
  }
}
