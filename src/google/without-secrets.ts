const shapes =
  /ya29\.[\w.-]+|1\/\/0[\w-]{6,}|4\/0[\w-]{6,}|GOCSPX-[\w-]+|eyJ[\w-]{8,}(?:\.[\w-]+)*|-----BEGIN[\s\S]*|gads_\w{4,}|(?<=[?&](?:code|state|key|\w*token|client_secret|assertion)=)[^&\s"'<>]+/gi

const hidden = '[hidden]'
const shortest = 8

/**
 * Removes credentials from what Google said in a refusal: every value in `sent`, which the request held, and everything that
 * looks like a credential. Every part of a refusal that is stored, logged or shown goes through here.
 */
export function withoutSecrets<T>(said: T, sent: readonly string[]): T {
  const secrets = sent.filter(each => each.length >= shortest)
  const hide = (text: string) =>
    secrets.reduce((left, each) => left.replaceAll(each, hidden), text).replace(shapes, hidden)
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return hide(value)
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each)]))
  }
  return walk(said) as T
}
