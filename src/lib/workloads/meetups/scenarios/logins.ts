import type { VirtualUser } from '../../../load/scenario.ts'
import { seededPassword } from '../made.ts'
import { ask } from './graphql.ts'

/** What an account asks with, and what renews it. */
export interface Tokens {
  readonly idToken: string
  readonly refreshToken: string
}

/** Who is logged in, by email: a person logs in once, whatever they do then. All have the password of seeded accounts. */
export interface Logins {
  /** Of somebody who has just signed up. */
  add(email: string, tokens: Tokens): void
  /** Tokens that are good for a while; null where they were refused, and the next who asks tries again. */
  logIn(user: VirtualUser, email: string): Promise<Tokens | null>
  /** Trades in the refresh token, which is good for one use. */
  renew(user: VirtualUser, email: string): Promise<Tokens | null>
}

/** An id token is good for an hour; it is renewed in time. */
const renewedAfterMs = 45 * 60_000

const loginOperation = `mutation login($email: String!, $password: String!) {
  login(email: $email, password: $password) { tokens { idToken refreshToken } }
}`
const refreshOperation = `mutation refreshIDToken($refreshToken: String!) {
  refreshIDToken(refreshToken: $refreshToken) { idToken refreshToken }
}`

interface Login {
  readonly since: number
  readonly tokens: Promise<Tokens | null>
}

/** Nobody is logged in at first. */
export function createLogins(): Logins {
  const logins = new Map<string, Login>()

  function keep(email: string, tokens: Promise<Tokens | null>): Promise<Tokens | null> {
    const login = { since: performance.now(), tokens }
    const forget = () => void (logins.get(email) === login && logins.delete(email))
    logins.set(email, login)
    tokens.then((given) => given ?? forget(), forget)
    return tokens
  }

  async function renew(user: VirtualUser, email: string): Promise<Tokens | null> {
    const before = logins.get(email)
    const tokens = await before?.tokens.catch(() => null)
    // Somebody else may have been faster.
    if (!tokens || logins.get(email) !== before) return logIn(user, email)
    return keep(email, askForNewTokens(user, tokens))
  }

  function logIn(user: VirtualUser, email: string): Promise<Tokens | null> {
    const login = logins.get(email)
    if (!login) return keep(email, askForTokens(user, email))
    if (performance.now() - login.since >= renewedAfterMs) return renew(user, email)
    // Who asked may have been stopped, which is no reason for others to stop.
    return login.tokens.catch(() => logIn(user, email))
  }

  return { add: (email, tokens) => void keep(email, Promise.resolve(tokens)), logIn, renew }
}

async function askForTokens(user: VirtualUser, email: string): Promise<Tokens | null> {
  const { data } = await ask(user, 'login', loginOperation, { email, password: seededPassword })
  return (data?.['login'] as { readonly tokens: Tokens } | null | undefined)?.tokens ?? null
}

async function askForNewTokens(user: VirtualUser, { refreshToken }: Tokens): Promise<Tokens | null> {
  const { data } = await ask(user, 'refreshIDToken', refreshOperation, { refreshToken })
  return (data?.['refreshIDToken'] as Tokens | null | undefined) ?? null
}
