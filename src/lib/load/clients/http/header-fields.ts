import { mistaken, ScenarioMistake, shown } from '../../scenarios/mistakes.ts'

/** The fields of a request. */
export interface HeaderFields {
  /** Names and values in turns, in the order in which they were given. */
  readonly flat: string[]
  /** Those that stand in for a field that the client would send by itself. */
  readonly hasHost: boolean
  readonly hasType: boolean
  readonly hasAuthorization: boolean
}

/** Sent once at most. */
const single = new Set(['host', 'content-type', 'authorization'])

const sendableValue = /^[\t\x20-\x7e]*$/

/** A scenario has few names, which are looked at once; one that makes them up has them looked at anew. */
const mostNames = 1000
const lowerNames = new Map<string, string>()

/**
 * Reads headers as fetch takes them: an object, a Headers object, or pairs; several values of one name are sent as
 * several fields, cookies as one. Throws ScenarioMistake for what cannot be sent, without its value, which may be secret.
 */
export function readFields(headers: unknown): HeaderFields {
  const fields = { flat: [] as string[], hasHost: false, hasType: false, hasAuthorization: false }
  if (typeof headers !== 'object' || headers === null) throw noHeaders(headers)
  if (Symbol.iterator in headers) {
    for (const pair of headers as Iterable<unknown>) {
      if (!Array.isArray(pair) || pair.length !== 2) throw noHeaders(headers)
      addValues(fields, pair[0], pair[1])
    }
    return fields
  }
  const names = Object.keys(headers)
  if (names.length === 0 && !isPlain(headers)) throw noHeaders(headers)
  for (const name of names) addValues(fields, name, (headers as Readonly<Record<string, unknown>>)[name])
  return fields
}

function noHeaders(given: unknown): ScenarioMistake {
  return mistaken('headers', given, 'an object of names and values, a Headers object, or a list of [name, value]')
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

type Fields = { -readonly [Key in keyof HeaderFields]: HeaderFields[Key] }

function addValues(fields: Fields, name: unknown, given: unknown): void {
  if (typeof given === 'string') add(fields, name, given)
  else if (Array.isArray(given) && given.length > 0) {
    for (const value of given as readonly unknown[]) add(fields, name, textOf(name, value))
  } else add(fields, name, textOf(name, given))
}

function textOf(name: unknown, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || Number.isFinite(value)) return String(value)
  throw new ScenarioMistake(
    `the header ${shown(name)} cannot be ${shown(value)}. Allowed: a text, a number or a list of them; leave out what is not to be sent`,
  )
}

function add(fields: Fields, name: unknown, value: string): void {
  const lower = (typeof name === 'string' ? lowerNames.get(name) : undefined) ?? requireName(name)
  if (!sendableValue.test(value)) {
    const allowed = 'a text of ASCII without line breaks; encode anything else, by encodeURIComponent say'
    throw new ScenarioMistake(`the header ${lower} has a character that cannot be sent. Allowed: ${allowed}`)
  }
  if (lower === 'cookie' && joinCookie(fields.flat, value)) return
  if (single.has(lower)) claim(fields, lower, value)
  fields.flat.push(name as string, value)
}

/** The name in lower case. */
function requireName(name: unknown): string {
  if (typeof name !== 'string' || !isToken(name)) {
    throw mistaken('the name of a header', name, "letters, digits and !#$%&'*+-.^_`|~")
  }
  const lower = name.toLowerCase()
  const why = whyOwned(lower)
  if (why !== undefined) throw new ScenarioMistake(`the header ${lower} cannot be sent: ${why}. Leave it out`)
  if (lowerNames.size === mostNames) lowerNames.clear()
  lowerNames.set(name, lower)
  return lower
}

function claim(fields: Fields, lower: string, value: string): void {
  const key = lower === 'host' ? 'hasHost' : lower === 'content-type' ? 'hasType' : 'hasAuthorization'
  if (fields[key]) throw new ScenarioMistake(`the header ${lower} cannot be sent twice. Allowed: one value`)
  if (lower === 'host' && !isHost(value)) throw mistaken('the header host', value, 'a name or name:port')
  fields[key] = true
}

/** RFC 6265, 5.4: a request has one field of cookies. Many servers read the first alone, or join them by a comma. */
function joinCookie(flat: string[], value: string): boolean {
  const at = flat.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'cookie')
  if (at === -1) return false
  flat[at + 1] += `; ${value}`
  return true
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Whether a text is a token (RFC 9110, 5.6.2): what methods, names of headers and subprotocols are made of. */
export function isToken(text: string): boolean {
  return token.test(text)
}

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
