/** What a handler answers. The server adds length, compression and date. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: string
}

export function jsonReply(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: `${JSON.stringify(value, null, status >= 400 ? 2 : 0)}\n`,
  }
}

export function htmlReply(status: number, body: string, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body,
  }
}

export function redirectReply(location: string, headers: Record<string, string> = {}): Reply {
  return { status: 302, headers: { location, 'cache-control': 'no-store', ...headers }, body: '' }
}

/** The page Google's front end shows for a path nobody serves; also the answer to long retired API versions. */
export function googleNotFound(path: string): Reply {
  const shown = path.replace(/[&<>"']/g, '')
  return htmlReply(
    404,
    `<!DOCTYPE html>
<html lang=en>
<meta charset=utf-8>
<title>Error 404 (Not Found)!!1</title>
<p><b>404.</b> <ins>That’s an error.</ins>
<p>The requested URL <code>${shown}</code> was not found on this server. <ins>That’s all we know.</ins>
`,
  )
}
