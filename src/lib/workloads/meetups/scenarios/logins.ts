import type { VirtualUser } from '../../../ports/scenario.ts'
import { seededPassword } from '../generator.ts'
import { ask, comeAgainAfter, resultOf } from './graphql.ts'

/** The token that an account shows, and the one that renews it. */
export interface Tokens {
  readonly idToken: string
  readonly refreshToken: string
}

/** Logins by email: a person logs in once, whatever they do then. All have the password of seeded accounts. */
export interface Logins {
  /** Keeps the tokens of somebody who has just signed up. */
  add(email: string, tokens: Tokens): void
  /**
   * Tokens that are good for a while; null where they were refused, and the next who asks tries again. While the server has
   * too many logins to do, waits and asks again.
   */
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

/** The result of one attempt: tokens, or none and how long to wait where it was refused for now. */
interface Attempt {
  readonly tokens: Tokens | null
  readonly wait: ReturnType<typeof comeAgainAfter>
}

interface Login {
  readonly since: number
  readonly attempt: Promise<Attempt>
}

export function createLogins(): Logins {
  const logins = new Map<string, Login>()

  function keep(email: string, attempt: Promise<Attempt>): Promise<Attempt> {
    const login = { since: performance.now(), attempt }
    const forget = () => void (logins.get(email) === login && logins.delete(email))
    logins.set(email, login)
    attempt.then(({ tokens }) => tokens ?? forget(), forget)
    return attempt
  }

  async function renew(user: VirtualUser, email: string): Promise<Tokens | null> {
    const before = logins.get(email)
    const { tokens } = (await before?.attempt.catch(() => null)) ?? { tokens: null }
    // Somebody else may have been faster.
    if (!tokens || logins.get(email) !== before) return logIn(user, email)
    return (await keep(email, askForNewTokens(user, tokens))).tokens
  }

  function attemptOf(user: VirtualUser, email: string): Promise<Attempt> {
    const login = logins.get(email)
    if (!login) return keep(email, askForTokens(user, email))
    // Who asked may have been stopped, which is no reason for others to stop.
    return login.attempt.catch(() => attemptOf(user, email))
  }

  async function logIn(user: VirtualUser, email: string): Promise<Tokens | null> {
    const login = logins.get(email)
    if (login && performance.now() - login.since >= renewedAfterMs) return renew(user, email)
    for (;;) {
      const { tokens, wait } = await attemptOf(user, email)
      if (!wait) return tokens
      await user.think(wait)
    }
  }

  return {
    add: (email, tokens) => void keep(email, Promise.resolve({ tokens, wait: null })),
    logIn,
    renew,
  }
}

async function askForTokens(user: VirtualUser, email: string): Promise<Attempt> {
  const asked = await ask(user, 'login', loginOperation, { email, password: seededPassword })
  const login = resultOf(asked, 'login') as { readonly tokens: Tokens } | null
  return { tokens: login && login.tokens, wait: comeAgainAfter(asked) }
}

async function askForNewTokens(user: VirtualUser, { refreshToken }: Tokens): Promise<Attempt> {
  const asked = await ask(user, 'refreshIDToken', refreshOperation, { refreshToken })
  return { tokens: resultOf(asked, 'refreshIDToken') as Tokens | null, wait: null }
}
