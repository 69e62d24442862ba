/** A browser as far as HTTP goes: keeps cookies per origin and path, follows nothing by itself. */
export class BrowserSession {
  readonly #cookies = new Map<string, Map<string, string>>()
  readonly #origin: string
  readonly #at: string

  /** With `at`, what is for the origin goes there: to one of several instances behind it. */
  constructor(origin: string, at = origin) {
    this.#origin = origin
    this.#at = at
  }

  /** `path` may be a full URL of any origin. */
  async get(path: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.#send(path, { method: 'GET', headers })
  }

  async post(
    path: string,
    form: Record<string, string | string[]> = {},
    headers: Record<string, string> = {},
  ): Promise<Page> {
    const url = new URL(path, this.#origin)
    return this.#send(path, {
      method: 'POST',
      body: new URLSearchParams(
        Object.entries(form).flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, each])),
      ),
      headers: { origin: url.origin, ...headers },
    })
  }

  cookies(origin = this.#origin): ReadonlyMap<string, string> {
    return this.#cookies.get(new URL(origin).host) ?? new Map()
  }

  setCookie(name: string, value: string): void {
    this.#jar(new URL(this.#origin).host).set(name, value)
  }

  copy(): BrowserSession {
    const twin = new BrowserSession(this.#origin, this.#at)
    for (const [host, jar] of this.#cookies) twin.#cookies.set(host, new Map(jar))
    return twin
  }

  async #send(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Page> {
    const url = new URL(path, this.#origin)
    const cookie = [...this.#jar(url.host)].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url.origin === this.#origin ? new URL(url.pathname + url.search, this.#at) : url, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, ...(cookie && { cookie }) },
    })
    for (const line of response.headers.getSetCookie()) this.#keep(url.host, line)
    return {
      url: url.href,
      status: response.status,
      headers: response.headers,
      location: response.headers.get('location'),
      text: await response.text(),
    }
  }

  #keep(host: string, line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    const gone = value === '' || attributes.some(attribute => /^(max-age=0|expires=thu, 01 jan 1970)/i.test(attribute))
    if (gone) this.#jar(host).delete(name)
    else this.#jar(host).set(name, value)
  }

  #jar(host: string): Map<string, string> {
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, jar)
    return jar
  }
}

export interface Page {
  url: string
  status: number
  headers: Headers
  location: string | null
  text: string
}
