/** Where requests go, out of the URL of a target. */
export interface BaseUrl {
  /** `http://host:port` */
  readonly origin: string
  /** Before every path; empty for none. */
  readonly basePath: string
  /** The field of that name; null for none. */
  readonly authorization: string | null
  /** The URL without user and password: what may be printed and saved. */
  readonly shown: string
}

/** The base of a target that has neither a path nor credentials. */
export const bareBase: Pick<BaseUrl, 'basePath' | 'authorization'> = { basePath: '', authorization: null }

/** Takes a target's URL apart. Throws TypeError for what is no URL, and URIError for a % that begins no character. */
export function readBaseUrl(text: string): BaseUrl {
  const { origin, pathname, username, password } = new URL(text)
  const basePath = withoutLastSlashes(pathname)
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {
    origin,
    basePath,
    authorization: credentials === ':' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`,
    shown: origin + basePath,
  }
}

function withoutLastSlashes(path: string): string {
  let end = path.length
  while (path[end - 1] === '/') end--
  return path.slice(0, end)
}
