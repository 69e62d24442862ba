import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, RequestHandler } from 'express'
import helmet from 'helmet'
import { type Config, isLoopback } from '../config.ts'
import { AppError } from '../errors.ts'

/** Of any body, in bytes. */
export const largestBody = 32 * 1024
/** A form may spell each byte of its text with three characters. */
export const largestForm = 3 * largestBody + 1024

const policyName = 'Content-Security-Policy'
/** Powerful features no page of ours needs. */
const refusedFeatures = [
  ...['accelerometer', 'bluetooth', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid', 'magnetometer'],
  ...['microphone', 'midi', 'payment', 'serial', 'usb'],
]

/**
 * Headers of every answer. Referrer-Policy is same-origin, not helmet's no-referrer: under the latter Chromium sends
 * `Origin: null` with our own forms, and the origin check would refuse honest people.
 */
export function headersOfEveryAnswer(
  { publicUrl, googleEmulatorHost }: Config,
  scripts = "'none'",
): Record<string, string> {
  const pictures = googleEmulatorHost === null ? [] : [`http://${googleEmulatorHost}`]
  const headers: Record<string, string> = {
    'Cache-Control': 'no-store',
    'Permissions-Policy': refusedFeatures.map(name => `${name}=()`).join(', '),
  }
  const collect = {
    setHeader: (name: string, value: string) => {
      headers[name] = value
    },
    removeHeader: () => undefined,
  } as unknown as ServerResponse
  const write = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: [scripts],
        imgSrc: ["'self'", 'data:', 'https://*.googleusercontent.com', ...pictures],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: publicUrl.startsWith('https:') ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    xFrameOptions: { action: 'deny' },
  })
  write({} as IncomingMessage, collect, () => undefined)
  return headers
}

/** Gives every answer these headers. The only scripts that run are those a page of ours names with its own nonce. */
export function securityHeaders(config: Config): RequestHandler {
  const { [policyName]: policy = '', ...others } = headersOfEveryAnswer(config, "'nonce-here'")
  return (_req, res, next) => {
    res.locals.nonce = randomBytes(16).toString('base64')
    res.set(others)
    res.set(policyName, policy.replace('nonce-here', `nonce-${res.locals.nonce}`))
    next()
  }
}

/** Bodies that say they are too large; the parsers would first read them to their end. Throws AppError `request_too_large`. */
export const onlySmallBodies: RequestHandler = (req, _res, next) => {
  const largest = req.is('application/x-www-form-urlencoded') ? largestForm : largestBody
  next(Number(req.headers['content-length']) > largest ? new AppError('request_too_large') : undefined)
}

/**
 * Refuses bodies that are not what the routes read: forms, JSON under /api/ (and a pasted file as plain text), whatever
 * Google pushes as a security event. Throws AppError `media_type_unsupported`.
 */
export const onlyReadableBodies: RequestHandler = (req, _res, next) => {
  const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
  if (!hasBody || req.path === '/security-events') return next()
  const [type = '', ...parameters] = (req.headers['content-type'] ?? '').toLowerCase().split(';')
  const charsets = parameters.flatMap(each => /^charset="?([^"]*)"?$/.exec(each.trim())?.[1] ?? [])
  const fits = acceptedIn(req.path).includes(type.trim()) && charsets.every(each => each === 'utf-8')
  next(fits ? undefined : new AppError('media_type_unsupported'))
}

function acceptedIn(path: string): string[] {
  if (path === '/api/v1/configuration/check') return ['application/json', 'text/plain']
  return [path.startsWith('/api/') ? 'application/json' : 'application/x-www-form-urlencoded']
}

/**
 * The Host header decides nothing: readers of another name are sent to the configured one, writers are refused. On this
 * very machine its other names (127.0.0.1 for localhost) serve programs as well; people are sent on, their cookies are there.
 */
export function onlyPublicHost({ publicUrl }: Config): RequestHandler {
  const { host, port, hostname } = new URL(publicUrl)
  const aliases = isLoopback(hostname) ? ['localhost', '127.0.0.1', '[::1]'].map(name => `${name}:${port}`) : []
  return (req, res, next) => {
    const asked = req.headers.host?.toLowerCase() ?? ''
    const isPage = req.method === 'GET' && !req.path.startsWith('/api/')
    if (asked === host || (!isPage && aliases.includes(asked))) return next()
    if (!isPage || !URL.canParse(req.originalUrl, publicUrl)) return next(new AppError('misdirected'))
    const { pathname, search } = new URL(req.originalUrl, publicUrl)
    res.redirect(308, publicUrl + pathname + search)
  }
}

/**
 * For a GET that a link on another site must not cause: one that writes an audit entry in somebody's name, or shows secrets.
 * Throws AppError `cross_origin`.
 */
export function refuseOtherSites(req: Request): void {
  if (causedElsewhere(req)) throw new AppError('cross_origin', { params: { reading: 'yes' } })
}

/**
 * Refuses state changes that another site caused. Browsers say where a request comes from in `Sec-Fetch-Site`, older
 * ones in `Origin`; a caller that sends neither is not a browser, and has no browser's cookies to abuse. Another site
 * may link here, but not load our pages into its own.
 */
export function onlySameOrigin({ publicUrl }: Config): RequestHandler {
  return (req, _res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS') {
      return next(causedElsewhere(req) && !opensPage(req) ? new AppError('cross_origin') : undefined)
    }
    const site = req.headers['sec-fetch-site']
    const { origin } = req.headers
    const allowed = site === undefined ? origin === undefined || origin === publicUrl : site === 'same-origin'
    next(allowed ? undefined : new AppError('cross_origin'))
  }
}

/** Another website made the browser ask, or led it here. */
export function causedElsewhere({ headers }: Request): boolean {
  const site = headers['sec-fetch-site'] ?? 'none'
  return site !== 'same-origin' && site !== 'none'
}

/** Whether a person follows a link, rather than a page loading images, frames or data. */
function opensPage({ headers }: Request): boolean {
  return (headers['sec-fetch-dest'] ?? 'document') === 'document'
}
