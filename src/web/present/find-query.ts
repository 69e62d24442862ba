import { type CustomerId, parseCustomerId } from '../../customer-id.ts'
import { routes } from './routes.ts'

/** What the page was asked. */
export interface FindQuery {
  /** As it was typed. */
  text: string
  customerId: CustomerId | null
  expected: string | null
  connectionId: string | null
  /** The login customer somebody looked through, where the question came from. */
  loginCustomerId: CustomerId | null
}

/** Whatever cannot be read stands at its default; nothing here fails. */
export function readFindQuery(query: Readonly<Record<string, unknown>>): FindQuery {
  const text = (name: string, longest: number) => {
    const value = query[name]
    return typeof value === 'string' ? value.trim().slice(0, longest) : ''
  }
  const typed = text('customer_id', 200)
  return {
    text: typed,
    customerId: parseCustomerId(typed),
    expected: /^[^\s@]+@[^\s@]+$/.exec(text('expected', 254))?.[0] ?? null,
    connectionId: text('connection', 64) || null,
    loginCustomerId: parseCustomerId(text('login_customer_id', 40)),
  }
}

/** The address of the same question. */
export function findHref({ text, expected, connectionId, loginCustomerId }: FindQuery): string {
  return routes.find({
    customer_id: text || undefined,
    expected: expected ?? undefined,
    connection: connectionId ?? undefined,
    login_customer_id: loginCustomerId ?? undefined,
  })
}
