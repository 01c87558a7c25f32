const keptByClient = 'connections are opened and kept by rushbench, as a browser does it'
const lengthIsKnown = 'the body is sent whole, with its length'
const withoutTrailers = 'requests are sent, and answers read, without trailers'

/** These say where a request ends and who is on the line, which is the client's business. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['connection', keptByClient],
  ['keep-alive', keptByClient],
  ['proxy-connection', keptByClient],
  ['content-length', lengthIsKnown],
  ['transfer-encoding', lengthIsKnown],
  ['te', withoutTrailers],
  ['trailer', withoutTrailers],
  ['expect', 'the body is sent at once'],
  ['upgrade', 'WebSockets are opened by connect'],
])

const sendableHost = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/** Whether a request may name that host: a name or name:port. */
export function isHost(value: string): boolean {
  return sendableHost.test(value)
}

/** Why the header `name`, in small letters, is the client's and nobody else's; undefined for one that may be given. */
export function whyOwned(name: string): string | undefined {
  return reasons.get(name)
}
